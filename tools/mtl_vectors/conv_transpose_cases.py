"""The transpose of a convolution: a file that has it in several forms, and files with a fault."""

from .builder import floats, node, tensor
from .models import chain
from .operator_cases import Operators, constant

CONV_TRANSPOSE = 75
SLOTS = "sh sw pt pl pb pr dh dw g eb er".split()
PLAIN = [1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0]
LARGEST = 2**31 - 1


def cases():
    found = Operators({CONV_TRANSPOSE: "conv-transpose"})
    found.accept("conv-transpose", "transposed convolutions in several forms", several())
    refused_slots(found)
    refused_inputs(found)
    refused_shapes(found)
    return found.all


def several():
    tensors = [("x", [1, 2, 3, 4]), tensor("kernel", [2, 3, 3, 4], floats(*range(72))),
               tensor("bias", [2], floats(1, 2)), ("strided", [1, 4, 6, 2]),
               tensor("small", [2, 2, 2, 1], floats(*range(8))), ("grouped", [1, 6, 6, 2]),
               ("y", [1, 1, 1, 2])]
    nodes = [
        node(CONV_TRANSPOSE, "strided!", [0, 1, 2], 3, [2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
        node(CONV_TRANSPOSE, "grouped!", [3, 4], 5, [1, 1, 0, 1, 0, 1, 2, 1, 2, 0, 1]),
        node(CONV_TRANSPOSE, "cropped!", [5, 4, None], 6, [1, 1, 3, 3, 3, 3, 1, 1, 2, 0, 0]),
    ]
    return chain(tensors, nodes)


def refused_slots(found):
    image, kernel = [1, 4, 4, 2], constant([2, 3, 3, 2])
    found.node(404, "ten", CONV_TRANSPOSE, [image, kernel], [1, 6, 6, 2], PLAIN[:-1])
    found.node(404, "twelve", CONV_TRANSPOSE, [image, kernel], [1, 6, 6, 2], PLAIN + [0])
    for index, name in enumerate(SLOTS):
        least = PLAIN[index]
        for label, value in (("below", least - 1), ("beyond", LARGEST + 1)):
            slots = PLAIN[:index] + [value] + PLAIN[index + 1:]
            found.node(405, f"{name}-{label}", CONV_TRANSPOSE, [image, kernel], [1, 6, 6, 2],
                       slots)


def refused_inputs(found):
    image, kernel = [1, 4, 4, 2], constant([2, 3, 3, 2])
    result = [1, 6, 6, 2]
    found.node(402, "1-inputs", CONV_TRANSPOSE, [image], result, PLAIN)
    found.node(402, "4-inputs", CONV_TRANSPOSE,
               [image, kernel, constant([2]), constant([2])], result, PLAIN)
    found.node(403, "weights", CONV_TRANSPOSE, [image, None, constant([2])], result, PLAIN)
    found.node(406, "weights", CONV_TRANSPOSE, [image, [1, 3, 3, 2]], [1, 6, 6, 1], PLAIN)
    found.node(407, "constant", CONV_TRANSPOSE, [constant(image), kernel], result, PLAIN)
    found.node(408, "weights-i32", CONV_TRANSPOSE, [image, constant([2, 3, 3, 2], 3)], result,
               PLAIN)
    found.node(409, "input", CONV_TRANSPOSE, [[1, 4, 2], kernel], result, PLAIN)
    found.node(409, "weights", CONV_TRANSPOSE, [image, constant([2, 3, 2])], result, PLAIN)
    found.node(409, "bias", CONV_TRANSPOSE, [image, kernel, constant([1, 2])], result, PLAIN)


def refused_shapes(found):
    image = [1, 4, 4, 2]

    def one(name, weights, result, bias=None, code=410, **changes):
        slots = dict(zip(SLOTS, PLAIN)) | changes
        inputs = [image, constant(weights)] + ([constant(bias)] if bias else [])
        found.node(code, name, CONV_TRANSPOSE, inputs, result, list(slots.values()))

    kernel = [2, 3, 3, 2]
    one("channels", [2, 3, 3, 1], [1, 6, 6, 2])
    one("groups-do-not-divide-input", kernel, [1, 6, 6, 2], g=3)
    one("groups-do-not-divide-output", [3, 3, 3, 1], [1, 6, 6, 3], g=2)
    one("groups-with-full-weights", kernel, [1, 6, 6, 2], g=2)
    one("bias", kernel, [1, 6, 6, 2], bias=[3])
    one("nothing-left", kernel, [1, 1, 6, 2], pt=3, pb=3)
    one("less-than-nothing-left", kernel, [1, 6, 1, 2], pl=LARGEST, pr=LARGEST)
    one("stride-largest", kernel, [1, 6, 6, 2], code=411, sh=LARGEST, dh=LARGEST, eb=LARGEST)
    one("elements", kernel, [1, 6, 6, 2], code=411, sh=32768, sw=32768)
    one("extra-largest", kernel, [1, 6, 6, 2], code=411, er=LARGEST)
    one("height", kernel, [1, 5, 6, 2], code=412)
    one("width-without-extra", kernel, [1, 6, 6, 2], code=412, er=1)
    one("channels-of-the-input", [3, 3, 3, 2], [1, 6, 6, 2], code=412)
