"""Files that keep every rule."""

import struct

from .builder import floats, node, tensor
from .case import Cases
from .models import (CONCAT, CONV, IDENTITY, RELU, SIGMOID, chain, every_operator, packed,
                     preprocessing, tiny, vision, weighted)


def cases():
    found = Cases()
    add = found.accept
    add("minimal", "the required sections alone", tiny())
    add("vision", "every small section", vision())
    add("every-operator", "a node of each operator, an absent optional input", every_operator())
    for type_ in ("f32", "f16", "i8", "i16"):
        add(f"weights-{type_}", f"weights of type {type_}", weighted(type_))
    add("element-types", "a constant of each element type, ranks 0 and 8, not read by any node",
        element_types())
    versions(add)
    texts(add)
    shapes(add)
    questions(add)
    return found.all


def element_types():
    constants = [
        tensor("f32", [], floats(1)),
        tensor("f16", [2], struct.pack("<2e", 1, 2), 2),
        tensor("i32", [1, 2], struct.pack("<2i", -1, 2), 3),
        tensor("u8", [1] * 8, b"\xff", 4),
        tensor("i8", [2, 1], b"\x01\x80", 5, floats(1, 2)),
        tensor("i16", [1], b"\x01\x80", 6, floats(0)),
    ]
    return tiny(tensors=tiny()["tensors"] + constants)


def versions(add):
    add("minor-newer", "version 1.65535", tiny(), header={"minor": 65535})
    add("optional-features", "every optional feature", tiny(),
        header={"optional_features": 2**64 - 1})
    add("unknown-optional-section", "a section of a type from the future", tiny(),
        extra=[(0x1000, 0, b"to be skipped")])
    add("unknown-optional-sections", "one of them empty, one of the highest type", tiny(),
        extra=[(8, 0, b""), (0xFFFFFFFF, 0, b"\xff")])
    add("packed", "packed data, which no reader has made", packed())


def texts(add):
    add("names-utf8", "names of two, three and four bytes a character",
        chain([("Größe", [1, 2]), ("\u65e5\u672c\u8a9e", [1, 2])],
              [node(RELU, "\U0001f457", [0], 1)]))
    ends = "\u00a0\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"
    add("names-utf8-ends", "the first and last character of each length",
        chain([(ends, [1, 2]), ("\u00a0", [1, 2])], [node(RELU, " ~", [0], 1)]))
    add("name-longest", "a name of 4096 bytes",
        chain([("x" * 4096, [1, 2]), ("y", [1, 2])], [node(RELU, "n", [0], 1)]))
    add("text-longest", "a metadata value of 65,536 bytes",
        tiny(metadata=[("k", "t" * 65536)]))
    add("text-lines", "tabs and line feeds in a metadata value",
        tiny(metadata=[("k", "a\tb\nc\n")]))
    add("metadata-order", "keys in the order of their bytes",
        tiny(metadata=[("Z", "1"), ("a", "2"), ("a ", "3"), ("é", "4")]))


def shapes(add):
    add("rank-1", "values of rank 1", chain([("x", [1]), ("y", [1])], [node(SIGMOID, "n", [0], 1)]))
    add("rank-8", "values of rank 8",
        chain([("x", [1] * 7 + [2]), ("y", [1] * 7 + [2])], [node(SIGMOID, "n", [0], 1)]))
    largest = [1, 2147483647]
    add("dimension-largest", "a dimension of 2^31 - 1",
        chain([("x", largest), ("y", largest)], [node(SIGMOID, "n", [0], 1)]))
    inputs = [(f"x{i}", [1, 2]) for i in range(64)]
    add("inputs-most", "64 inputs of the graph and of a node",
        chain(inputs + [("y", [1, 128])], [node(CONCAT, "n", list(range(64)), 64, [1])],
              inputs=list(range(64))))
    add("outputs-most", "64 outputs of the graph",
        chain([("x", [1, 2])] + [(f"y{i}", [1, 2]) for i in range(64)],
              [node(RELU, f"n{i}", [i], i + 1) for i in range(64)],
              outputs=list(range(64, 0, -1))))
    add("input-unread", "an input and a result that nobody reads",
        chain([("x", [1, 2]), ("z", [1, 5]), ("y", [1, 2]), ("w", [1, 2])],
              [node(RELU, "n", [0], 3), node(RELU, "m", [0], 2)], inputs=[0, 1]))
    add("input-twice", "a node that reads a value twice",
        chain([("x", [1, 2]), ("y", [1, 4])], [node(CONCAT, "n", [0, 0], 1, [1])]))
    kernel = tensor("w", [1, 1, 1, 1], floats(2))
    window = [1, 1, 0, 0, 0, 0, 1, 1, 1]
    image = [1, 2, 2, 1]
    add("optional-left-out", "a convolution with two inputs",
        chain([("x", image), kernel, ("y", image)], [node(CONV, "n", [0, 1], 2, window)]))
    add("optional-absent", "a convolution whose third input is absent",
        chain([("x", image), kernel, ("y", image)], [node(CONV, "n", [0, 1, None], 2, window)]))


def questions(add):
    model = vision()
    model["tasks"].reverse()
    add("tasks-any-order", "tasks in another order than their labels", model)
    model = vision()
    model["tensors"].append(tensor("z", [1, 3]))
    model["nodes"].append(node(IDENTITY, "again", [3], 4))
    model["outputs"] = [3, 4]
    model["self_test"]["outputs"] *= 2
    add("output-without-task", "two outputs, the second without tasks", model)
    model = vision()
    model["tasks"][0]["threshold"], model["tasks"][1]["threshold"] = 0.0, 1.0
    model["tasks"][1]["labels"] = ["black"]
    add("thresholds", "thresholds 0 and 1; a label in two tasks", model)
    model = vision(preprocessing=preprocessing(resize=2, channels=2, orientation=0))
    add("preprocessing-bgr", "nearest, BGR, orientation left alone", model)
    model = chain([("image", [1, 1, 16384, 1]), ("y", [1, 1, 16384, 1])],
                  [node(RELU, "n", [0], 1)],
                  preprocessing=preprocessing(width=16384, height=1, channels=3, mean=[0.0],
                                              deviation=[1.0]))
    add("preprocessing-gray", "gray, the largest width", model)
    model = vision(preprocessing=preprocessing(resize=256 + 3, crop_side=2))
    add("preprocessing-crop", "antialiased, cropped, the smallest shorter side", model)
    model = vision(preprocessing=preprocessing(resize=256 + 4, crop_side=16384))
    add("preprocessing-crop-bicubic", "bicubic, cropped, the largest shorter side", model)
    add("preprocessing-bicubic", "bicubic", vision(preprocessing=preprocessing(resize=4)))
    model = vision()
    model["self_test"]["tolerance"] = 0.0
    add("self-test-exact", "a self-test with tolerance 0", model)
