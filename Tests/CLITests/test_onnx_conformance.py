"""A part of tools/onnx-conformance."""

import os
import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("onnx")

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "onnx-conformance"


def run(prefix, *arguments):
    return subprocess.run(
        [sys.executable, TOOL, *arguments], capture_output=True, text=True, timeout=600,
        env=dict(os.environ, MTL_PREFIX=str(prefix)), check=False)


def passed(done, kind):
    row = next(line for line in done.stdout.splitlines() if line.startswith(kind))
    return int(row.split()[1])


def test_each_twentieth_node_test(prefix):
    done = run(prefix, "--kind", "node", "--every", "20")
    assert done.returncode == 0, done.stdout
    assert passed(done, "node") >= 40


def test_a_light_classifier(prefix):
    done = run(prefix, "--kind", "light", "--match", "squeezenet")
    assert done.returncode == 0, done.stdout
    assert passed(done, "light") == 1
