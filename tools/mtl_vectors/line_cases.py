"""Operators of whole lines of elements, and products of matrices: a file that has them all, and
files with a fault."""

from .axis_cases import one_axis
from .builder import floats, node, tensor
from .models import chain
from .operator_cases import INFINITY, NAN, Operators, constant

LOG_SOFTMAX, LRN, LAYER_NORM, GROUP_NORM = range(46, 50)
REDUCTIONS = {55: "reduce-sum", 56: "reduce-mean", 57: "reduce-max", 58: "reduce-min",
              59: "reduce-prod"}
ARG_MAX, TOP_K, TOP_K_INDICES, MATMUL = range(60, 64)
NAMES = REDUCTIONS | {
    LOG_SOFTMAX: "log-softmax", LRN: "lrn", LAYER_NORM: "layer-norm", GROUP_NORM: "group-norm",
    ARG_MAX: "arg-max", TOP_K: "top-k", TOP_K_INDICES: "top-k-indices", MATMUL: "matmul"}
LRN_PLAIN = [5, 1e-4, 0.75, 1.0]
LARGEST = 2**31 - 1


def cases():
    found = Operators(NAMES)
    found.accept("lines", "operators of whole lines, products of matrices", every_operator())
    normalisations(found)
    reductions(found)
    one_axis(found, ARG_MAX, [], [1, 0])
    for op in (TOP_K, TOP_K_INDICES):
        one_axis(found, op, [], [1, 2, 1])
    choices(found)
    matmul(found)
    return found.all


def every_operator():
    image = [1, 2, 3, 4]
    tensors = [("x", image), tensor("gamma", [4], floats(1, 2, 3, 4)),
               tensor("beta", [4], floats(0, 0, 1, 1)), tensor("matrix", [1, 1, 4, 4],
                                                               floats(*range(16)))]
    nodes = []

    def add(op, name, inputs, shape, attributes):
        nodes.append(node(op, f"{name}!", inputs, len(tensors), attributes))
        tensors.append((name, shape))
        return len(tensors) - 1

    y = add(LOG_SOFTMAX, "log", [0], image, [3])
    y = add(LRN, "local", [y], image, LRN_PLAIN)
    y = add(LAYER_NORM, "layer", [y, 1, 2], image, [1e-5])
    y = add(GROUP_NORM, "group", [y, 1, 2], image, [1e-5, 2])
    y = add(MATMUL, "by constant", [y, 3], image, [0])
    y = add(MATMUL, "by itself", [y, y], [1, 2, 3, 3], [1])
    for op, name in REDUCTIONS.items():
        add(op, name, [y], [1, 1, 1, 3], [1, 2])
    add(ARG_MAX, "place", [y], [1, 2, 3, 1], [3, 1])
    add(TOP_K, "best", [y], [1, 2, 2, 3], [2, 2, 0])
    add(TOP_K_INDICES, "places", [y], [1, 2, 2, 3], [2, 2, 1])
    return chain(tensors, nodes, outputs=[item["output"] for item in nodes[5:]])


