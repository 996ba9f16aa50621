"""Bytes of a model file, field by field.

Nothing is checked here, and everything can be made wrong. Each field has a mark, so that a case can
replace the field and can say where the fault stands: "tensors.0.rank", "entry.2.length",
"header.major".
"""

import hashlib
import struct

ALIGNMENT = 64
WEIGHTS_ALIGNMENT = 4096
CONSTANT_ALIGNMENT = 256
TENSORS, GRAPH, TASKS, PREPROCESSING, METADATA, SELF_TEST, WEIGHTS = range(1, 8)
PACKED = 9
DENSE_BY_INPUT = 76  # the operator that came with version 1.2
FLAGS = {TENSORS: 1, GRAPH: 1, TASKS: 1, PREPROCESSING: 1, METADATA: 0, SELF_TEST: 0, WEIGHTS: 1,
         PACKED: 0}
MAGIC = b"\x89MTL\r\n\x1a\n"

HEADER_FIELDS = [
    ("magic", "8s"), ("major", "H"), ("minor", "H"), ("header_size", "I"), ("file_size", "Q"),
    ("section_count", "I"), ("table_checksum", "I"), ("table_offset", "Q"),
    ("required_features", "Q"), ("optional_features", "Q"), ("header_checksum", "I"),
    ("reserved", "I"),
]
ENTRY_FIELDS = [
    ("type", "I"), ("flags", "I"), ("offset", "Q"), ("length", "Q"), ("checksum", "I"),
    ("reserved", "I"), ("hash", "32s"),
]


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = CRC_OF_BYTE[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF


def divide(byte):
    """The remainder of a byte by the polynomial, bit by bit."""
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    return byte


CRC_OF_BYTE = [divide(byte) for byte in range(256)]


def align(offset, alignment):
    return (offset + alignment - 1) // alignment * alignment


class Fields:
    """A run of bytes with marks."""

    def __init__(self):
        self.bytes = bytearray()
        self.marks = {}

    def put(self, mark, layout, value):
        if mark:
            self.marks[mark] = len(self.bytes)
        self.bytes += struct.pack("<" + layout, value)

    def raw(self, mark, data):
        if mark:
            self.marks[mark] = len(self.bytes)
        self.bytes += data

    def string(self, mark, value):
        data = value if isinstance(value, bytes) else value.encode()
        self.put(mark, "I", len(data))
        self.raw(mark + ".bytes", data)


def tensor(name, shape, data=None, type_=1, scales=None):
    """A value, or with `data` a constant."""
    return {"name": name, "shape": shape, "data": data, "type": type_, "scales": scales}


def node(op, name, inputs, output, attributes=()):
    """`inputs` are indexes of tensors, None is absent. Attributes are integers or floats."""
    return {"op": op, "name": name, "inputs": inputs, "output": output, "attributes": attributes}


def task(name, labels, first=0, kind=1, output=0, threshold=0.5):
    return {"name": name, "labels": labels, "first": first, "kind": kind, "output": output,
            "threshold": threshold}


def le32(value):
    return struct.pack("<I", value)


def le64(value):
    return struct.pack("<Q", value)


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def encode_tensors(model, weights):
    fields = Fields()
    fields.put("tensors.count", "I", len(model["tensors"]))
    for index, item in enumerate(model["tensors"]):
        mark = f"tensors.{index}"
        fields.marks[mark] = len(fields.bytes)
        fields.string(f"{mark}.name", item["name"])
        fields.put(f"{mark}.type", "I", item["type"])
        fields.put(f"{mark}.kind", "I", 0 if item["data"] is None else 1)
        fields.put(f"{mark}.rank", "I", len(item["shape"]))
        for axis, dimension in enumerate(item["shape"]):
            fields.put(f"{mark}.dimension.{axis}", "Q", dimension)
        if item["data"] is None:
            continue
        fields.put(f"{mark}.data_length", "Q", len(item["data"]))
        fields.put(f"{mark}.data_offset", "Q", align(len(weights.bytes), CONSTANT_ALIGNMENT))
        place(weights, f"weights.{index}.data", item["data"])
        if item["scales"] is not None:
            fields.put(f"{mark}.scale_offset", "Q", align(len(weights.bytes), CONSTANT_ALIGNMENT))
            place(weights, f"weights.{index}.scales", item["scales"])
    return fields


def place(weights, mark, data):
    weights.raw(f"{mark}.padding", bytes(-len(weights.bytes) % CONSTANT_ALIGNMENT))
    weights.raw(mark, data)


def encode_graph(model):
    fields = Fields()
    for kind in ("inputs", "outputs"):
        fields.put(f"graph.{kind}.count", "I", len(model[kind]))
        for index, value in enumerate(model[kind]):
            fields.put(f"graph.{kind}.{index}", "I", value)
    fields.put("nodes.count", "I", len(model["nodes"]))
    for index, item in enumerate(model["nodes"]):
        mark = f"nodes.{index}"
        fields.put(f"{mark}.op", "I", item["op"])
        fields.marks[mark] = fields.marks[f"{mark}.op"]
        fields.string(f"{mark}.name", item["name"])
        fields.put(f"{mark}.inputs.count", "I", len(item["inputs"]))
        for position, value in enumerate(item["inputs"]):
            fields.put(f"{mark}.inputs.{position}", "I", 0xFFFFFFFF if value is None else value)
        fields.put(f"{mark}.output", "I", item["output"])
        fields.put(f"{mark}.attributes.count", "I", len(item["attributes"]))
        for position, value in enumerate(item["attributes"]):
            layout = "d" if isinstance(value, float) else "q"
            fields.put(f"{mark}.attributes.{position}", layout, value)
    return fields


def encode_tasks(model):
    fields = Fields()
    fields.put("tasks.count", "I", len(model["tasks"]))
    for index, item in enumerate(model["tasks"]):
        mark = f"tasks.{index}"
        fields.marks[mark] = len(fields.bytes)
        fields.string(f"{mark}.name", item["name"])
        for field, layout in (("kind", "I"), ("output", "I"), ("first", "I"), ("threshold", "f")):
            fields.put(f"{mark}.{field}", layout, item[field])
        fields.put(f"{mark}.labels.count", "I", len(item["labels"]))
        for position, label in enumerate(item["labels"]):
            fields.string(f"{mark}.labels.{position}", label)
    return fields


def encode_preprocessing(model):
    fields = Fields()
    item = model["preprocessing"]
    for field in ("width", "height", "resize", "crop_side", "channels", "orientation"):
        if field in item:
            fields.put(f"preprocessing.{field}", "I", item[field])
    fields.put("preprocessing.scale", "f", item["scale"])
    for field in ("mean", "deviation"):
        for index, value in enumerate(item[field]):
            fields.put(f"preprocessing.{field}.{index}", "f", value)
    return fields


def encode_metadata(model):
    fields = Fields()
    fields.put("metadata.count", "I", len(model["metadata"]))
    for index, (key, value) in enumerate(model["metadata"]):
        fields.string(f"metadata.{index}.key", key)
        fields.string(f"metadata.{index}.value", value)
    return fields


def encode_self_test(model):
    fields = Fields()
    item = model["self_test"]
    fields.put("self_test.tolerance", "f", item["tolerance"])
    fields.put("self_test.inputs.count", "I", len(item["inputs"]))
    for index, values in enumerate(item["inputs"]):
        fields.put(f"self_test.inputs.{index}.count", "I", len(values))
        fields.raw(f"self_test.inputs.{index}", bytes(values))
    fields.put("self_test.outputs.count", "I", len(item["outputs"]))
    for index, values in enumerate(item["outputs"]):
        fields.put(f"self_test.outputs.{index}.count", "I", len(values))
        for position, value in enumerate(values):
            fields.put(f"self_test.outputs.{index}.{position}", "f", value)
    return fields


def encode_packed(model):
    """`packed` is a list of (key, data), in the order of the file."""
    records, data = Fields(), Fields()
    records.put("packed.count", "I", len(model["packed"]))
    first = len(records.bytes) + 48 * len(model["packed"])
    for index, (key, content) in enumerate(model["packed"]):
        mark = f"packed.{index}"
        data.raw(f"{mark}.padding", bytes(-(first + len(data.bytes)) % ALIGNMENT))
        records.raw(f"{mark}.key", key)
        records.put(f"{mark}.length", "Q", len(content))
        records.put(f"{mark}.offset", "Q", first + len(data.bytes))
        data.raw(f"{mark}.data", content)
    for mark, place_ in data.marks.items():
        records.marks[mark] = first + place_
    records.bytes += data.bytes
    return records


def encode_sections(model):
    """(type, fields) for each section of the model."""
    weights = Fields()
    sections = [(TENSORS, encode_tensors(model, weights)), (GRAPH, encode_graph(model))]
    for type_, key, encode in ((TASKS, "tasks", encode_tasks),
                               (PREPROCESSING, "preprocessing", encode_preprocessing),
                               (METADATA, "metadata", encode_metadata),
                               (SELF_TEST, "self_test", encode_self_test)):
        if model.get(key):
            sections.append((type_, encode(model)))
    if weights.bytes:
        sections.append((WEIGHTS, weights))
    if model.get("packed"):
        sections.append((PACKED, encode_packed(model)))
    return sections


def patch_section(fields, patches):
    """Replaces fields: mark to bytes, which may have another length, or to a function of them."""
    for mark, value in patches.items():
        if mark in fields.marks:
            start = fields.marks[mark]
            fields.bytes[start:start + len(value)] = value


def build(model, patch=(), cut=(), more=(), header=(), entries=(), extra=(), drop=(), order=None,
          tail=b"", gap=None):
    """The bytes of a file, and where each mark stands in it.

    patch    mark to bytes that replace the field's, before checksums are made
    cut      section type to the number of bytes to leave away at its end
    more     section type to bytes to append to it
    header   field to value, after checksums are made; the header's own checksum is made last
    entries  section type to a dictionary of fields to values; the table's checksum is made last
    extra    (type, flags, bytes) of sections to add
    drop     section types to leave out
    order    section types in the order that they shall have
    tail     bytes after the last section
    gap      (section type, bytes): the bytes in place of the padding before that section
    """
    patch, cut, more, header, entries = map(dict, (patch, cut, more, header, entries))
    sections = []
    for type_, fields in encode_sections(model):
        if type_ in drop:
            continue
        patch_section(fields, patch)
        if type_ in cut:
            del fields.bytes[len(fields.bytes) - cut[type_]:]
        fields.bytes += more.get(type_, b"")
        sections.append((type_, FLAGS[type_], fields))
    for type_, flags, data in extra:
        fields = Fields()
        fields.raw(f"extra.{type_}", data)
        sections.append((type_, flags, fields))
    if order:
        sections = [next(s for s in sections if s[0] == type_) for type_ in order]
    header.setdefault("minor", least_minor(model))
    return _assemble(sections, header, entries, tail, gap)


def least_minor(model):
    """Of the versions 1.x that have everything the model uses."""
    if any(item["op"] == DENSE_BY_INPUT for item in model["nodes"]):
        return 2
    return 1 if model.get("packed") else 0


def _assemble(sections, header, entries, tail, gap):
    marks = {}
    body = bytearray()
    table = Fields()
    start = 64 + 64 * len(sections)
    for position, (type_, flags, fields) in enumerate(sections):
        alignment = WEIGHTS_ALIGNMENT if type_ == WEIGHTS else ALIGNMENT
        padding = bytes(-(start + len(body)) % alignment)
        if gap and gap[0] == type_:
            marks["gap"] = start + len(body)
            padding = gap[1](padding)
        body += padding
        offset = start + len(body)
        for mark, place_ in fields.marks.items():
            marks[mark] = offset + place_
        marks[f"end.{type_}"] = offset + len(fields.bytes)
        body += fields.bytes
        values = {"type": type_, "flags": flags, "offset": offset, "length": len(fields.bytes),
                  "reserved": 0, "hash": hashlib.sha256(fields.bytes).digest()}
        values.update(entries.get(type_, {}))
        if "checksum" not in values:
            values["checksum"] = crc32c(fields.bytes)
        for field, layout in ENTRY_FIELDS:
            marks[f"entry.{type_}.{field}"] = 64 + len(table.bytes)
            table.put(None, layout, values[field])
    body += tail
    return _header(sections, table, header, len(body), marks) + table.bytes + body, marks


def _header(sections, table, overrides, body_size, marks):
    values = {"magic": MAGIC, "major": 1, "header_size": 64,
              "file_size": 64 + len(table.bytes) + body_size, "section_count": len(sections),
              "table_checksum": crc32c(table.bytes), "table_offset": 64, "required_features": 0,
              "optional_features": 0, "reserved": 0}
    values.update(overrides)
    fields = Fields()
    for field, layout in HEADER_FIELDS:
        if field == "header_checksum" and field not in values:
            values[field] = crc32c(fields.bytes)
        fields.put(f"header.{field}", layout, values[field])
    marks.update(fields.marks)
    return fields.bytes
