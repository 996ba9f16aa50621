"""Files that break a rule of the operators, 4xx. Every fault is reported at the node's record."""

import struct

from .builder import floats, node, tensor
from .case import Cases
from .models import (ADD, AVG_POOL, BATCH_NORM, CONCAT, CONV, DENSE, DROPOUT, FLATTEN,
                     GLOBAL_AVG_POOL, GLOBAL_MAX_POOL, IDENTITY, MAX_POOL, MUL, RELU, RESHAPE,
                     SCALE_SHIFT, SIGMOID, SOFTMAX, chain, tiny)

NAN, INFINITY = float("nan"), float("inf")
WINDOW = [1, 1, 0, 0, 0, 0]
CONV_PLAIN = WINDOW + [1, 1, 1]
POOL_PLAIN = WINDOW + [1, 1]
NAMES = {CONV: "conv", DENSE: "dense", BATCH_NORM: "batch-norm", SCALE_SHIFT: "scale-shift",
         MAX_POOL: "max-pool", AVG_POOL: "avg-pool", GLOBAL_AVG_POOL: "global-avg-pool",
         GLOBAL_MAX_POOL: "global-max-pool", RELU: "relu", SIGMOID: "sigmoid",
         SOFTMAX: "softmax", ADD: "add", MUL: "mul", CONCAT: "concat", FLATTEN: "flatten",
         RESHAPE: "reshape", IDENTITY: "identity", DROPOUT: "dropout"}


def constant(shape, type_=1, name="c"):
    """A constant of ones."""
    count = 1
    for dimension in shape:
        count *= dimension
    element = {1: floats(1), 2: struct.pack("<e", 1), 3: b"\1\0\0\0", 4: b"\1", 5: b"\1",
               6: b"\1\0"}[type_]
    scales = floats(*[1] * shape[0]) if type_ in (5, 6) else None
    return tensor(name, shape, element * count, type_, scales)


class Operators(Cases):
    """Cases of one node; `names` say how the operators are called in the names of files."""

    def __init__(self, names):
        super().__init__()
        self.names = names

    def node(self, code, name, op, inputs, result, attributes=()):
        """A graph of one node. `inputs` are shapes of values, constants, or None."""
        tensors, indexes, values = [], [], []
        for item in inputs:
            if item is None:
                indexes.append(None)
                continue
            if isinstance(item, list):
                values.append(len(tensors))
                item = tensor(f"x{len(tensors)}", item)
            else:
                item = dict(item, name=f"c{len(tensors)}")
            indexes.append(len(tensors))
            tensors.append(item)
        if not values:
            values.append(len(tensors))
            tensors.append(tensor("unread", [1, 1]))
        tensors.append(tensor("y", result))
        model = chain(tensors, [node(op, "n", indexes, len(tensors) - 1, attributes)],
                      inputs=values)
        name = f"{self.names[op]}-{name}" if op in self.names else name
        self.reject(code, name, "nodes.0", model)


def cases():
    found = Operators(NAMES)
    arity(found)
    attributes(found)
    kinds(found)
    types_and_ranks(found)
    windows(found)
    mismatches(found)
    rearrangements(found)
    results(found)
    return found.all


def arity(found):
    row = [1, 2]
    for name, op in (("zero", 0), ("200", 200), ("255", 255), ("256", 256), ("largest", 2**32 - 1)):
        found.node(401, name, op, [row], row)
    found.reject(401, "second-node", "nodes.1", chain(
        [("x", row), ("z", row), ("y", row)], [node(RELU, "a", [0], 1), node(99, "b", [1], 2)]))
    for op, counts in ((RELU, (0, 2)), (SOFTMAX, (0, 2)), (ADD, (1, 3)), (FLATTEN, (0, 2)),
                       (DROPOUT, (2,)), (CONCAT, (0,)), (IDENTITY, (0,))):
        for count in counts:
            found.node(402, f"{count}-inputs", op, [row] * count, row)
    image, kernel = [1, 2, 2, 1], constant([1, 1, 1, 1])
    found.node(402, "1-inputs", CONV, [image], image, CONV_PLAIN)
    found.node(402, "4-inputs", CONV, [image, kernel, constant([1]), constant([1])], image,
               CONV_PLAIN)
    found.node(402, "1-inputs", DENSE, [row], row)
    found.node(402, "4-inputs", BATCH_NORM, [row] + [constant([2])] * 3, row, [0.0])
    found.node(402, "2-inputs", SCALE_SHIFT, [row] + [constant([2])], row)
    found.node(403, "input", RELU, [None], row)
    found.node(403, "weights", CONV, [image, None, constant([1])], image, CONV_PLAIN)
    found.node(403, "input", DENSE, [None, constant([2, 2])], row)
    found.node(403, "variance", BATCH_NORM, [row] + [constant([2])] * 3 + [None], row, [0.0])
    found.node(403, "second", ADD, [row, None], row)
    found.node(403, "middle", CONCAT, [row, None, row], [1, 4], [1])


