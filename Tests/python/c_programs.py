"""Programs of Tests/c, compiled with pkg-config's flags against an installation."""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "Tests" / "c"
VECTORS = ROOT / "spec" / "vectors" / "accept"
MODEL = VECTORS / "every-operator.mtl"
BACKENDS = ["scalar", "openblas,scalar", "simd", "simd-sse2"]
SKIPPED = 77


def run(*command, timeout=600, **options):
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=timeout, **options
    )


def check(*command):
    """Runs a program that must end well; one that says so cannot be tried here."""
    done = run(*command, timeout=120)
    if done.returncode == SKIPPED:
        pytest.skip(done.stderr.strip() or "cannot be tried on this machine")
    assert done.returncode == 0, done.stdout + done.stderr


def compile_against(prefix, name, target, *flags):
    environment = dict(os.environ, PKG_CONFIG_PATH=str(prefix / "lib" / "pkgconfig"))
    found = run("pkg-config", "--cflags", "--libs", "mtlrt", env=environment)
    assert found.returncode == 0, found.stderr
    done = run(
        "cc", "-std=c11", "-Wall", "-Wextra", "-Werror", *flags, SOURCES / f"{name}.c",
        "-o", target, *found.stdout.split(), "-pthread", "-lm", f"-Wl,-rpath,{prefix / 'lib'}",
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def program(prefix, tmp_path_factory):
    """Compiles a program of Tests/c once."""
    folder = tmp_path_factory.mktemp("programs")

    def build(name, *flags):
        target = folder / "-".join([name, *(flag.strip("-=").replace("=", "-") for flag in flags)])
        if not target.exists():
            compile_against(prefix, name, target, *flags)
        return target

    return build


def usable(prefix, name):
    """Whether this machine can run the backend."""
    listed = run(prefix / "bin" / "mtl-run", "--list-backends")
    assert listed.returncode == 0, listed.stderr
    return any(
        line.startswith(name) and "usable" in line for line in listed.stdout.splitlines()
    )


@pytest.fixture(params=BACKENDS)
def backend(request, prefix):
    """A backend that runs nodes of MODEL on this machine: being loaded alone proves nothing."""
    name = request.param
    first = name.split(",")[0]
    if not usable(prefix, first):
        pytest.skip(f"this machine cannot run {name}")
    timed = run(
        prefix / "bin" / "mtl-run", MODEL, "--bench", "--seconds", "0.01", "--json",
        "--backend", name,
    )
    assert timed.returncode == 0, timed.stderr
    assert first in json.loads(timed.stdout)["backend"]
    return name
