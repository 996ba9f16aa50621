"""Files that break a rule of the tensors section, 2xx."""

import struct

from .builder import TENSORS, WEIGHTS, floats, le32, le64, node, tensor
from .case import Cases
from .models import RELU, chain, tiny, weighted

EDGE = 2**64
NAN, INFINITY = float("nan"), float("inf")


def cases():
    found = Cases()
    records(found)
    shapes(found)
    placement(found)
    content(found)
    return found.all


def records(found):
    for name, count in (("one-more", 65537), ("largest", 2**32 - 1)):
        found.reject(201, name, "tensors.count", tiny(), patch={"tensors.count": le32(count)})
    found.reject(202, "twice", "tensors.1", chain(
        [("same", [1, 2]), ("same", [1, 2])], [node(RELU, "n", [0], 1)]))
    names = [(name, [1, 2]) for name in ("b", "c", "a", "c", "b")]
    found.reject(202, "first-of-two", "tensors.3", chain(
        names, [node(RELU, str(i), [i], i + 1) for i in range(4)]))
    for name, type_ in (("zero", 0), ("seven", 7), ("255", 255), ("minus-one", 2**32 - 1)):
        found.reject(203, name, "tensors.1.type", weighted(),
                     patch={"tensors.1.type": le32(type_)})
    for name, kind in (("two", 2), ("minus-one", 2**32 - 1)):
        found.reject(204, name, "tensors.1.kind", tiny(), patch={"tensors.1.kind": le32(kind)})
    for name, type_ in (("f16", 2), ("i32", 3), ("u8", 4), ("i8", 5), ("i16", 6)):
        found.reject(208, name, "tensors.0.type", tiny(), patch={"tensors.0.type": le32(type_)})


def shapes(found):
    found.reject(205, "nine", "tensors.0.rank", chain(
        [("x", [1] * 9), ("y", [1] * 9)], [node(RELU, "n", [0], 1)]))
    found.reject(205, "largest", "tensors.0.rank", tiny(),
                 patch={"tensors.0.rank": le32(2**32 - 1)})
    found.reject(205, "value-of-rank-0", "tensors.0.rank", chain(
        [("x", []), ("y", [])], [node(RELU, "n", [0], 1)]))
    for name, type_, data in (("i8", 5, b"\1"), ("i16", 6, b"\1\0")):
        item = tensor("w", [], data, type_, floats(1))
        found.reject(205, f"{name}-of-rank-0", "tensors.2.rank",
                     tiny(tensors=tiny()["tensors"] + [item]))
    for name, dimension in (("zero", 0), ("one-more", 2**31), ("largest", EDGE - 1),
                            ("negative", EDGE - 5), ("two-to-32", 2**32)):
        found.reject(206, name, "tensors.0.dimension.1", tiny(),
                     patch={"tensors.0.dimension.1": le64(dimension)})
    found.reject(206, "batch-zero", "tensors.0.dimension.0", tiny(),
                 patch={"tensors.0.dimension.0": le64(0)})
    found.reject(206, "product-wraps-to-0", "tensors.0.dimension.0", tiny(), patch={
        "tensors.0.dimension.0": le64(2**32), "tensors.0.dimension.1": le64(2**32)})
    found.reject(206, "product-wraps-to-minus-4", "tensors.0.dimension.1", tiny(),
                 patch={"tensors.0.dimension.1": le64(EDGE - 2)})
    for name, shape in (("one-more", [1, 2**16, 2**15]), ("wraps", [1] + [2**31 - 1] * 7),
                        ("wraps-to-0", [1, 2**16, 2**16, 2**16, 2**16])):
        found.reject(207, name, "tensors.0.rank", chain(
            [("x", shape), ("y", shape)], [node(RELU, "n", [0], 1)]))
    found.reject(207, "constant", "tensors.2.rank", tiny(
        tensors=tiny()["tensors"] + [tensor("w", [2**16, 2**16], floats(1))]))
    for name, batch in (("two", 2), ("largest", 2**31 - 1)):
        found.reject(217, name, "tensors.0.dimension.0", chain(
            [("x", [batch, 1]), ("y", [batch, 1])], [node(RELU, "n", [0], 1)]))


