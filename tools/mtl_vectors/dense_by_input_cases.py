"""Dense layers whose weights lie by input: a file with every type of weights, and faulty ones."""

import struct

from .builder import DENSE_BY_INPUT, floats, node, tensor
from .models import chain
from .operator_cases import Operators, constant


def cases():
    found = Operators({DENSE_BY_INPUT: "dense-by-input"})
    found.accept("dense-by-input", "dense layers whose weights lie by input", several())
    refused(found)
    return found.all


def several():
    tensors = [
        ("x", [1, 2, 3]), tensor("floats", [3, 2], floats(*range(6))),
        tensor("bias", [2], floats(1, 2)), ("a", [1, 2, 2]),
        tensor("halves", [2, 4], struct.pack("<8e", *range(8)), 2), ("b", [1, 2, 4]),
        tensor("shorts", [4, 1], struct.pack("<4h", 1, -2, 3, -32768), 6, floats(1, 0.5, 0, 2)),
        ("c", [1, 2, 1]),
        tensor("chars", [1, 2], struct.pack("<2b", 5, -128), 5, floats(0.25)), ("y", [1, 2, 2]),
    ]
    nodes = [
        node(DENSE_BY_INPUT, "a!", [0, 1, 2], 3), node(DENSE_BY_INPUT, "b!", [3, 4], 5),
        node(DENSE_BY_INPUT, "c!", [5, 6, None], 7), node(DENSE_BY_INPUT, "y!", [7, 8, 2], 9),
    ]
    return chain(tensors, nodes)


def refused(found):
    row, weights, result = [1, 2], constant([2, 3]), [1, 3]

    def one(code, name, inputs, result=result, attributes=()):
        found.node(code, name, DENSE_BY_INPUT, inputs, result, attributes)

    one(402, "1-inputs", [row])
    one(402, "4-inputs", [row, weights, constant([3]), constant([3])])
    one(403, "weights", [row, None])
    one(404, "attribute", [row, weights], attributes=[1])
    one(406, "weights", [row, [1, 2]])
    one(407, "constant", [constant(row), weights])
    one(408, "weights-i32", [row, constant([2, 3], 3)])
    one(408, "bias-f16", [row, weights, constant([3], 2)])
    one(409, "input", [[1], constant([1, 3])])
    one(409, "weights", [row, constant([6])])
    one(409, "bias", [row, weights, constant([])])
    one(410, "rows", [row, constant([3, 2])], [1, 2])
    one(410, "bias", [row, weights, constant([2])])
    one(412, "transposed", [row, weights], [1, 2])