def attributes(found):
    row, image, kernel = [1, 2], [1, 2, 2, 1], constant([1, 1, 1, 1])
    found.node(404, "one", RELU, [row], row, [0])
    found.node(404, "none", SOFTMAX, [row], row)
    found.node(404, "two", SOFTMAX, [row], row, [1, 1])
    found.node(404, "eight", CONV, [image, kernel], image, CONV_PLAIN[:-1])
    found.node(404, "ten", CONV, [image, kernel], image, CONV_PLAIN + [1])
    found.node(404, "sixty-four", MAX_POOL, [image], image, [1] * 64)
    found.node(404, "none", RESHAPE, [row], row)
    found.node(404, "eight", RESHAPE, [[1, 1]], [1] * 8, [1] * 8)
    found.node(404, "none", BATCH_NORM, [row] + [constant([2])] * 4, row)
    for position, name in enumerate(("stride-h", "stride-w", "pad-top", "pad-left", "pad-bottom",
                                     "pad-right", "dilation-h", "dilation-w", "groups")):
        least = 0 if name.startswith("pad") else 1
        for label, value in (("below", least - 1), ("above", 2**31), ("lowest", -2**63),
                             ("highest", 2**63 - 1)):
            if position and label in ("lowest", "highest"):
                continue
            slots = list(CONV_PLAIN)
            slots[position] = value
            found.node(405, f"{name}-{label}", CONV, [image, kernel], image, slots)
    for position, name in ((6, "kernel-h"), (7, "kernel-w")):
        slots = list(POOL_PLAIN)
        slots[position] = 0
        found.node(405, f"{name}-zero", MAX_POOL, [image], image, slots)
    for value in (2, -1):
        found.node(405, f"include-{value}", AVG_POOL, [image], image, POOL_PLAIN + [value])
    for value in (0, -1, 8):
        found.node(405, f"axis-{value}", SOFTMAX, [row], row, [value])
        found.node(405, f"axis-{value}", CONCAT, [row], row, [value])
    for name, value in (("negative", -1e-9), ("above-1", 1.001), ("nan", NAN),
                        ("infinite", INFINITY)):
        found.node(405, f"epsilon-{name}", BATCH_NORM, [row] + [constant([2])] * 4, row, [value])
        found.node(405, f"rate-{name}", DROPOUT, [row], row, [value])
    for name, dims in (("zero", [0]), ("negative", [-2, -1]), ("above", [2**31])):
        found.node(405, f"dims-{name}", RESHAPE, [row], row, dims)


def kinds(found):
    row, image = [1, 2], [1, 2, 2, 1]
    found.node(406, "weights", CONV, [image, [1, 1, 1, 1]], image, CONV_PLAIN)
    found.node(406, "bias", CONV, [image, constant([1, 1, 1, 1]), [1]], image, CONV_PLAIN)
    found.node(406, "weights", DENSE, [row, [1, 2]], [1, 1])
    found.node(406, "bias", DENSE, [row, constant([1, 2]), [1]], [1, 1])
    found.node(406, "gamma", BATCH_NORM, [[1, 1], [1]] + [constant([1])] * 3, [1, 1], [0.0])
    found.node(406, "shift", SCALE_SHIFT, [[1, 1], constant([1]), [1]], [1, 1])
    for op in (RELU, SIGMOID, IDENTITY, FLATTEN):
        found.node(407, "constant", op, [constant(row)], row)
    found.node(407, "constant", DROPOUT, [constant(row)], row, [0.5])
    found.node(407, "constant", SOFTMAX, [constant(row)], row, [1])
    found.node(407, "constant", RESHAPE, [constant(row)], row, [2])
    found.node(407, "constant", MAX_POOL, [constant(image)], image, POOL_PLAIN)
    found.node(407, "constant", GLOBAL_AVG_POOL, [constant(image)], [1, 1, 1, 1])
    found.node(407, "constant", CONV, [constant(image), constant([1, 1, 1, 1])], image,
               CONV_PLAIN)
    found.node(407, "constant", DENSE, [constant(row), constant([2, 2])], row)
    found.node(407, "constants", CONCAT, [constant(row)] * 2, [1, 4], [1])
    found.node(410, "constant-with-batch", CONCAT, [row, constant([2, 2])], [1, 4], [1])
    for op in (ADD, MUL):
        found.node(407, "two-constants", op, [constant(row), constant(row)], row)


