#!/usr/bin/env python3
"""Reads MTL model files and says what is wrong with them.

Prints a line per file: verdict, code, offset, name of the rule, path. Exit status 0 if every file
is accepted, 1 if one is rejected, 2 for wrong usage, 3 if a file cannot be opened.
"""

import argparse
import json
import sys

from mtl_reader import Broken, read, rule_name, verify
from mtl_reader.model import ELEMENT_TYPES
from mtl_reader.operators import OPERATORS


def dump(model):
    """The model as plain data."""
    return {
        "version": "{}.{}".format(*model.version),
        "sections": [
            {"type": s.type, "offset": s.offset, "length": s.length, "sha256": s.hash.hex()}
            for s in model.sections
        ],
        "tensors": [
            {"name": t.name, "type": ELEMENT_TYPES[t.type][0], "constant": t.is_constant,
             "shape": t.shape}
            for t in model.tensors
        ],
        "inputs": model.inputs,
        "outputs": model.outputs,
        "nodes": [
            {"operator": OPERATORS[n.op].name, "name": n.name, "inputs": n.inputs,
             "output": n.output,
             "attributes": [int.from_bytes(slot, "little", signed=True) for slot in n.attributes]}
            for n in model.nodes
        ],
        "tasks": [
            {"name": t.name, "exclusive": t.kind == 1, "output": t.output, "first": t.first,
             "threshold": t.threshold, "labels": t.labels}
            for t in model.tasks
        ],
        "preprocessing": model.preprocessing,
        "metadata": dict(model.metadata),
        "self_test": None if model.self_test is None else {
            "tolerance": model.self_test["tolerance"],
            "inputs": [list(values) for values in model.self_test["inputs"]],
            "outputs": model.self_test["outputs"],
        },
    }


def examine(path, options):
    """Prints the verdict on one file; returns whether it is accepted."""
    with open(path, "rb") as file:
        data = file.read()
    report = {"file": path, "verdict": "accept"}
    try:
        model = read(data)
        if options.verify:
            verify(data, model)
        if options.json:
            report["model"] = dump(model)
        line = f"accept - - - {path}"
    except Broken as broken:
        name = rule_name(broken.code)
        report.update(verdict="reject", code=broken.code, offset=broken.offset, rule=name,
                      text=str(broken))
        line = f"reject {broken.code} {broken.offset} {name} {path}"
    print(json.dumps(report) if options.json else line)
    return report["verdict"] == "accept"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--verify", action="store_true", help="check hashes and weights too")
    parser.add_argument("--json", action="store_true", help="an object per file, with the model")
    options = parser.parse_args()
    status = 0
    for path in options.files:
        try:
            if not examine(path, options):
                status = max(status, 1)
        except OSError as error:
            print(f"{path}: {error.strerror}", file=sys.stderr)
            status = 3
    return status


if __name__ == "__main__":
    sys.exit(main())
