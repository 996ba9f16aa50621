"""What the tests in Python share. MTL_PREFIX names an installation (tools/install --prefix)."""

import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "fashion"


@pytest.fixture(scope="session")
def prefix():
    """The installation under test, with bin/ and lib/mtlrt/."""
    named = os.environ.get("MTL_PREFIX")
    if not named:
        pytest.skip("MTL_PREFIX names no installation")
    path = pathlib.Path(named).resolve()
    assert (path / "bin").is_dir(), f"{path}: no bin/ in it"
    return path


@pytest.fixture(scope="session")
def fashion():
    """Real photographs, which are not part of the project."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not here")
    return SHARED