def types_and_ranks(found):
    row, image = [1, 2], [1, 2, 2, 1]
    for name, type_ in (("i32", 3), ("u8", 4)):
        found.node(408, f"weights-{name}", CONV, [image, constant([1, 1, 1, 1], type_)], image,
                   CONV_PLAIN)
        found.node(408, f"weights-{name}", DENSE, [row, constant([2, 2], type_)], row)
    for name, type_ in (("f16", 2), ("i8", 5), ("i16", 6)):
        found.node(408, f"bias-{name}", DENSE, [row, constant([2, 2]), constant([2], type_)], row)
        found.node(408, f"scale-{name}", SCALE_SHIFT, [row, constant([2], type_), constant([2])],
                   row)
    found.node(408, "mean-i32", BATCH_NORM,
               [row, constant([2]), constant([2]), constant([2], 3), constant([2])], row, [0.0])
    for op in (ADD, MUL):
        found.node(408, "constant-f16", op, [row, constant(row, 2)], row)
    found.node(409, "input", CONV, [[1, 2, 2], constant([1, 1, 1, 1])], [1, 2, 2], CONV_PLAIN)
    found.node(409, "weights", CONV, [image, constant([1, 1, 1])], image, CONV_PLAIN)
    found.node(409, "bias", CONV, [image, constant([1, 1, 1, 1]), constant([1, 1])], image,
               CONV_PLAIN)
    found.node(409, "input", DENSE, [[1], constant([2, 1])], [1, 2])
    found.node(409, "weights", DENSE, [row, constant([2])], row)
    found.node(409, "bias", DENSE, [row, constant([2, 2]), constant([])], row)
    found.node(409, "input", SCALE_SHIFT, [[1], constant([1]), constant([1])], [1])
    found.node(409, "mean", BATCH_NORM,
               [row, constant([2]), constant([2]), constant([1, 2]), constant([2])], row, [0.0])
    for op, extra in ((MAX_POOL, []), (AVG_POOL, [0])):
        found.node(409, "input", op, [[1, 2, 2]], [1, 2, 2], POOL_PLAIN + extra)
    for op in (GLOBAL_AVG_POOL, GLOBAL_MAX_POOL):
        found.node(409, "rank-2", op, [row], [1, 2])
        found.node(409, "rank-5", op, [[1, 2, 2, 2, 2]], [1, 1, 1, 1, 2])
    found.node(409, "rank-1", FLATTEN, [[1]], [1, 1])
    found.node(409, "rank-1", CONCAT, [[1]], [1], [1])
    found.node(409, "ranks-differ", CONCAT, [[1, 2], [1, 2, 1]], [1, 4], [1])
    for op in (ADD, MUL):
        found.node(409, "rank-1", op, [[1], [1]], [1])
        found.node(409, "ranks-differ", op, [[1, 2], [1, 1, 2]], [1, 1, 2])
        found.node(409, "scalar", op, [[1, 2], constant([])], [1, 2])


