"""Options, and the loop over the tests."""

import argparse
import pathlib
import tempfile

import tool_environment

TOOL = "onnx-conformance"


def main(arguments):
    return tool_environment.run(TOOL, ["numpy", "onnx"], options(), arguments, run_tests)


def options():
    parser = argparse.ArgumentParser(
        prog=f"tools/{TOOL}", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Runs the backend tests of the onnx package through mtl-export and mtl-run.",
        epilog="Example: tools/onnx-conformance --kind node --match conv --list\n\n"
        "Exit status: 0 none failed but those with a known reason, 1 others did, 2 wrong usage\n"
        "or something to compare with is missing.")
    parser.add_argument("--kind", action="append", help="node, simple, light, … (default: all)")
    parser.add_argument("--match", default="", help="tests whose name has this in it")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth test")
    parser.add_argument("--backend", help="the backend that runs them")
    parser.add_argument("--list", action="store_true", help="say what became of each test")
    return parser


def run_tests(chosen, prefix):
    from . import run, suite, tally

    found = tally.Tally(chosen.list)
    with tempfile.TemporaryDirectory() as folder:
        runner = run.Runner(prefix, pathlib.Path(folder), chosen.backend)
        for kind in chosen.kind or suite.KINDS:
            for index, case in enumerate(suite.cases(kind)):
                if chosen.match in case.name and index % chosen.every == 0:
                    found.take(runner, case)
    found.report()
    return 1 if found.failures else 0