def normalisations(found):
    row = [1, 2]
    for axis in (0, 8):
        found.node(405, f"axis-{axis}", LOG_SOFTMAX, [row], row, [axis])
    found.node(410, "axis-is-rank", LOG_SOFTMAX, [row], row, [2])
    found.node(404, "three", LRN, [row], row, LRN_PLAIN[:3])
    found.node(405, "size-zero", LRN, [row], row, [0] + LRN_PLAIN[1:])
    for index, name in ((1, "alpha"), (2, "beta"), (3, "bias")):
        slots = list(LRN_PLAIN)
        slots[index] = INFINITY
        found.node(405, f"{name}-infinite", LRN, [row], row, slots)
    found.node(407, "constant", LRN, [constant(row)], row, LRN_PLAIN)
    found.node(409, "rank-1", LRN, [[1]], [1], LRN_PLAIN)
    found.node(412, "columns", LRN, [row], [1, 3], LRN_PLAIN)
    for op, more in ((LAYER_NORM, []), (GROUP_NORM, [1])):
        inputs, two = [row, constant([2]), constant([2])], constant([2])
        found.node(402, "2-inputs", op, [row, two], row, [0.0] + more)
        found.node(403, "beta", op, [row, two, None], row, [0.0] + more)
        found.node(404, "none", op, inputs, row)
        for name, value in (("negative", -1e-9), ("above-1", 1.5), ("nan", NAN)):
            found.node(405, f"epsilon-{name}", op, inputs, row, [value] + more)
        found.node(406, "gamma", op, [[1, 1], [1], constant([1])], [1, 1], [0.0] + more)
        found.node(408, "gamma-f16", op, [row, constant([2], 2), two], row, [0.0] + more)
        found.node(409, "beta", op, [row, two, constant(row)], row, [0.0] + more)
        found.node(410, "gamma", op, [row, constant([3]), two], row, [0.0] + more)
    inputs = [row, constant([2]), constant([2])]
    found.node(405, "groups-zero", GROUP_NORM, inputs, row, [0.0, 0])
    for groups in (3, 4, LARGEST):
        found.node(410, f"{groups}-groups", GROUP_NORM, inputs, row, [0.0, groups])


def reductions(found):
    image, flat = [1, 2, 3], [1, 1, 3]
    for op in REDUCTIONS:
        found.node(402, "2-inputs", op, [image, image], flat, [1, 1])
        found.node(404, "one", op, [image], flat, [1])
        for name, axes in (("batch", [0, 1]), ("last-8", [1, 8])):
            found.node(405, name, op, [image], flat, axes)
        found.node(407, "constant", op, [constant(image)], flat, [1, 1])
        found.node(409, "rank-1", op, [[1]], [1], [1, 1])
        for name, axes in (("backwards", [2, 1]), ("last-is-rank", [1, 3]),
                           ("first-is-rank", [3, 3])):
            found.node(410, name, op, [image], flat, axes)
        found.node(412, "without-axis", op, [image], [1, 3], [1, 1])


def choices(found):
    row = [1, 4]
    found.node(405, "takes-last-2", ARG_MAX, [row], [1, 1], [1, 2])
    for op in (TOP_K, TOP_K_INDICES):
        found.node(405, "k-zero", op, [row], [1, 1], [1, 0, 1])
        found.node(405, "largest-2", op, [row], [1, 1], [1, 1, 2])
        for k in (5, LARGEST):
            found.node(410, f"{k}-of-4", op, [row], row, [1, k, 1])


def matmul(found):
    a, b, square = [1, 2, 3], [1, 3, 2], [1, 2, 2]
    found.node(402, "1-inputs", MATMUL, [a], square, [0])
    found.node(403, "second", MATMUL, [a, None], square, [0])
    found.node(404, "none", MATMUL, [a, b], square)
    found.node(405, "transpose-2", MATMUL, [a, b], square, [2])
    found.node(407, "two-constants", MATMUL, [constant(a), constant(b)], square, [0])
    found.node(408, "constant-f16", MATMUL, [a, constant(b, 2)], square, [0])
    found.node(409, "rank-2", MATMUL, [[1, 2], [1, 2]], [1, 2], [0])
    found.node(409, "ranks-differ", MATMUL, [a, [1, 1, 3, 2]], [1, 1, 2, 2], [0])
    found.node(410, "terms", MATMUL, [a, a], square, [0])
    found.node(410, "transposed-terms", MATMUL, [a, b], square, [1])
    found.node(410, "between", MATMUL, [[1, 2, 2, 3], [1, 3, 3, 2]], [1, 2, 2, 2], [0])
    found.node(410, "constant-with-batch", MATMUL, [a, constant([2, 3, 2])], square, [0])
    found.node(411, "elements", MATMUL, [[1, 2**16, 1], [1, 1, 2**15]], [1, 2**15, 2**15], [0])
    found.node(412, "transposed", MATMUL, [a, [1, 3, 4]], [1, 4, 2], [0])
