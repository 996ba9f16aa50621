"""Files that break a rule of the container, 1xx."""

from .builder import (GRAPH, METADATA, PREPROCESSING, SELF_TEST, TASKS, TENSORS, WEIGHTS, build,
                      le32, node, task)
from .case import Cases
from .models import RELU, chain, tiny, vision, weighted

EDGE = 2**64


def cases():
    found = Cases()
    magic(found)
    header(found)
    table(found)
    content(found)
    records(found)
    strings(found)
    return found.all


def magic(found):
    data, _ = build(tiny())
    found.raw(101, "empty", b"", 0, "an empty file")
    found.raw(101, "text", b"a text file, longer than a header, that is no model at all " * 2, 0)
    found.raw(101, "short", data[:5], 5, "the file ends within the magic")
    found.raw(101, "line-feed", data.replace(b"\r\n", b"\n", 1), 4, "CR LF became LF")
    found.raw(101, "carriage-return", data.replace(b"\n", b"\r\n"), 5, "LF became CR LF")
    found.raw(101, "seven-bits", bytes([data[0] & 0x7F]) + data[1:], 0, "the eighth bit is lost")
    found.raw(101, "byte-swapped", data[7::-1] + data[8:], 0)
    found.raw(102, "after-magic", data[:8], 8)
    found.raw(102, "one-byte-short", data[:63], 63)


def header(found):
    def reject(code, name, field, **values):
        found.reject(code, name, f"header.{field}", tiny(), header=values)

    reject(103, "version-0", "major", major=0)
    reject(103, "version-2", "major", major=2)
    reject(103, "version-2-other-header", "major", major=2, header_checksum=0, header_size=128)
    reject(103, "version-byte-swapped", "major", major=256)
    reject(104, "wrong", "header_checksum", header_checksum=0)
    reject(104, "inverted", "header_checksum", header_checksum=0xFFFFFFFF)
    reject(105, "not-zero", "reserved", reserved=1)
    reject(106, "too-small", "header_size", header_size=60)
    reject(106, "too-large", "header_size", header_size=128)
    size = len(build(tiny())[0])
    reject(107, "one-less", "file_size", file_size=size - 1)
    reject(107, "one-more", "file_size", file_size=size + 1)
    reject(107, "zero", "file_size", file_size=0)
    reject(107, "largest", "file_size", file_size=EDGE - 1)
    data, marks = build(tiny())
    found.raw(107, "cut-short", data[:-1], 16)
    found.raw(107, "header-alone", data[:64], 16)
    found.raw(107, "appended", data + b"\0", 16)
    reject(108, "lowest", "required_features", required_features=1)
    reject(108, "highest", "required_features", required_features=1 << 63)
    reject(109, "none", "section_count", section_count=0)
    reject(109, "too-many", "section_count", section_count=65)
    reject(109, "largest", "section_count", section_count=2**32 - 1)
    reject(110, "zero", "table_offset", table_offset=0)
    reject(110, "behind", "table_offset", table_offset=128)
    reject(110, "largest", "table_offset", table_offset=EDGE - 64)
    reject(111, "beyond-end", "section_count", section_count=64)
    reject(112, "wrong", "table_checksum", table_checksum=0)


