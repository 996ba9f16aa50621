#!/usr/bin/env python3
"""Writes spec/vectors/accept, reject and manifest.csv.

With --large DIR it writes there, in the same form, the files that are too large to be kept: those
at and beyond limits that take megabytes.
"""

import argparse
import csv
import hashlib
import os
import shutil
import sys

from mtl_vectors import (accepted, axis_cases, container_cases, conv_transpose_cases,
                         dense_by_input_cases, elementwise_cases, graph_cases, large,
                         line_cases, operator_cases, packed_cases, question_cases,
                         tensor_cases)

CHAPTERS = [accepted, container_cases, tensor_cases, graph_cases, operator_cases,
            elementwise_cases, axis_cases, line_cases, conv_transpose_cases, question_cases,
            packed_cases, dense_by_input_cases]
COLUMNS = ["file", "sha256", "verdict", "code", "offset", "stage", "about"]


def rows(cases, folder):
    """Writes the files; yields the manifest's rows."""
    for case in cases:
        verdict = "accept" if case.code is None else "reject"
        path = f"{verdict}/{case.name}.mtl"
        with open(os.path.join(folder, path), "xb") as file:
            file.write(case.data)
        yield [path, hashlib.sha256(case.data).hexdigest(), verdict, case.code, case.offset,
               case.stage, case.about.replace(",", ";")]


def write(cases, folder):
    for name in ("accept", "reject"):
        path = os.path.join(folder, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
    with open(os.path.join(folder, "manifest.csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(sorted(rows(cases, folder)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", metavar="DIR", help="write the large ones, into DIR")
    parser.add_argument("--to", metavar="DIR", help="another folder than spec/vectors")
    options = parser.parse_args()
    if options.large:
        write(large.cases(), options.large)
    else:
        root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        write([case for chapter in CHAPTERS for case in chapter.cases()],
              options.to or os.path.join(root, "spec", "vectors"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
