"""tools/verify-import on several models, and on some that cannot be compared."""

import os
import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import onnx_models  # noqa: E402

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "verify-import"


def run(prefix, *arguments):
    return subprocess.run(
        [sys.executable, TOOL, *map(str, arguments)], capture_output=True, text=True, timeout=300,
        env=dict(os.environ, MTL_PREFIX=str(prefix)), check=False)


def test_several_models(prefix, tmp_path):
    makers = (onnx_models.classifier, onnx_models.two_heads, onnx_models.channel_shuffle)
    paths = [onnx_models.save(make(), tmp_path / f"{make.__name__}.onnx") for make in makers]
    done = run(prefix, *paths, "--batch", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 4 and all(line.endswith(": alike") for line in lines)


def test_what_cannot_be_compared_does_not_stop_the_others(prefix, tmp_path):
    broken = tmp_path / "broken.onnx"
    broken.write_text("no model")
    good = onnx_models.save(onnx_models.classifier(), tmp_path / "good.onnx")
    done = run(prefix, broken, tmp_path / "absent.onnx", good)
    assert done.returncode == 1
    first, second, third = done.stdout.splitlines()
    assert "broken.onnx: ONNX Runtime cannot run it" in first
    assert "absent.onnx: ONNX Runtime cannot run it" in second
    assert third.endswith(": alike")
    assert "Traceback" not in done.stderr


def test_wrong_usage(prefix):
    done = run(prefix)
    assert done.returncode == 2 and "MODEL" in done.stderr


def test_without_an_installation(tmp_path):
    done = run(tmp_path, "m.onnx")
    assert done.returncode == 2 and "tools/install --prefix" in done.stderr
