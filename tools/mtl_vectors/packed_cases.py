"""Files that break a rule of the packed section, 6xx."""

from .builder import PACKED, build, le32, le64
from .case import Cases
from .models import packed, weighted

LARGEST = 2**64 - 1


def cases():
    found = Cases()

    def reject(code, name, mark, value):
        found.reject(code, name, mark, packed(), patch={mark: value})

    for name, count in (("none", 0), ("one-more", 65_537), ("largest", 2**32 - 1)):
        reject(601, name, "packed.count", le32(count))
    first, second = bytes(32), bytes(31) + b"\1"
    for name, keys in (("equal", [first, first]), ("descending", [second, first]),
                       ("first-byte", [b"\1" + bytes(31), second])):
        found.reject(602, name, "packed.1.key", weighted(
            packed=[(key, b"data") for key in keys]))
    reject(603, "zero", "packed.1.length", le64(0))
    for name, offset in (("zero", 0), ("hole", 192), ("misaligned", 129), ("largest", LARGEST)):
        reject(604, f"first-{name}", "packed.0.offset", le64(offset))
    reject(604, "second-overlaps", "packed.1.offset", le64(128))
    for name, length in (("one-more", 6), ("largest", LARGEST), ("wraps", LARGEST - 191)):
        found.reject(605, name, "packed.1.offset", packed(),
                     patch={"packed.1.length": le64(length)})
    found.reject(605, "cut", "packed.1.offset", packed(), cut={PACKED: 1})
    found.reject(605, "next-begins-beyond", "packed.1.offset", packed(), cut={PACKED: 63})
    found.reject(606, "one-byte", f"entry.{PACKED}.length", packed(), more={PACKED: b"\0"})
    found.reject(606, "shorter", f"entry.{PACKED}.length", packed(),
                 patch={"packed.1.length": le64(4)})
    for name, mark, behind in (("first-byte", "packed.0.padding", 0),
                               ("last-byte", "packed.1.padding", 57)):
        found.reject(607, name, (mark, behind), packed(), stage="content",
                     patch={mark: bytes(behind) + b"\1"})
    records(found)
    return found.all


def records(found):
    """Sections that end within the records."""
    _, marks = build(packed())
    for name, mark, size in (("count", "packed.count", 3), ("key", "packed.0.key", 31),
                             ("length", "packed.0.length", 7), ("offset", "packed.0.offset", 7)):
        left = marks[mark] + size
        found.reject(124, f"packed-{name}", mark, packed(),
                     cut={PACKED: marks[f"end.{PACKED}"] - left})
