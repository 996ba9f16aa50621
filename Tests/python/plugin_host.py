"""What the tests of plugins share: a host in C, a plugin in C, an installation to be spoilt."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "spec" / "vectors" / "accept" / "every-operator.mtl"
PLUGIN = ROOT / "Tests" / "plugins" / "plugin.c"
STRICT, IMAGES = "1", "8"
SANITY = ["-std=c11", "-Wall", "-Wextra", "-Werror"]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change owners and roots")


def compile_c(prefix, source, target, *flags):
    command = ["cc", *SANITY, f"-I{prefix / 'include'}", *flags, source, "-o", target, "-ldl"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


def compile_plugin(prefix, target, *flags):
    compile_c(
        prefix, PLUGIN, target, "-shared", "-fPIC", "-fvisibility=hidden",
        "-Wno-unknown-warning-option", "-Wno-unterminated-string-initialization", *flags)
    target.chmod(0o755)
    return target


@pytest.fixture(scope="module")
def binary(prefix, tmp_path_factory):
    return compile_c(
        prefix, ROOT / "Tests" / "c" / "plugin_host.c", tmp_path_factory.mktemp("host") / "host")


@pytest.fixture
def place():
    """A folder that every user can reach, in the sticky one for temporary files."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mtl-plugins-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def copy(prefix, place):
    """An installation of its own."""
    target = place / "installed"
    target.mkdir(mode=0o755)
    for name in ("lib", "include"):
        shutil.copytree(prefix / name, target / name, symlinks=True)
    (target / "bin").mkdir(mode=0o755)
    shutil.copy(prefix / "bin" / "mtl-run", target / "bin")
    return target


@pytest.fixture
def image(place):
    path = place / "image.png"
    Image.new("RGB", (4, 4)).save(path)
    return path


@pytest.fixture
def host(binary, place):
    """Runs the host with these words; it must end well. Returns what it says."""
    shutil.copy(binary, place / "host")

    def run(*words, **options):
        environment = {k: v for k, v in os.environ.items() if k != "MTLRT_MODULE_DIR"}
        environment |= options.pop("env", {})
        done = subprocess.run(
            [*options.pop("before", []), place / "host", *map(str, words)], text=True,
            capture_output=True, timeout=60, env=environment, **options)
        assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
        return done.stdout.splitlines(), done.stderr.splitlines()

    return run


def library(folder):
    return folder / "lib" / "libmtlrt.so.1"


def plugins(folder):
    return folder / "lib" / "mtlrt"


def runs_fast(line):
    return line.startswith("open 0 simd")
