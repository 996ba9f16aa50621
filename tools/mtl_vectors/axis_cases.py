"""Operators of one axis, or of their order: a file that has them all, and files with a fault."""

import struct

from .builder import floats, node, tensor
from .models import CONCAT, chain
from .operator_cases import INFINITY, NAN, Operators, constant

TRANSPOSE, SLICE, PAD, GATHER, RESAMPLE = range(50, 55)
NAMES = {CONCAT: "concat", TRANSPOSE: "transpose", SLICE: "slice", PAD: "pad", GATHER: "gather",
         RESAMPLE: "resample"}
I32 = 3
LARGEST = 2**31 - 1


def cases():
    found = Operators(NAMES)
    found.accept("along-axes", "operators of one axis, indexes beyond it, a constant in concat",
                 every_operator())
    transpose(found)
    for op, inputs, legal in (
            (SLICE, [], [1, 0, 2, 1]), (PAD, [], [1, 0, 0, 0.0]),
            (GATHER, [constant([2], I32)], [1]),
            (RESAMPLE, [constant([2, 2], I32), constant([2, 2])], [1])):
        one_axis(found, op, inputs, legal)
    slices(found)
    pads(found)
    tables(found)
    return found.all


def integers(*values):
    return struct.pack(f"<{len(values)}i", *values)


def every_operator():
    tensors = [
        ("x", [1, 2, 3]), tensor("token", [1, 1, 3], floats(1, 2, 3)), ("both", [1, 3, 3]),
        ("turned", [1, 3, 3]), ("part", [1, 2, 3]), ("wide", [1, 2, 6]),
        tensor("indexes", [3], integers(-1, 1, 6), I32), ("some", [1, 2, 3]),
        tensor("table", [1, 2], integers(0, 2**31 - 1), I32),
        tensor("weights", [1, 2], floats(0.5, 0.5)), ("mean", [1, 1, 3]),
    ]
    nodes = [
        node(CONCAT, "a", [1, 0], 2, [1]), node(TRANSPOSE, "b", [2], 3, [2, 1]),
        node(SLICE, "c", [3], 4, [1, 0, 2, 2]), node(PAD, "d", [4], 5, [2, 1, 2, -1e308]),
        node(GATHER, "e", [5, 6], 7, [2]), node(RESAMPLE, "f", [7, 8, 9], 10, [1]),
    ]
    return chain(tensors, nodes)


def transpose(found):
    image = [1, 2, 3, 4]
    for name, axes in (("batch", [0, 1, 2]), ("axis-8", [1, 2, 8])):
        found.node(405, name, TRANSPOSE, [image], image, axes)
    for name, axes in (("too-few", [2, 1]), ("too-many", [1, 2, 3, 4]), ("twice", [1, 1, 3]),
                       ("beyond", [1, 2, 4])):
        found.node(410, name, TRANSPOSE, [image], image, axes)
    found.node(402, "2-inputs", TRANSPOSE, [image, image], image, [1, 2, 3])
    found.node(404, "none", TRANSPOSE, [image], image)
    found.node(407, "constant", TRANSPOSE, [constant(image)], image, [1, 2, 3])
    found.node(409, "rank-1", TRANSPOSE, [[1]], [1], [1])
    found.node(412, "as-before", TRANSPOSE, [image], image, [3, 1, 2])
    found.node(412, "inverse", TRANSPOSE, [image], [1, 3, 4, 2], [3, 1, 2])


def one_axis(found, op, others, legal):
    """What all operators of one axis have in common; `others` are the inputs behind the first."""
    row = [1, 2]
    found.node(402, f"{2 + len(others)}-inputs", op, [row] + others + [row], row, legal)
    found.node(403, "input", op, [None] + others, row, legal)
    found.node(404, "one-less", op, [row] + others, row, legal[:-1])
    for axis in (0, 8):
        found.node(405, f"axis-{axis}", op, [row] + others, row, [axis] + legal[1:])
    found.node(407, "constant", op, [constant(row)] + others, row, legal)
    found.node(409, "rank-1", op, [[1]] + others, [1], legal)
    found.node(410, "axis-is-rank", op, [row] + others, row, [2] + legal[1:])
    found.node(412, "columns", op, [row] + others, [1, 3], legal)


def slices(found):
    row = [1, 9]
    for name, values in (("start", [-1, 1, 1]), ("count", [0, 0, 1]), ("step", [0, 1, 0]),
                         ("step-above", [0, 1, 2**31])):
        found.node(405, name, SLICE, [row], row, [1] + values)
    for name, values in (("start-is-size", [9, 1, 1]), ("last", [1, 9, 1]), ("step", [0, 4, 3]),
                         ("largest", [LARGEST] * 3)):
        found.node(410, name, SLICE, [row], [1, values[1]], [1] + values)


def pads(found):
    row = [1, 2]
    for name, values in (("before", [-1, 0, 0.0]), ("after", [0, -1, 0.0]), ("nan", [0, 0, NAN]),
                         ("infinite", [0, 0, INFINITY])):
        found.node(405, name, PAD, [row], row, [1] + values)
    found.node(411, "dimension", PAD, [row], row, [1, LARGEST, LARGEST, 0.0])
    found.node(411, "elements", PAD, [[1, 2, 2**16]], [1, 2, 2**16], [1, 2**15 - 2, 0, 0.0])


def tables(found):
    row = [1, 2]
    found.node(406, "indexes", GATHER, [row, row], row, [1])
    for name, type_ in (("f32", 1), ("u8", 4)):
        found.node(408, f"indexes-{name}", GATHER, [row, constant([2], type_)], row, [1])
    found.node(409, "indexes", GATHER, [row, constant([1, 2], I32)], row, [1])
    found.node(409, "one-index", GATHER, [row, constant([], I32)], row, [1])
    indexes, weights = constant([2, 3], I32), constant([2, 3])
    found.node(406, "weights", RESAMPLE, [row, indexes, row], row, [1])
    found.node(408, "indexes", RESAMPLE, [row, weights, weights], row, [1])
    found.node(408, "weights", RESAMPLE, [row, indexes, indexes], row, [1])
    found.node(409, "indexes", RESAMPLE, [row, constant([2], I32), weights], row, [1])
    found.node(409, "weights", RESAMPLE, [row, indexes, constant([2])], row, [1])
    found.node(410, "taps", RESAMPLE, [row, indexes, constant([2, 2])], row, [1])
