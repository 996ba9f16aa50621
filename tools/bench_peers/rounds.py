"""Engines in turn, round by round."""

import contextlib

import numpy

from bench_peers.others import Others
from bench_peers.process import Failed, Worker
from bench_peers.progress import say

# (up to this batch, runs of a turn in ten rounds that add up to what --help promises)
RUNS = [(1, 25), (16, 6), (1024, 4)]


def runs_per_turn(batch, quick):
    if quick:
        return 5 if batch == 1 else 2
    return next(runs for largest, runs in RUNS if batch <= largest)


def measure(plans, rounds, runs, logs):
    """Engine to figures, engine to the reason why it failed, and others' share of the machine.

    plans: engine, or another name for what is measured, to the worker's plan.
    """
    failed = {}
    with contextlib.ExitStack() as stack:
        workers = _opened(plans, logs, failed, stack)
        times = {name: [] for name in workers}
        worst = {name: worker.first["difference"] for name, worker in workers.items()}
        others = Others([worker.process.pid for worker in workers.values()])
        for _ in range(rounds):
            for name, worker in list(workers.items()):
                try:
                    answer = worker.turn(runs)
                except Failed as failure:
                    failed[name] = str(failure)
                    del workers[name]
                    continue
                times[name] += answer["ns"]
                worst[name] = max(worst[name], answer["difference"])
        share = others.share()
    for name, reason in failed.items():
        say(f"without {name}: {reason}")
    measured = {name: figures(times[name], plans[name]["batch"], worst[name]) for name in workers}
    return measured, failed, share


def _opened(plans, logs, failed, stack):
    """A worker for each plan, closed with the stack."""
    workers = {}
    for name, plan in plans.items():
        try:
            workers[name] = Worker(plan, logs / f"{name}.log")
        except Failed as failure:
            failed[name] = str(failure)
            continue
        stack.callback(workers[name].close)
    return workers


def figures(nanoseconds, batch, difference):
    milliseconds = numpy.array(nanoseconds) / 1e6
    p10, median, p99 = numpy.percentile(milliseconds, [10, 50, 99])
    return {
        "median_ms": float(median), "p10_ms": float(p10), "p99_ms": float(p99),
        "images_per_second": float(batch / median * 1e3), "runs": len(milliseconds),
        "difference": difference,
    }


def best_peer(row):
    """The fastest engine of a row that is not ours, or None."""
    peers = {name: value["median_ms"] for name, value in row.items() if name != "ours"}
    return min(peers, key=peers.get) if peers else None


def ratio(row):
    """How many times as fast as the best peer ours is, or None."""
    peer = best_peer(row)
    if peer is None or "ours" not in row:
        return None
    return row[peer]["median_ms"] / row["ours"]["median_ms"]
