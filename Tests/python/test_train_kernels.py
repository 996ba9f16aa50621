"""The kernels of training are linked once for each instruction set into one program."""

import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULES = ["TrainKernelsAVX2", "TrainKernelsAVX512"]


@pytest.mark.parametrize("module", MODULES)
def test_no_code_takes_the_place_of_other_modules(module):
    """The linker keeps one of several weak functions of the same name: were it the one compiled for
    AVX-512, code that runs everywhere would call it."""
    folder = ROOT / ".build" / "release" / f"{module}.build"
    sources = [path.stem for path in (ROOT / "Sources" / "TrainKernels").glob("*.swift")]
    objects = [folder / f"{name}.swift.o" for name in sources]
    objects = [path for path in objects if path.exists()]
    if not objects:
        pytest.skip("no release build")
    table = subprocess.run(
        ["nm", *objects], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    functions = [line.split()[-1] for line in table if " W " in line]
    assert functions, "no symbol was read"
    mine = f"{len(module)}{module}"
    # Names are shortened where they repeat words of the module's name.
    short = f"{len(module)}{module[:5]}"
    foreign = [name for name in functions if mine not in name and short not in name]
    assert not foreign
