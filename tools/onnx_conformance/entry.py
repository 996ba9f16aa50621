"""Options, the loop over the tests, and the summary."""

import argparse
import collections
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def options(arguments):
    parser = argparse.ArgumentParser(
        prog="tools/onnx-conformance",
        description="Runs the backend tests of the onnx package through mtl-export and mtl-run.",
        epilog="Exit status: 0 none failed but those with a known reason, 1 others did.")
    parser.add_argument("--kind", action="append", help="node, simple, light, … (default: all)")
    parser.add_argument("--match", default="", help="tests whose name has this in it")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth test")
    parser.add_argument("--backend", help="the backend that runs them")
    parser.add_argument("--list", action="store_true", help="say what became of each test")
    return parser.parse_args(arguments)


def main(arguments):
    try:
        import numpy, onnx  # noqa: F401, E401
    except ImportError:
        return again_in_tests_environment(arguments)
    chosen = options(arguments)
    from onnx_conformance import run, scope, suite

    prefix = pathlib.Path(os.environ.get("MTL_PREFIX", ROOT / ".build" / "install"))
    if not (prefix / "bin" / "mtl-export").exists():
        raise SystemExit(f"tools/onnx-conformance: run tools/install --prefix {prefix} first")
    counts = collections.defaultdict(collections.Counter)
    outside = collections.Counter()
    failures, known = [], []
    bound = 0
    with tempfile.TemporaryDirectory() as folder:
        runner = run.Runner(prefix, pathlib.Path(folder), chosen.backend)
        for kind in chosen.kind or suite.KINDS:
            for index, case in enumerate(suite.cases(kind)):
                if chosen.match not in case.name or index % chosen.every:
                    continue
                reason = scope.reason(case)
                if reason:
                    counts[kind]["out of scope"] += 1
                    outside[reason] += 1
                    verdict = f"out of scope: {reason}"
                else:
                    try:
                        bound += runner.run(case) > 0
                        counts[kind]["passed"] += 1
                        verdict = "passed"
                    except run.Failure as failure:
                        reason = scope.reason_of_message(str(failure))
                        if reason:
                            counts[kind]["out of scope"] += 1
                            outside[reason] += 1
                            if chosen.list:
                                print(f"{kind} {case.name}: out of scope: {reason}")
                            continue
                        counts[kind]["failed"] += 1
                        why = scope.KNOWN.get(case.name)
                        (known if why else failures).append(f"{case.name}: {why or failure}")
                        verdict = f"failed: {failure}"
                if chosen.list:
                    print(f"{kind} {case.name}: {verdict}", flush=True)
    report(counts, outside, failures + known, bound)
    return 1 if failures else 0


def again_in_tests_environment(arguments):
    """The same in the environment of the tests, which tools/setup --tests makes."""
    python = ROOT / ".build" / "venv" / "bin" / "python"
    if pathlib.Path(sys.prefix) == python.parents[1] or not python.exists():
        raise SystemExit("tools/onnx-conformance: run tools/setup --tests first")
    command = [python, ROOT / "tools" / "onnx-conformance", *arguments]
    return subprocess.run(command, check=False).returncode


def report(counts, outside, failures, bound):
    print(f"\n{'':20}{'passed':>8}{'failed':>8}{'out of scope':>14}")
    total = collections.Counter()
    for kind, count in counts.items():
        total.update(count)
        print(f"{kind:20}{count['passed']:8}{count['failed']:8}{count['out of scope']:14}")
    print(f"{'all':20}{total['passed']:8}{total['failed']:8}{total['out of scope']:14}")
    print(f"\n{bound} of those that passed give weights or indexes as inputs, "
          "which were made constants.")
    if outside:
        print("\nOut of scope:")
        for reason, count in outside.most_common():
            print(f"{count:6}  {reason}")
    if failures:
        print("\nFailed:")
        for line in failures:
            print(f"  {line}")
