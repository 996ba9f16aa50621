"""Operators of one element of each input: a file that has them all, and files with a fault."""

from .builder import floats, node, tensor
from .models import chain
from .operator_cases import INFINITY, NAN, Operators, constant

# By code, with attributes that are legal.
CURVES = {
    19: ("clip", [-1.0, 1e308]), 20: ("leaky-relu", [0.5]), 21: ("elu", [-1e308]),
    22: ("tanh", []), 23: ("hard-sigmoid", [0.25, 0.5]), 24: ("hard-swish", []),
    25: ("silu", []), 26: ("gelu", [1]), 27: ("softplus", []), 28: ("erf", []), 29: ("exp", []),
    30: ("log", []), 31: ("sqrt", []), 32: ("abs", []), 33: ("floor", []), 34: ("ceil", []),
    35: ("round", []),
} | {64 + index: (name, []) for index, name in enumerate(
    "sin cos tan asin acos atan sinh cosh asinh acosh atanh".split())}
PAIRS = {36: "sub", 37: "div", 38: "maximum", 39: "minimum", 40: "pow", 41: "prelu", 42: "equal",
         43: "less", 44: "less-equal"}
SELECT = 45
NAMES = {op: name for op, (name, _) in CURVES.items()} | PAIRS | {SELECT: "select"}


def cases():
    found = Operators(NAMES)
    found.accept("elementwise", "operators of one element of each input", every_operator())
    curves(found)
    pairs(found)
    select(found)
    return found.all


def every_operator():
    """One node of each operator, one after the other; the second operand is a constant."""
    tensors = [("x", [1, 2, 3]), tensor("c", [1, 1, 3], floats(1, 2, 3))]
    nodes = []
    for op, name in NAMES.items():
        last = 0 if not nodes else len(tensors) - 1
        inputs = {SELECT: [1, 0, last]}.get(op, [last, 1] if op in PAIRS else [last])
        attributes = CURVES[op][1] if op in CURVES else []
        nodes.append(node(op, f"{name}!", inputs, len(tensors), attributes))
        tensors.append((name, [1, 2, 3]))
    return chain(tensors, nodes)


def curves(found):
    row = [1, 2]
    for op, (_, legal) in CURVES.items():
        found.node(402, "2-inputs", op, [row, row], row, legal)
        found.node(403, "input", op, [None], row, legal)
        found.node(404, "one-more", op, [row], row, legal + [0])
        if legal:
            found.node(404, "none", op, [row], row)
        found.node(407, "constant", op, [constant(row)], row, legal)
        found.node(412, "columns", op, [row], [1, 3], legal)
        for index, value in enumerate(legal):
            if isinstance(value, float):
                for name, odd in (("nan", NAN), ("infinite", -INFINITY)):
                    slots = legal[:index] + [odd] + legal[index + 1:]
                    found.node(405, f"{name}-{index}", op, [row], row, slots)
    for value in (-1, 2):
        found.node(405, f"approximate-{value}", 26, [row], row, [value])


def pairs(found):
    row = [1, 2]
    for op in PAIRS:
        for count in (1, 3):
            found.node(402, f"{count}-inputs", op, [row] * count, row)
        found.node(403, "second", op, [row, None], row)
        found.node(404, "one", op, [row, row], row, [0])
        found.node(407, "two-constants", op, [constant(row), constant(row)], row)
        found.node(408, "constant-f16", op, [constant(row, 2), row], row)
        found.node(409, "ranks-differ", op, [row, [1, 1, 2]], [1, 1, 2])
        found.node(410, "dimension", op, [row, [1, 3]], row)
        found.node(410, "constant-with-batch", op, [constant([2, 1]), row], row)
        found.node(412, "broadcast", op, [[1, 1], row], [1, 1])


def select(found):
    row, three = [1, 2], [1, 3]
    for count in (2, 4):
        found.node(402, f"{count}-inputs", SELECT, [row] * count, row)
    found.node(403, "last", SELECT, [row, row, None], row)
    found.node(407, "three-constants", SELECT, [constant(row)] * 3, row)
    found.node(408, "condition-u8", SELECT, [constant(row, 4), row, row], row)
    found.node(409, "ranks-differ", SELECT, [row, row, [1, 1, 2]], [1, 1, 2])
    found.node(410, "condition", SELECT, [three, row, row], three)
    found.node(410, "last", SELECT, [row, [1, 1], three], three)
    found.node(411, "elements", SELECT, [[1, 1, 1], [1, 1, 2**16], [1, 2**15, 1]],
               [1, 2**15, 2**15])
    found.node(412, "broadcast", SELECT, [[1, 1], [1, 1], row], [1, 1])
