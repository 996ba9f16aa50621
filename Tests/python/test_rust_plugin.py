"""A plugin in Rust, written from the installed headers and documents alone."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CRATE = ROOT / "Tests" / "rust-backend"
sys.path.insert(0, str(ROOT / "Tests" / "CLITests"))

import sample_models  # noqa: E402


def run(*command, **options):
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=600, **options)
    assert done.returncode == 0, (done.args, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def plugin(prefix, tmp_path_factory):
    """The plugin, alone in a folder of plugins."""
    if shutil.which("cargo") is None:
        pytest.skip("no cargo on the PATH")
    target = tmp_path_factory.mktemp("target")
    run(
        "cargo", "build", "--release", "--offline", "--locked", "--target-dir", target, cwd=CRATE)
    folder = tmp_path_factory.mktemp("plugins")
    folder.chmod(0o755)
    plugin = shutil.copy(target / "release" / "libmtlrt_rust.so", folder / "mtlrt-rust.so")
    plugin.chmod(0o755)
    return plugin


def test_it_passes(prefix, plugin):
    out = run(prefix / "bin" / "mtl-check", plugin, "--op", "relu,dense,chains")
    assert re.search(r"^relu +ok +(\d+) of \1 cases", out, re.M), out
    assert re.search(r"^dense +ok", out, re.M), out
    assert "as one step: dense+relu" in out
    assert "warning" not in out


def test_it_predicts(prefix, plugin, tmp_path):
    model = sample_models.write(tmp_path / "colors.mtl", sample_models.colors())
    environment = dict(os.environ, MTLRT_MODULE_DIR=str(plugin.parent))
    program = prefix / "bin" / "mtl-run"
    assert "rust" in run(program, "--list-backends", env=environment)
    shape = (5, sample_models.SIZE, sample_models.SIZE, 3)
    np.save(tmp_path / "x.npy", np.random.default_rng(1).normal(size=shape).astype(np.float32))
    answers = {}
    for backend in ["rust", "scalar"]:
        run(
            program, model, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy",
            "--backend", backend, env=environment)
        answers[backend] = [np.load(path) for path in sorted(tmp_path.glob("y*.npy"))]
        assert answers[backend]
    for rust, scalar in zip(answers["rust"], answers["scalar"], strict=True):
        np.testing.assert_allclose(rust, scalar, rtol=1e-5, atol=1e-6)
    profile = run(program, model, "--profile", "--backend", "rust", env=environment)
    assert re.search(r"dense.*\brust\b|\brust\b.*dense", profile), profile


def test_its_numbers_are_those_of_the_header(prefix):
    """Constants that Rust has from the text of the headers, and sizes from the compiler's."""
    text = (CRATE / "src" / "contract.rs").read_text()
    names = {"MAGIC": "MODULE_MAGIC", "ABI": "MODULE_ABI", "OK": "MODULE_OK", "NO": "MODULE_NO",
             "ERROR": "MODULE_ERROR", "BATCH_INVARIANT": "MODULE_BATCH_INVARIANT",
             "PACKED_LASTS": "MODULE_PACKED_LASTS"}
    rows = re.findall(r"^pub const (\w+): \w+ = (.+);$", text, re.M)
    assert len(rows) > 10
    source = "#include <mtlrt_module.h>\n"
    for name, value in rows:
        constant, value = f"MTLRT_{names.get(name, name)}", value.replace("_", "")
        source += f'_Static_assert({constant} == ({value}), "{name}");\n'
    run(
        "cc", "-std=c11", "-fsyntax-only", "-I", prefix / "include", "-x", "c", "-", input=source)
