"""Files that break a rule of tasks, preprocessing, metadata or self-test, 5xx."""

import struct

from .builder import floats, le32, node, task
from .case import Cases
from .models import IDENTITY, RELU, chain, preprocessing, tiny, vision

LARGEST = 2**32 - 1
NAN, INFINITY = float("nan"), float("inf")


def cases():
    found = Cases()
    tasks(found)
    coverage(found)
    images(found)
    metadata(found)
    self_test(found)
    return found.all


def tasks(found):
    def reject(code, name, mark, value):
        found.reject(code, name, mark, vision(), patch={mark: value})

    for name, count in (("none", 0), ("one-more", 4097), ("largest", LARGEST)):
        reject(501, name, "tasks.count", le32(count))
    found.reject(502, "twice", "tasks.1", vision(
        tasks=[task("t", ["a", "b"]), task("t", ["c"], first=2)]))
    for name, kind in (("zero", 0), ("three", 3), ("largest", LARGEST)):
        reject(503, name, "tasks.1.kind", le32(kind))
    for name, output in (("is-count", 1), ("largest", LARGEST)):
        reject(504, name, "tasks.0.output", le32(output))
    for name, value in (("above-1", 1.0000001), ("below-0", -1e-45), ("nan", NAN),
                        ("infinite", INFINITY)):
        reject(505, name, "tasks.1.threshold", struct.pack("<f", value))
    for name, count in (("none", 0), ("one-more", 1_000_001), ("largest", LARGEST)):
        reject(506, name, "tasks.0.labels.count", le32(count))
    reject(506, "one-more-in-all", "tasks.1.labels.count", le32(999_999))
    found.reject(507, "twice", "tasks.0.labels.2", vision(tasks=[task("t", ["a", "b", "a"])]))
    for name, first in (("one-more", 3), ("largest", LARGEST)):
        reject(508, name, "tasks.1.first", le32(first))
    found.reject(508, "four-labels", "tasks.0.first", vision(tasks=[task("t", list("abcd"))]))


def coverage(found):
    def reject(code, name, index, *items):
        found.reject(code, name, f"tasks.{index}.first", vision(tasks=list(items)))

    reject(509, "same", 1, task("s", list("abc")), task("t", list("abc")))
    reject(509, "last", 1, task("s", list("abc")), task("t", ["c"], first=2))
    reject(509, "unsorted", 0, task("s", ["b", "c"], first=1), task("t", ["a", "b"]))
    reject(510, "end", 0, task("t", ["a", "b"]))
    reject(510, "beginning", 0, task("t", ["b", "c"], first=1))
    reject(510, "middle", 1, task("s", ["a"]), task("t", ["c"], first=2))
    model = vision()
    model["tensors"].append({"name": "z", "shape": [1, 3], "data": None, "type": 1,
                             "scales": None})
    model["nodes"].append(node(IDENTITY, "again", [3], 4))
    model.update(outputs=[3, 4], tasks=[task("s", list("abc"), output=1), task("t", ["a"])])
    model["self_test"]["outputs"] *= 2
    found.reject(510, "other-output", "tasks.1.first", model)


def images(found):
    def reject(code, name, field, value):
        mark = f"preprocessing.{field}"
        found.reject(code, name, mark, vision(), patch={mark: value})

    for field in ("width", "height"):
        for name, value in (("zero", 0), ("one-more", 16385), ("largest", LARGEST)):
            reject(521, f"{field}-{name}", field, le32(value))
    methods = (0, 5, 255, 256, 256 + 5, 512 + 1)
    for code, field, values in ((522, "resize", methods), (523, "channels", (0, 4)),
                                (524, "orientation", (2,))):
        for value in values + (LARGEST,):
            reject(code, str(value), field, le32(value))
    for name, value in (("below-the-size", 1), ("zero", 0), ("one-more", 16385),
                        ("largest", LARGEST)):
        cropped = vision(preprocessing=preprocessing(resize=256 + 1, crop_side=2))
        found.reject(529, name, "preprocessing.crop_side", cropped,
                     patch={"preprocessing.crop_side": le32(value)})
    for name, value in (("zero", 0.0), ("negative", -1.0), ("nan", NAN), ("infinite", INFINITY)):
        reject(525, name, "scale", floats(value))
        reject(527, name, "deviation.2", floats(value))
    for name, value in (("nan", NAN), ("infinite", INFINITY), ("minus-infinite", -INFINITY)):
        reject(526, name, "mean.1", floats(value))
    shapes = {"width": preprocessing(width=3), "height": preprocessing(height=1),
              "gray": preprocessing(channels=3, mean=[0.0], deviation=[1.0])}
    for name, values in shapes.items():
        found.reject(528, name, "preprocessing.width", vision(preprocessing=values))
    values = preprocessing(width=2, height=1, channels=3, mean=[0.0], deviation=[1.0])
    found.reject(528, "rank", "preprocessing.width", tiny(preprocessing=values))


def metadata(found):
    for name, count in (("none", 0), ("one-more", 4097), ("largest", LARGEST)):
        found.reject(541, name, "metadata.count", vision(), patch={"metadata.count": le32(count)})
    for name, first, second in (("twice", "key", "key"), ("descending", "b", "a"),
                                ("longer-first", "key ", "key"), ("bytes", "é", "z"),
                                ("case", "a", "Z")):
        found.reject(542, name, "metadata.1.key", tiny(
            metadata=[(first, "1"), (second, "2")]))


def self_test(found):
    def reject(code, name, mark, value):
        found.reject(code, name, mark, vision(), patch={mark: value})

    for name, value in (("nan", NAN), ("infinite", INFINITY), ("negative", -1e-9)):
        reject(561, name, "self_test.tolerance", floats(value))
    for kind in ("inputs", "outputs"):
        for name, count in (("none", 0), ("two", 2), ("largest", LARGEST)):
            reject(562, f"{kind}-{name}", f"self_test.{kind}.count", le32(count))
            reject(563, f"{kind}-{name}", f"self_test.{kind}.0.count", le32(count))
    for name, value in (("nan", NAN), ("infinite", INFINITY), ("minus-infinite", -INFINITY)):
        reject(564, name, "self_test.outputs.0.1", floats(value))
