"""Fresh processes: how soon the first answer is there, and the memory that it took."""

import mmap
import os
import pathlib
import statistics
import subprocess
import time

from bench_peers.options import ROOT
from bench_peers.process import Failed, Worker
from bench_peers.progress import say

SMALL_IMAGE = ROOT / "Tests" / "FuzzSeeds" / "decoder" / "baseline_12x9_6.jpg"
AT_HAND = 256 << 20
FIELDS = ["process_ms", "import_ms", "open_and_answer_ms", "peak_kib", "bare_kib"]


def get_memory_at_hand():
    """Touches and frees what the next process will get. A virtual machine's host may have taken
    unused memory back, and would need longer to find it again than what is measured."""
    memory = mmap.mmap(-1, AT_HAND, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(mmap.MADV_HUGEPAGE)
    memory[::mmap.PAGESIZE] = bytes(AT_HAND // mmap.PAGESIZE)
    memory.close()


def measure(plans, rounds, logs):
    """Engine to medians over fresh processes, in turn, and engine to why it failed."""
    seen, failed = {name: [] for name in plans}, {}
    for _ in range(rounds):
        for name, plan in plans.items():
            if name in failed:
                continue
            get_memory_at_hand()
            try:
                worker = Worker(plan, logs / f"{name}.log")
            except Failed as failure:
                failed[name] = str(failure)
                say(f"without {name}: {failure}")
                continue
            seen[name].append(worker.first)
            worker.close()
    return {
        name: {field: statistics.median(one[field] for one in all_) for field in FIELDS}
        for name, all_ in seen.items() if name not in failed
    }, failed


def whole_program(model, rounds, backend):
    """Median ms of `mtl-run MODEL small.jpg` from start to end, or why there is none."""
    program = pathlib.Path(os.environ["MTL_PREFIX"]) / "bin" / "mtl-run"
    command = [str(program), str(model), str(SMALL_IMAGE)]
    command += ["--backend", backend] if backend else []
    times = []
    for _ in range(rounds):
        get_memory_at_hand()
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        times.append((time.perf_counter() - start) * 1e3)
        if done.returncode:
            raise Failed(f"mtl-run: {done.stderr.strip()}")
    return statistics.median(times)
