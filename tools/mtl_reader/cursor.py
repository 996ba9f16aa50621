"""Reads fields of a section from front to back."""

import struct

from .rules import Broken, demand

NAME_LIMIT = 4096
TEXT_LIMIT = 65_536


class Cursor:
    def __init__(self, data, section):
        self.data = data
        self.offset = section.offset
        self.end = section.offset + section.length

    def take(self, count):
        demand(self.offset + count <= self.end, 124, self.offset)
        self.offset += count
        return self.data[self.offset - count:self.offset]

    def u32(self):
        return struct.unpack("<I", self.take(4))[0]

    def u64(self):
        return struct.unpack("<Q", self.take(8))[0]

    def f32(self):
        return struct.unpack("<f", self.take(4))[0]

    def count(self, least, most, code):
        place = self.offset
        count = self.u32()
        demand(least <= count <= most, code, place, f"{count} is not {least} to {most}")
        return count

    def name(self):
        return self._string(1, NAME_LIMIT, "")

    def text(self):
        return self._string(0, TEXT_LIMIT, "\t\n")

    def _string(self, least, most, allowed):
        place = self.offset
        count = self.u32()
        demand(count <= most, 126, place)
        demand(count >= least, 127, place)
        place = self.offset
        raw = self.take(count)
        try:
            string = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Broken(128, place) from error
        for character in string:
            is_control = ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0
            demand(not is_control or character in allowed, 129, place)
        return string

    def finish(self):
        demand(self.offset == self.end, 125, self.offset)


def check_unique(names, code, places):
    """The first name that equals an earlier one breaks the rule."""
    seen = set()
    for name, place in zip(names, places):
        demand(name not in seen, code, place, f"{name!r} twice")
        seen.add(name)
