"""CRC-32C of many bytes: lanes side by side, then joined."""

import numpy

from mtl_vectors.builder import CRC_OF_BYTE

LANES = 4096


def crc32c(data):
    """The same as mtl_vectors.builder.crc32c, fast for megabytes.

    The checksum without its two inversions is linear, and zeros in front of the bytes leave it as
    it is. So each lane's part is computed from 0 and moved past the bytes behind it.
    """
    data = numpy.frombuffer(bytes(data), numpy.uint8)
    if data.size < LANES * 8:
        return _step(data, numpy.uint32([0xFFFFFFFF]))[0] ^ 0xFFFFFFFF
    head = data.copy()
    head[:4] ^= 0xFF
    length = -(-head.size // LANES)
    lanes = numpy.zeros(LANES * length, numpy.uint8)
    lanes[LANES * length - head.size:] = head
    parts = _step(lanes.reshape(LANES, length).T, numpy.zeros(LANES, numpy.uint32))
    # What becomes of each single bit when `length` zeros follow it.
    bits = _step(numpy.zeros((length, 32), numpy.uint8), numpy.uint32(1) << numpy.arange(32))
    moves = [int(bit) for bit in bits]
    value = 0
    for part in parts:
        moved, bit = int(part), 0
        while value:
            if value & 1:
                moved ^= moves[bit]
            value, bit = value >> 1, bit + 1
        value = moved
    return value ^ 0xFFFFFFFF


def _step(rows, values):
    """The values after each row of bytes, one value a column."""
    table = numpy.array(CRC_OF_BYTE, numpy.uint32)
    values = numpy.asarray(values, numpy.uint32)
    for row in rows:
        values = table[(values ^ row) & 0xFF] ^ values >> 8
    return [int(value) for value in values] if values.ndim else values
