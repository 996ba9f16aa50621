"""Callers in C: many at once on one model, without Python's lock between them."""

import json
import os
import pathlib
import shutil
import subprocess

from bench_peers.process import Failed

SOURCE = pathlib.Path(__file__).with_suffix(".c")


def build(folder):
    """Path of the program."""
    compiler = next(filter(shutil.which, ("cc", "clang", "gcc")), None)
    if not compiler:
        raise Failed("no C compiler for the callers: 'cc' is not on the PATH")
    prefix = pathlib.Path(os.environ["MTL_PREFIX"])
    program = folder / "callers"
    done = subprocess.run(
        [compiler, "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", str(SOURCE),
         "-o", str(program), f"-I{prefix / 'include'}", f"-L{prefix / 'lib'}", "-lmtlrt",
         f"-Wl,-rpath,{prefix / 'lib'}", "-pthread"],
        capture_output=True, text=True, check=False,
    )
    if done.returncode:
        raise Failed(f"the callers do not compile: {done.stderr.strip()[-300:]}")
    return program


def run(program, model, threads, callers, seconds, batch=1):
    """What the callers saw: images_per_second, median_ms, p99_ms, calls, peak_kib."""
    command = [program, model, threads, batch, callers, seconds]
    backend = os.environ.get("MTL_BENCH_BACKEND")
    words = [str(word) for word in command + ([backend] if backend else [])]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"the callers failed: {done.stderr.strip() or done.returncode}")
    return json.loads(done.stdout)
