"""The measurement, in the environment with the peers. Reads its plan from standard input."""

import datetime
import json
import os
import pathlib
import sys

from bench_peers import callers, first_answer, machine, models, rounds, scale, subjects, tables
from bench_peers.engines import ours_engine
from bench_peers.process import Failed
from bench_peers.progress import say

LIMIT, LIMIT_OF_PEERS_16 = 1e-4, 1e-2
FRESH_PROCESSES = 11


class Session:
    """What all parts share: the plan, the engines that are left, and the report so far."""

    def __init__(self, plan):
        self.plan = plan
        self.work = pathlib.Path(plan["work"])
        self.work.mkdir(parents=True, exist_ok=True)
        self.report = {
            "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "machine": machine.description(),
            "versions": {name: machine.version(name) for name in plan["engines"]
                         if name not in plan["failed"]},
            "backend": plan["backend"], "quick": plan["quick"], "rows": [],
        }

    def take(self, subject):
        """Measures this one from here on, with all engines that can run it."""
        self.subject = subject
        self.failed = dict(self.plan["failed"])
        self.paths = {}
        for name in self.plan["engines"]:
            if name not in self.failed:
                self._convert(name)

    def _convert(self, name):
        try:
            self.paths[name] = models.converted(name, self.work, self.subject)
        except (Failed, ImportError, OSError) as failure:
            self.fail(name, str(failure))
            say(f"without {name}: {failure}")

    def fail(self, name, reason):
        self.failed[name] = reason
        self.paths.pop(name, None)

    def plans(self, storage, threads, batch, inputs):
        return {
            name: {"engine": name, "path": paths[storage], "threads": threads, "batch": batch,
                   "storage": storage, **inputs}
            for name, paths in self.paths.items()
        }


def speeds(session, inputs):
    plan, rows = session.plan, []
    count = 1 if plan["quick"] else plan["rounds"]
    for storage in plan["storages"]:
        tables.storage(storage, session.paths)
        for threads in plan["threads"]:
            for batch in plan["batches"]:
                say(f"{storage}, {threads} threads, batch {batch}")
                plans = session.plans(storage, threads, batch, inputs)
                runs = rounds.runs_per_turn(batch, plan["quick"])
                measured, failed, others = rounds.measure(plans, count, runs, session.work)
                for name, reason in failed.items():
                    session.fail(name, reason)
                if measured:
                    tables.row(threads, batch, measured, others)
                    rows.append((storage, threads, batch, measured, others))
                sys.stdout.flush()
    session.report["rows"] += [
        {"model": session.subject.name, "storage": storage, "threads": threads, "batch": batch,
         "engines": measured, "others_share": others, "best_peer": rounds.best_peer(measured),
         "ratio": rounds.ratio(measured)}
        for storage, threads, batch, measured, others in rows
    ]


def first_answers(session, inputs):
    plan = session.plan
    count, threads = 1 if plan["quick"] else FRESH_PROCESSES, max(plan["threads"])
    report = session.report["first_answer"] = {"threads": threads}
    for storage in plan["storages"]:
        say(f"first answers, {storage}")
        plans = session.plans(storage, threads, 1, inputs)
        if "ours" in plans:
            add_packed(plans, plan["backend"])
        measured, failed = first_answer.measure(plans, count, session.work)
        for name, reason in failed.items():
            session.fail(name, reason)
        if measured:
            tables.first_answers(storage, threads, measured)
        report[storage] = measured
        if plan["models"]:
            continue
        alone = report[f"without_python_{storage}"] = {}
        for name in ("ours", tables.PACKED):
            if name in measured:
                path = pathlib.Path(plans[name]["path"])
                alone[name] = without_python(session, path, count)
    report["installed_bytes"] = {name: machine.installed_bytes(name) for name in session.paths}
    tables.sizes(report["installed_bytes"])


def add_packed(plans, backend):
    """Our engine once more, with packed weights in the file, if the backend packs any."""
    try:
        path = ours_engine.packed(pathlib.Path(plans["ours"]["path"]), backend)
    except RuntimeError as failure:
        say(f"without packed weights: {failure}")
        return
    plans[tables.PACKED] = {**plans["ours"], "path": str(path)}


def without_python(session, path, count):
    """The whole program, and what a process in C takes of memory."""
    whole = first_answer.whole_program(path, count, session.plan["backend"])
    threads = max(session.plan["threads"])
    peak = callers.run(callers.build(session.work), path, threads, 1, 0)["peak_kib"]
    tables.without_python(path, whole, peak)
    return {"mtl_run_ms": whole, "peak_kib": peak, "model_kib": path.stat().st_size / 1024}


def wrong_answers(report):
    """A line for each engine and configuration whose answers differ too much."""
    lines = []
    for row in report["rows"]:
        for name, value in row["engines"].items():
            exact = name == "ours" or row["storage"] == "f32"
            if not value["difference"] <= (LIMIT if exact else LIMIT_OF_PEERS_16):
                lines.append(
                    f"{tables.title(name)}: answers differ by {value['difference']:.1e} "
                    f"({row['model']}, {row['storage']}, {row['threads']} threads, "
                    f"batch {row['batch']})"
                )
    for storage, part in report.get("scale", {}).items():
        for what, value in scale.differences(part):
            if not value <= LIMIT:
                lines.append(f"MTL: answers differ by {value:.1e} ({storage}, {what})")
    return lines


def write(report, path):
    partial = pathlib.Path(f"{path}.partial")
    partial.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    os.replace(partial, path)


def compared(session, subject):
    """Speeds of one network, and its first answers if they are wanted."""
    inputs = models.inputs(session.work, max(session.plan["batches"]), subject)
    tables.network(subject.name)
    speeds(session, inputs)
    if not session.plan["no_first"]:
        first_answers(session, inputs)


def main(plan):
    """The exit status."""
    session = Session(plan)
    tables.header(session.report["machine"], session.report["versions"])
    sys.stdout.flush()
    left_out = session.report["left_out"] = {}
    for subject in subjects.chosen(plan["models"], session.work):
        session.take(subject)
        if not session.paths:
            say("no engine is left to run")
            return 2
        if plan["scale"]:
            session.report["scale"] = scale.measure(session)
        else:
            compared(session, subject)
        tables.left_out(session.failed)
        left_out |= session.failed
    tables.summary(session.report["rows"])
    wrong = wrong_answers(session.report)
    for line in wrong:
        say(f"error: {line}")
    session.report["errors"] = wrong
    if plan["json"]:
        write(session.report, plan["json"])
    return 1 if wrong or "ours" in left_out else 0


if __name__ == "__main__":
    try:
        sys.exit(main(json.load(sys.stdin)))
    except Failed as failure:
        say(f"error: {failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
