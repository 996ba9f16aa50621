"""Files at and beyond the limits that take megabytes. They are made when a test needs them."""

from .builder import SELF_TEST, node, task
from .case import Cases
from .models import RELU, chain, tiny, vision

MEGABYTE = 1 << 20


def cases():
    found = Cases()
    found.accept("nodes-most", "65,535 nodes and 65,536 tensors", chain_of(65_535))
    labels = [str(i) for i in range(1_000_000)]
    row = [1, len(labels)]
    found.accept("labels-most", "a task of 1,000,000 labels", chain(
        [("x", row), ("y", row)], [node(RELU, "n", [0], 1)], tasks=[task("t", labels)]))
    row = [1, 4096]
    found.accept("tasks-most", "4096 tasks", chain(
        [("x", row), ("y", row)], [node(RELU, "n", [0], 1)],
        tasks=[task(str(i), ["yes"], first=i, kind=2) for i in range(4096)]))
    found.accept("metadata-most", "4096 entries", tiny(
        metadata=[(f"{i:04}", "value") for i in range(4096)]))
    found.reject(122, "self-test", f"entry.{SELF_TEST}.length", vision(),
                 "a self-test of 64 MiB", more={SELF_TEST: bytes(64 * MEGABYTE)},
                 entries={SELF_TEST: {"checksum": 0}})
    return found.all


def chain_of(count):
    """`count` nodes, one behind the other."""
    tensors = [(f"t{i}", [1, 1]) for i in range(count + 1)]
    return chain(tensors, [node(RELU, f"n{i}", [i], i + 1) for i in range(count)])
