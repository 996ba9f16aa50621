"""Models, images and tensors that come out of pipes, as of a shell's <(…)."""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "spec" / "vectors" / "accept" / "vision.mtl"
IMAGE = ROOT / "Tests" / "FuzzSeeds" / "decoder" / "baseline_12x9_6.jpg"


def bash(prefix, command):
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=60,
        env={"PATH": f"{prefix / 'bin'}:/usr/bin:/bin"},
    )


def test_a_model_and_an_image_from_pipes(prefix):
    plain = bash(prefix, f"mtl-run {MODEL} {IMAGE} --json")
    piped = bash(prefix, f"mtl-run <(cat {MODEL}) <(cat {IMAGE}) --json")
    assert (plain.returncode, piped.returncode) == (0, 0), piped.stderr
    tasks = [json.loads(done.stdout)["tasks"] for done in (plain, piped)]
    assert tasks[0] == tasks[1]


def test_inspecting_and_packing_from_pipes(prefix, tmp_path):
    done = bash(prefix, f"mtl-inspect <(cat {MODEL}) --verify")
    assert done.returncode == 0, done.stderr
    target = tmp_path / "packed.mtl"
    done = bash(prefix, f"mtl-export <(cat {MODEL}) -o {target} --packed scalar; true")
    assert "not a regular file" not in done.stderr


def test_pipes_of_something_else_are_refused(prefix):
    done = bash(prefix, "mtl-run <(echo no model) x.png")
    assert done.returncode == 3
    assert "not an MTL model file" in done.stderr
    done = bash(prefix, "mtl-inspect /dev/zero")
    assert done.returncode == 3
    assert "not a regular file" in done.stderr
