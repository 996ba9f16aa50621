"""A training run that is killed at any moment goes on to the same bytes."""

import random
import subprocess
import time

import pytest

FILES = ["last.ckpt", "best.ckpt", "history.csv", "report.json"]
KILLS = 12


@pytest.fixture(scope="module")
def garments(prefix, tmp_path_factory):
    folder = tmp_path_factory.mktemp("survive") / "garments"
    subprocess.run(
        [prefix / "bin" / "mtl-train", "sample", folder, "--per-class", "8", "--seed", "5"],
        check=True, capture_output=True, timeout=120,
    )
    return folder


def command(prefix, garments, run, *more):
    return [
        str(word) for word in [
            prefix / "bin" / "mtl-train", "fit", garments, "-o", run, "--tasks", "color,product",
            "--net", "lean", "--epochs", "8", "--seed", "2", *more,
        ]
    ]


def resume(run):
    return ["--resume"] if (run / "last.ckpt").exists() else []


def test_killed_runs_end_in_the_same_bytes(prefix, garments, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    began = time.monotonic()
    subprocess.run(
        command(prefix, garments, whole), check=True, capture_output=True, timeout=300
    )
    length = time.monotonic() - began
    moments = random.Random(7)
    killed = 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            command(prefix, garments, parts, *resume(parts)), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(timeout=moments.uniform(0, length / 2))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
    assert killed
    subprocess.run(
        command(prefix, garments, parts, *resume(parts)), check=True, capture_output=True,
        timeout=300,
    )
    for name in FILES:
        assert (whole / name).read_bytes() == (parts / name).read_bytes(), name