def windows(found):
    image = [1, 4, 4, 2]
    kernel = constant([2, 3, 3, 2])

    def conv(name, weights, result, x=image, bias=None, code=410, **changes):
        slots = dict(zip("sh sw pt pl pb pr dh dw g".split(), CONV_PLAIN)) | changes
        inputs = [x, weights] + ([bias] if bias else [])
        found.node(code, name, CONV, inputs, result, list(slots.values()))

    conv("kernel-too-high", constant([2, 5, 3, 2]), [1, 1, 2, 2])
    conv("kernel-too-wide", constant([2, 3, 5, 2]), [1, 2, 1, 2])
    conv("dilated-too-high", kernel, [1, 1, 2, 2], dh=2)
    conv("dilation-largest", kernel, [1, 1, 2, 2], dw=2**31 - 1)
    conv("channels", constant([2, 3, 3, 1]), [1, 2, 2, 2])
    conv("groups-do-not-divide-input", kernel, [1, 2, 2, 2], g=3)
    conv("groups-do-not-divide-output", constant([3, 3, 3, 1]), [1, 2, 2, 3], g=2)
    conv("groups-largest", kernel, [1, 2, 2, 2], g=2**31 - 1)
    conv("groups-with-full-weights", kernel, [1, 2, 2, 2], g=2)
    conv("bias", kernel, [1, 2, 2, 2], bias=constant([3]))
    conv("padding-largest", constant([1, 1, 1, 2]), [1, 4, 4, 1], code=411, pt=2**31 - 1)
    conv("elements", constant([1, 1, 1, 2]), [1, 4, 4, 1], code=411, pt=65536, pl=65536)
    conv("padding-largest-twice", constant([1, 1, 1, 2]), [1, 4, 4, 1], code=411,
         pl=2**31 - 1, pr=2**31 - 1)

    def pool(name, result, op=MAX_POOL, **changes):
        slots = dict(zip("sh sw pt pl pb pr kh kw".split(), WINDOW + [2, 2])) | changes
        found.node(410, name, op, [image], result,
                   list(slots.values()) + ([0] if op == AVG_POOL else []))

    pool("kernel-too-high", [1, 1, 3, 2], kh=5)
    pool("kernel-too-wide", [1, 3, 1, 2], AVG_POOL, kw=5)
    pool("kernel-largest", [1, 1, 3, 2], kh=2**31 - 1)
    for side in ("pt", "pl", "pb", "pr"):
        pool(f"{side}-is-kernel", [1, 5, 3, 2] if side in ("pt", "pb") else [1, 3, 5, 2],
             **{side: 2})
    pool("padding-largest", [1, 1, 3, 2], pt=2**31 - 1, pb=2**31 - 1)


def mismatches(found):
    row = [1, 2]
    found.node(410, "columns", DENSE, [row, constant([2, 3])], row)
    found.node(410, "transposed", DENSE, [row, constant([2, 3])], [1, 3])
    found.node(410, "bias", DENSE, [row, constant([2, 2]), constant([3])], row)
    found.node(410, "variance", BATCH_NORM, [row] + [constant([2])] * 3 + [constant([3])], row,
               [0.0])
    found.node(410, "scale", SCALE_SHIFT, [row, constant([1]), constant([2])], row)
    found.node(410, "axis-is-rank", SOFTMAX, [row], row, [2])
    found.node(410, "rank-1", SOFTMAX, [[1]], [1], [1])
    for op in (ADD, MUL):
        found.node(410, "dimension", op, [row, [1, 3]], row)
        found.node(410, "constant-dimension", op, [row, constant([1, 3])], row)
        found.node(410, "constant-with-batch", op, [[1, 1], constant([2, 1])], [1, 1])


def rearrangements(found):
    found.node(410, "axis-is-rank", CONCAT, [[1, 2], [1, 2]], [1, 4], [2])
    found.node(410, "other-dimension", CONCAT, [[1, 2, 3], [1, 3, 3]], [1, 2, 6], [2])
    found.node(411, "dimension", CONCAT, [[1, 2**31 - 1], [1, 1]], [1, 2**31 - 1], [1])
    found.node(411, "elements", CONCAT, [[1, 2, 2**29]] * 2, [1, 2, 2**30 - 1], [2])
    found.node(410, "product", RESHAPE, [[1, 6]], [1, 2, 2], [2, 2])
    found.node(410, "batch-in-dims", RESHAPE, [[1, 6]], [1, 1, 7], [1, 7])
    row, column = [1, 1, 2**16], [1, 2**15, 1]
    for op in (ADD, MUL):
        found.node(411, "elements", op, [row, column], [1, 2**15, 2**15])


def results(found):
    row, image = [1, 2], [1, 4, 4, 2]
    found.node(412, "columns", RELU, [row], [1, 3])
    found.node(412, "rank", SIGMOID, [row], [1, 2, 1])
    found.node(412, "height", CONV, [image, constant([2, 3, 3, 2])], [1, 3, 2, 2], CONV_PLAIN)
    found.node(412, "channels", CONV, [image, constant([2, 3, 3, 2])], [1, 2, 2, 1], CONV_PLAIN)
    found.node(412, "strided", MAX_POOL, [image], [1, 4, 4, 2], [2, 2, 0, 0, 0, 0, 2, 2])
    found.node(412, "transposed", DENSE, [row, constant([3, 2])], row)
    found.node(412, "rank-2", GLOBAL_AVG_POOL, [image], [1, 2])
    found.node(412, "rank", FLATTEN, [image], [1, 4, 8])
    found.node(412, "dims", RESHAPE, [[1, 6]], [1, 3, 2], [2, 3])
    found.node(412, "sum", CONCAT, [row, row], [1, 3], [1])
    found.node(412, "broadcast", ADD, [[1, 1], row], [1, 1])
