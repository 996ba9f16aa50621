"""How MTL's own speed grows: with the batch, with callers at once, with the size of the work."""

import statistics

from bench_peers import callers, models, rounds
from bench_peers.process import Failed, Worker
from bench_peers.progress import say
from bench_peers.subjects import Reference
from reference_network.network import reference_network

BATCHES = [32, 64, 128, 256]
MANY = 16
NETS = {"reference": Reference(), "twice as wide": Reference(width=2),
        "image twice as high and wide": Reference(size=192)}
NET_BATCHES = [1, 8]


def measure(session):
    """Prints as it goes, and returns everything for the report."""
    return {
        storage: {"throughput": _throughput(session, storage), "nets": _nets(session, storage)}
        for storage in session.plan["storages"]
    }


def differences(part):
    """(what, largest difference of its answers) for the report of one storage."""
    for batch, value in part["throughput"]["batches"].items():
        yield f"batch {batch}", value["difference"]
    for row in part["nets"]:
        for name, value in row["nets"].items():
            yield f"{name}, batch {row['batch']}", value["difference"]


def _throughput(session, storage):
    plan, threads = session.plan, max(session.plan["threads"])
    inputs = models.inputs(session.work, max(BATCHES), NETS["reference"])
    paths = models.converted("ours", session.work, NETS["reference"])
    say(f"{storage}: large batches and {MANY} callers")
    program = callers.build(session.work)
    batches = {batch: [] for batch in BATCHES}
    calls, workers, worst = [], {}, 0.0
    seconds = 0.3 if plan["quick"] else 2
    try:
        for batch in BATCHES:
            workers[batch] = Worker(_plan(paths, storage, threads, batch, inputs),
                                    session.work / f"ours-{batch}.log")
        for _ in range(1 if plan["quick"] else plan["rounds"]):
            for batch, worker in workers.items():
                answer = worker.turn(2)
                batches[batch] += answer["ns"]
                worst = max(worst, answer["difference"])
            calls.append(callers.run(program, paths[storage], threads, MANY, seconds))
    finally:
        for worker in workers.values():
            worker.close()
    figures = {batch: rounds.figures(times, batch, worst) for batch, times in batches.items()}
    together = {key: statistics.median(one[key] for one in calls) for key in calls[0]}
    _print_throughput(storage, threads, figures, together)
    return {"threads": threads, "batches": figures, "callers": dict(together, count=MANY)}


def _plan(paths, storage, threads, batch, inputs):
    return {"engine": "ours", "path": paths[storage], "threads": threads, "batch": batch,
            "storage": storage, **inputs}


def _print_throughput(storage, threads, figures, together):
    print(f"\nMTL, weights {storage}, {threads} threads: images/s (medians)")
    for batch, value in figures.items():
        print(f"    batch {batch:<4}{value['images_per_second']:10.1f}")
    best = max(value["images_per_second"] for value in figures.values())
    share = together["images_per_second"] / best
    print(f"    {MANY} callers on one model, batch 1: {together['images_per_second']:.1f}, "
          f"{share:.0%} of the best; a call takes {together['median_ms']:.2f} ms, p99 "
          f"{together['p99_ms']:.2f} ms ({together['p99_ms'] / together['median_ms']:.2f} x)")


def _nets(session, storage):
    """Billions of operations a second, counted as a direct convolution does them."""
    quick = session.plan["quick"]
    nets = {name: net for name, net in NETS.items() if not quick or name == "reference"}
    paths, inputs, operations = {}, {}, {}
    for name, net in nets.items():
        paths[name] = models.converted("ours", session.work, net)
        inputs[name] = models.inputs(session.work, max(NET_BATCHES), net)
        operations[name] = reference_network(size=net.size, width=net.width).operations
    report = []
    for threads in session.plan["threads"]:
        for batch in NET_BATCHES:
            say(f"{storage}: shapes, {threads} threads, batch {batch}")
            plans = {
                name: _plan(paths[name], storage, threads, batch, inputs[name]) for name in nets
            }
            measured, failed, _ = rounds.measure(
                plans, 1 if quick else session.plan["rounds"], 3 if batch > 1 else 6,
                session.work,
            )
            if failed:
                raise Failed(str(failed))
            for name, value in measured.items():
                value["gflops"] = operations[name] * batch / value["median_ms"] / 1e6
            report.append({"threads": threads, "batch": batch, "nets": measured})
    _print_nets(storage, operations, report)
    return report


def _print_nets(storage, operations, report):
    print(f"\nMTL, weights {storage}: GFLOP/s, operations counted as direct convolutions")
    heads = "".join(f"{one['threads']:>5}T b{one['batch']:<3}" for one in report)
    print(" " * 36 + "GFLOP" + heads)
    for name, count in operations.items():
        cells = "".join(f"{one['nets'][name]['gflops']:10.1f}" for one in report)
        print(f"    {name:30}{count / 1e9:7.2f}{cells}")
