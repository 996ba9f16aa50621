"""A process that runs one engine.

    python -m bench_peers.worker PLAN      PLAN: JSON with engine, path, threads, batch, storage,
                                           images, answers (.npy files), started

It answers in JSON, a line each: first what opening and the first answers took, then for each line
of its standard input, a number N, the times of N runs.
"""

import ctypes
import json
import os
import signal
import sys
import time

import numpy

from bench_peers import engines

PR_SET_PDEATHSIG = 1
UNMEASURED = 3


def own_output():
    """Standard output for the protocol alone: what libraries print goes to the error output."""
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return channel


def memory(field):
    """A line of /proc/self/status in KiB: VmHWM is the peak, VmRSS the present."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field + ":"))


def difference(answers, expected):
    """The largest one; NaN counts as 1, the largest that probabilities can have."""
    answers = numpy.asarray(answers).reshape(expected.shape)
    return float(numpy.nan_to_num(numpy.abs(answers - expected), nan=1.0).max())


def open_engine(plan, images, expected):
    """The engine, its input, and what the first answer took."""
    module = engines.module(plan["engine"])
    if module.LAYOUT == "NCHW":
        images = images.transpose(0, 3, 1, 2)
    images = numpy.ascontiguousarray(images)
    before, start = memory("VmHWM"), time.monotonic()
    module.load()
    loaded = time.monotonic()
    engine = module.Engine(plan["path"], plan["threads"], plan["batch"], plan["storage"])
    prepared = engine.prepare(images)
    answers = engine.run(prepared)
    answered = time.monotonic()
    first = {
        "process_ms": (answered - plan["started"]) * 1e3,
        "import_ms": (loaded - start) * 1e3,
        "open_and_answer_ms": (answered - loaded) * 1e3,
        "difference": difference(answers, expected),
    }
    engine.run(prepared)
    first["peak_kib"], first["bare_kib"] = memory("VmHWM"), before
    if plan["engine"] == "ours":
        first["backends"] = engine.backends()
    return engine, prepared, first


def turn(engine, prepared, expected, runs):
    for _ in range(UNMEASURED if runs > UNMEASURED else 1):
        engine.run(prepared)
    times, worst = [], 0.0
    for _ in range(runs):
        start = time.perf_counter_ns()
        answers = engine.run(prepared)
        times.append(time.perf_counter_ns() - start)
        worst = max(worst, difference(answers, expected))
    return {"ns": times, "difference": worst}


def main(text):
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    channel = own_output()
    plan = json.loads(text)
    images = numpy.load(plan["images"])[: plan["batch"]]
    expected = numpy.load(plan["answers"])[: plan["batch"]]
    try:
        engine, prepared, first = open_engine(plan, images, expected)
        print(json.dumps(first), file=channel)
        for line in sys.stdin:
            print(json.dumps(turn(engine, prepared, expected, int(line))), file=channel)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"[:400]}), file=channel)
        raise
    # Some engines stop their threads badly when the interpreter ends.
    channel.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
