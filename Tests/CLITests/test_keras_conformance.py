"""A part of tools/keras-conformance."""

import os
import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("keras")

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "keras-conformance"


def test_a_small_classifier_from_both_files(prefix):
    done = subprocess.run(
        [sys.executable, TOOL, "--model", "MobileNetV3Small"], capture_output=True, text=True,
        timeout=300, env=dict(os.environ, MTL_PREFIX=str(prefix)), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "MobileNetV3Small.h5", "MobileNetV3Small.keras"]
    assert all("passed, largest difference" in line for line in lines)


def test_forms_of_the_current_version(prefix):
    done = subprocess.run(
        [sys.executable, TOOL, "--versions", "current"], capture_output=True, text=True,
        timeout=300, env=dict(os.environ, MTL_PREFIX=str(prefix)), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 37 and all(": passed, " in line for line in lines), done.stdout
