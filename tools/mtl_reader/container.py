"""Header and section table: spec/format.md, sections 2 to 4."""

import struct

from .checksum import crc32c
from .model import Section
from .rules import demand

MAGIC = bytes([0x89, 0x4D, 0x54, 0x4C, 0x0D, 0x0A, 0x1A, 0x0A])
HEADER = 64
ENTRY = 64
TENSORS, GRAPH, TASKS, PREPROCESSING, METADATA, SELF_TEST, WEIGHTS = range(1, 8)
PACKED = 9
FLAGS = {TENSORS: 1, GRAPH: 1, TASKS: 1, PREPROCESSING: 1, METADATA: 0, SELF_TEST: 0, WEIGHTS: 1,
         PACKED: 0}
SMALL = range(TENSORS, WEIGHTS)
NAMES = {
    TENSORS: "tensors",
    GRAPH: "graph",
    TASKS: "tasks",
    PREPROCESSING: "preprocessing",
    METADATA: "metadata",
    SELF_TEST: "self-test",
    WEIGHTS: "weights",
    PACKED: "packed",
}
SMALL_LIMIT = 64 << 20


def align(offset, alignment):
    return -(-offset // alignment) * alignment


def read_container(data):
    """The version and the sections."""
    version, count, table_checksum = _read_header(data)
    end = HEADER + count * ENTRY
    demand(end <= len(data), 111, 24)
    demand(crc32c(data[HEADER:end]) == table_checksum, 112, 28)
    sections = []
    for place in range(HEADER, end, ENTRY):
        previous = sections[-1] if sections else None
        sections.append(_read_entry(data, place, previous, end))
    last = sections[-1].offset + sections[-1].length
    demand(last == len(data), 119, last)
    _check_padding(data, sections, end)
    _check_presence(sections, end)
    return version, sections


def _read_header(data):
    for index, byte in enumerate(MAGIC):
        demand(index < len(data) and data[index] == byte, 101, index)
    demand(len(data) >= HEADER, 102, len(data))
    (major, minor, header_size, file_size, count, table_checksum, table_offset, required, _,
     checksum, reserved) = struct.unpack("<HHIQIIQQQII", data[8:HEADER])
    demand(major == 1, 103, 8, f"version {major}.{minor}; this reader knows version 1")
    demand(crc32c(data[:56]) == checksum, 104, 56)
    demand(reserved == 0, 105, 60)
    demand(header_size == HEADER, 106, 12)
    demand(file_size == len(data), 107, 16)
    demand(required == 0, 108, 40, f"features {required:#x} are not known")
    demand(1 <= count <= 64, 109, 24)
    demand(table_offset == HEADER, 110, 32)
    return (major, minor), count, table_checksum


def _read_entry(data, place, previous, table_end):
    (type_, flags, offset, length, checksum, reserved, hash_) = struct.unpack(
        "<IIQQII32s", data[place:place + ENTRY])
    demand(type_ > (previous.type if previous else 0), 113, place)
    demand(flags & ~1 == 0, 114, place + 4)
    if type_ in FLAGS:
        demand(flags == FLAGS[type_], 114, place + 4)
    else:
        demand(flags == 0, 115, place + 4, f"section type {type_} is not known")
    demand(reserved == 0, 116, place + 28)
    end = previous.offset + previous.length if previous else table_end
    demand(offset == align(end, 4096 if type_ == WEIGHTS else 64), 117, place + 8)
    demand(offset + length <= len(data), 118, place + 16)
    return Section(type_, flags, offset, length, checksum, hash_, place)


def _check_padding(data, sections, table_end):
    end = table_end
    for section in sections:
        for offset in range(end, section.offset):
            demand(data[offset] == 0, 120, offset)
        end = section.offset + section.length


def _check_presence(sections, table_end):
    types = [section.type for section in sections]
    demand(TENSORS in types, 121, HEADER)
    demand(GRAPH in types, 121, HEADER)
    total = table_end
    for section in sections:
        if section.type in SMALL:
            total += section.length
            demand(total <= SMALL_LIMIT, 122, section.place + 16)