def placement(found):
    def reject(code, name, field, value, model=None, index=1):
        mark = f"tensors.{index}.{field}"
        found.reject(code, name, mark, model or weighted(), patch={mark: le64(value)})

    for name, length in (("one-less", 23), ("one-more", 25), ("zero", 0), ("largest", EDGE - 1),
                         ("wraps", 24 + 2**32)):
        reject(209, name, "data_length", length)
    found.reject(209, "short-data", "tensors.1.data_length", weighted(), "data of 20 bytes, as "
                 "stored, for a shape that needs 24", patch={"tensors.1.data_length": le64(20)})
    for name, offset in (("overlap", 0), ("hole", 512), ("misaligned", 24), ("largest", EDGE - 1),
                         ("wraps", EDGE - 256)):
        reject(210, name, "data_offset", offset, index=2)
    reject(210, "first-behind", "data_offset", 256)
    beyond(found)
    for type_, offset in (("i8", 0), ("i16", 512)):
        reject(212, f"{type_}-wrong", "scale_offset", offset, weighted(type_))
    reject(212, "largest", "scale_offset", EDGE - 1, weighted("i8"))
    reject(212, "behind-data", "scale_offset", 6, weighted("i8"))
    model = weighted("i8")
    model["tensors"] = [model["tensors"][i] for i in (0, 2, 3, 1)]
    model["nodes"][0].update(inputs=[0, 3, 1], output=2)
    found.reject(213, "cut", "tensors.3.scale_offset", model, cut={WEIGHTS: 1})
    found.reject(213, "none", "tensors.3.scale_offset", model, cut={WEIGHTS: 12})
    found.reject(214, "one-more", f"entry.{WEIGHTS}.length", weighted(), more={WEIGHTS: b"\0"})
    found.reject(214, "aligned-end", f"entry.{WEIGHTS}.length", weighted(),
                 more={WEIGHTS: bytes(244)})
    stranger = [(WEIGHTS, 1, b"hidden")]
    found.reject(214, "no-constant", f"entry.{WEIGHTS}.length", tiny(), extra=stranger)
    found.reject(214, "empty-no-constant", f"entry.{WEIGHTS}.length", tiny(),
                 extra=[(WEIGHTS, 1, b"")])


def beyond(found):
    model = weighted()
    found.reject(211, "last-cut", "tensors.2.data_offset", model, cut={WEIGHTS: 1})
    found.reject(211, "last-gone", "tensors.2.data_offset", model, cut={WEIGHTS: 12})
    found.reject(211, "first-cut", "tensors.1.data_offset", model, cut={WEIGHTS: 256})
    found.reject(211, "no-weights-section", "tensors.1.data_offset", model, drop=[WEIGHTS])
    huge = tensor("w", [2**31 - 1], floats(1))
    found.reject(211, "huge", "tensors.2.data_offset",
                 tiny(tensors=tiny()["tensors"] + [huge]),
                 patch={"tensors.2.data_length": le64(4 * (2**31 - 1))})


def content(found):
    for name, at in (("first", 0), ("last", 231)):
        found.reject(215, f"{name}-byte", ("weights.2.data.padding", at), weighted(), "a byte "
                     "between constants", "content",
                     patch={"weights.2.data.padding": bytes(at) + b"\1"})
    found.reject(215, "before-scales", ("weights.1.scales.padding", 3), weighted("i16"),
                 stage="content", patch={"weights.1.scales.padding": b"\0\0\0\xff"})
    for name, value in (("nan", NAN), ("infinite", INFINITY), ("negative", -1.0),
                        ("minus-infinite", -INFINITY)):
        found.reject(216, name, ("weights.1.scales", 8), weighted("i8"), stage="content",
                     patch={"weights.1.scales": struct.pack("<3f", 1, 2, value)})