def table(found):
    def reject(code, name, field, type_=GRAPH, model=None, **values):
        found.reject(code, name, f"entry.{type_}.{field}", model or tiny(),
                     entries={type_: values})

    reject(113, "zero", "type", TENSORS, type=0)
    reject(113, "twice", "type", type=TENSORS)
    found.reject(113, "descending", f"entry.{TENSORS}.type", tiny(), order=[GRAPH, TENSORS])
    reject(114, "reserved-bit", "flags", flags=3)
    reject(114, "highest-bit", "flags", flags=0x80000001)
    reject(114, "graph-optional", "flags", flags=0)
    reject(114, "metadata-required", "flags", METADATA, vision(), flags=1)
    found.reject(114, "unknown-section", "entry.4096.flags", tiny(), extra=[(4096, 2, b"")])
    found.reject(115, "future", "entry.4096.flags", tiny(), extra=[(4096, 1, b"essential")])
    reject(116, "not-zero", "reserved", reserved=1)
    offset = build(tiny())[1]["tensors.count"]
    reject(117, "zero", "offset", TENSORS, offset=0)
    reject(117, "overlap", "offset", offset=offset)
    reject(117, "hole", "offset", offset=offset + 192)
    reject(117, "misaligned", "offset", TENSORS, offset=offset + 1)
    reject(117, "largest", "offset", offset=EDGE - 1)
    reject(117, "wraps", "offset", offset=EDGE - 64)
    reject(117, "weights-misaligned", "offset", WEIGHTS, weighted(), offset=1024)
    data, marks = build(tiny())
    end = len(data)
    start = marks["graph.inputs.count"]
    reject(118, "one-more", "length", length=end - start + 1)
    reject(118, "largest", "length", length=EDGE - 1)
    reject(118, "wraps", "length", length=EDGE - start)
    reject(118, "first-swallows-all", "length", TENSORS, length=2**63)
    found.reject(118, "next-begins-beyond", f"entry.{GRAPH}.length", tiny(), entries={
        TENSORS: {"length": end - marks["tensors.count"]},
        GRAPH: {"offset": -(-end // 64) * 64, "length": 0}})
    found.reject(119, "one", f"end.{GRAPH}", tiny(), tail=b"\0")
    found.reject(119, "archive", f"end.{GRAPH}", tiny(), tail=b"PK\5\6" + bytes(18))
    found.reject(120, "first", "gap", tiny(), gap=(GRAPH, lambda p: b"\1" + p[1:]))
    found.reject(120, "before-weights", ("weights.1.data", -1), weighted(),
                 gap=(WEIGHTS, lambda padding: padding[:-1] + b"\x80"))
    for name, type_ in (("tensors", TENSORS), ("graph", GRAPH)):
        found.raw(121, name, build(tiny(), drop=[type_])[0], 64, f"there is no {name} section")


def content(found):
    for name, type_, model in (("tensors", TENSORS, tiny()), ("graph", GRAPH, tiny()),
                               ("metadata", METADATA, vision())):
        found.reject(123, name, f"entry.{type_}.checksum", model,
                     entries={type_: {"checksum": 0x12345678}})
    found.reject(123, "weights", f"entry.{WEIGHTS}.checksum", weighted(), stage="content",
                 entries={WEIGHTS: {"checksum": 0x12345678}})
    unknown = [(4096, 0, b"skipped")]
    found.reject(123, "unknown-section", "entry.4096.checksum", tiny(), stage="content",
                 extra=unknown, entries={4096: {"checksum": 0x12345678}})
    for name, type_, model in (("graph", GRAPH, tiny()), ("weights", WEIGHTS, weighted())):
        found.reject(130, name, f"entry.{type_}.hash", model, stage="content",
                     entries={type_: {"hash": bytes(32)}})
    found.reject(130, "unknown-section", "entry.4096.hash", tiny(), stage="content",
                 extra=unknown, entries={4096: {"hash": b"\xff" * 32}})


def records(found):
    """Sections that end too early or too late."""
    full = vision()
    ends = {TENSORS: ("tensors.3.dimension.1", 8), GRAPH: ("nodes.2.attributes.count", 4),
            TASKS: ("tasks.1.labels.0.bytes", 3), PREPROCESSING: ("preprocessing.deviation.2", 4),
            METADATA: ("metadata.2.value", 4), SELF_TEST: ("self_test.outputs.0.2", 4)}
    for type_, (mark, size) in ends.items():
        found.reject(124, f"section-{type_}-one-byte", mark, full, cut={type_: 1})
        found.reject(124, f"section-{type_}-last-field", mark, full, cut={type_: size})
        found.reject(125, f"section-{type_}", f"end.{type_}", full, more={type_: b"\0"})
        found.all[-1].offset -= 1
    found.reject(124, "empty-section", "tensors.count", tiny(), cut={TENSORS: 10**6})
    found.reject(124, "name-beyond-section", "nodes.0.name.bytes", tiny(),
                 patch={"nodes.0.name": le32(4096)})
    found.reject(124, "text-beyond-section", "metadata.2.value.bytes", full,
                 patch={"metadata.2.value": le32(1)})
    found.reject(124, "labels-beyond-section", f"end.{TASKS}", labels_missing(),
                 patch={"tasks.0.labels.count": le32(1000)})
    found.reject(124, "test-input-beyond-section", "self_test.inputs.0", full,
                 cut={SELF_TEST: 21})
    found.reject(124, "more-tensors", f"end.{TENSORS}", tiny(),
                 patch={"tensors.count": le32(65536)})
    found.reject(124, "more-nodes", f"end.{GRAPH}", tiny(), patch={"nodes.count": le32(65536)})
    found.reject(125, "fewer-tensors", "tensors.3", full, patch={"tensors.count": le32(3)})
    found.reject(125, "fewer-nodes", "nodes.2", full, patch={"nodes.count": le32(2)})


def labels_missing():
    """A task with one label on an output of 1000 elements."""
    tensors = [("x", [1, 1000]), ("y", [1, 1000])]
    return chain(tensors, [node(RELU, "n", [0], 1)], tasks=[task("t", ["only"])])


def strings(found):
    def reject(code, name, value, about):
        found.reject(code, name, "nodes.0.name.bytes", chain(
            [("x", [1, 2]), ("y", [1, 2])], [node(RELU, value, [0], 1)]), about)

    found.reject(126, "name", "nodes.0.name", chain(
        [("x", [1, 2]), ("y", [1, 2])], [node(RELU, "n" * 4097, [0], 1)]))
    found.reject(126, "name-largest", "nodes.0.name", tiny(),
                 patch={"nodes.0.name": le32(2**32 - 1)})
    found.reject(126, "label", "tasks.0.labels.0", vision(
        tasks=[task("t", ["l" * 4097, "b", "c"])]))
    found.reject(126, "text", "metadata.0.value", tiny(metadata=[("k", "t" * 65537)]))
    found.reject(127, "tensor", "tensors.0.name", chain(
        [("", [1, 2]), ("y", [1, 2])], [node(RELU, "n", [0], 1)]))
    found.reject(127, "label", "tasks.0.labels.0", vision(tasks=[task("t", ["", "b", "c"])]))
    found.reject(127, "key", "metadata.0.key", tiny(metadata=[("", "value")]))
    malformed = {
        "lone-continuation": b"a\x80", "cut-sequence": b"a\xe2\x82", "overlong-2": b"\xc0\xaf",
        "overlong-2-high": b"\xc1\xbf", "overlong-3": b"\xe0\x9f\xbf",
        "overlong-4": b"\xf0\x8f\xbf\xbf", "surrogate": b"\xed\xa0\x80",
        "above-limit": b"\xf4\x90\x80\x80", "five-bytes": b"\xf8\x88\x80\x80\x80",
        "byte-ff": b"\xff", "second-byte": b"\xc3\x28", "third-byte": b"\xe2\x82\x28",
        "fourth-byte": b"\xf0\x9f\x91\x28", "overlong-zero": b"\xc0\x80",
    }
    for name, value in malformed.items():
        reject(128, name, value, name.replace("-", " ") + " in a name")
    found.reject(128, "text", "metadata.0.value.bytes", tiny(metadata=[("k", b"\xff\xfe")]))
    found.reject(128, "malformed-and-control", "nodes.0.name.bytes", chain(
        [("x", [1, 2]), ("y", [1, 2])], [node(RELU, b"\0\xff", [0], 1)]))
    for name, value in (("nul", "a\0b"), ("escape", "\x1b[2J"), ("line-feed", "a\nb"),
                        ("tab", "\t"), ("delete", "\x7f"), ("c1-first", "\x80"),
                        ("c1-last", "a\x9f")):
        reject(129, name, value, name.replace("-", " ") + " in a name")
    for name, value in (("text-nul", "a\0"), ("text-return", "a\r\n"), ("text-c1", "\x85")):
        found.reject(129, name, "metadata.0.value.bytes", tiny(metadata=[("k", value)]))
