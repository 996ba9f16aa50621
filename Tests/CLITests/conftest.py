"""Fixtures for the tests of the commands."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1] / "python"))

import sample_models  # noqa: E402

VECTORS = HERE.parents[2] / "spec" / "vectors"


class Command:
    """One of the installed programs."""

    def __init__(self, path):
        self.path = path

    def __call__(self, *arguments, status=0, text=True, **options):
        """Runs it, checks the exit status, returns what it said."""
        done = subprocess.run(
            [self.path, *map(str, arguments)], capture_output=True, timeout=120, **options)
        out, err = done.stdout, done.stderr
        if text:
            out, err = out.decode(), err.decode()
        assert done.returncode == status, (done.returncode, out, err)
        return out, err

    def run(self, *arguments):
        """Runs it, whatever the exit status is."""
        return subprocess.run(
            [self.path, *map(str, arguments)], capture_output=True, timeout=120)

    def refuses(self, *arguments, status, words=(), **options):
        """It fails with this status, says why in words of which these are some, and no more."""
        out, err = self(*arguments, status=status, **options)
        assert out == ""
        assert err.count("\n") <= 2 and err.endswith("\n")
        for word in words:
            assert word in err, err
        return err


@pytest.fixture(scope="session")
def mtl_run(prefix):
    return Command(prefix / "bin" / "mtl-run")


@pytest.fixture(scope="session")
def mtl_inspect(prefix):
    return Command(prefix / "bin" / "mtl-inspect")


@pytest.fixture(scope="session")
def mtl_export(prefix):
    return Command(prefix / "bin" / "mtl-export")


@pytest.fixture(scope="session")
def mtl_train(prefix):
    return Command(prefix / "bin" / "mtl-train")


@pytest.fixture(scope="session")
def mtl_check(prefix):
    return Command(prefix / "bin" / "mtl-check")


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """sample_models.colors as a file."""
    return sample_models.write(
        tmp_path_factory.mktemp("models") / "colors.mtl", sample_models.colors())


@pytest.fixture(scope="session")
def vectors():
    return VECTORS


@pytest.fixture
def images(tmp_path):
    """A folder of images in one color each, in all formats, with what does not belong there."""
    folder = tmp_path / "images"
    (folder / "more").mkdir(parents=True)
    for name, color, options in [
        ("a.png", (255, 0, 0), {}), ("b.jpg", (0, 255, 0), {"quality": 95}),
        ("c.webp", (0, 0, 255), {"lossless": True}), ("more/d.png", (255, 255, 255), {}),
    ]:
        Image.new("RGB", (20, 12), color).save(folder / name, **options)
    (folder / "named_wrongly.txt").write_bytes((folder / "a.png").read_bytes())
    (folder / "notes.txt").write_text("no image")
    (folder / ".hidden.png").write_bytes((folder / "a.png").read_bytes())
    return folder


@pytest.fixture
def noise(tmp_path):
    """A PNG of random pixels, and those."""
    pixels = np.random.default_rng(1).integers(0, 256, (41, 57, 3), dtype=np.uint8)
    path = tmp_path / "noise.png"
    Image.fromarray(pixels).save(path)
    return path, pixels
