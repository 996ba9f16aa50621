"""Writes checkpoints of mtl-train, as the doc comment of Checkpoint.swift describes them."""

import struct

import numpy as np


def _crc_table():
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(0x82F63B78), table >> 1)
    return table.astype(np.uint32)


_TABLE = _crc_table()


def _step(crc, byte):
    return _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> np.uint32(8))


def crc32c(data, lanes=8192):
    """CRC-32C of bytes: many lanes of equal length at once, then joined one after the other."""
    length = len(data) // lanes
    array = np.frombuffer(data, np.uint8)
    columns = array[:lanes * length].reshape(lanes, length).T.astype(np.uint32)
    parts = np.zeros(lanes, np.uint32)
    shift = np.uint32(1) << np.arange(32, dtype=np.uint32)  # the effect of `length` zero bytes
    for column in columns:
        parts = _step(parts, column)
        shift = _step(shift, np.uint32(0))
    crc = 0xFFFFFFFF
    shift = [int(row) for row in shift]
    for part in parts:
        moved = 0
        for bit in range(32):
            if crc >> bit & 1:
                moved ^= shift[bit]
        crc = moved ^ int(part)
    for byte in array[lanes * length:]:
        crc = int(_step(np.uint32(crc), np.uint32(byte)))
    return crc ^ 0xFFFFFFFF


def _text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def _list(items):
    return struct.pack("<Q", len(items)) + b"".join(items)


def checkpoint(network, recipe, labels, tasks, parameters):
    """The bytes of a checkpoint without moments and history.

    `tasks` maps names to label numbers; `parameters` lists (name, array, is_trained).
    """
    body = b"MTLCKPT\x1a" + struct.pack("<II", 1, 0)
    body += _text(network) + _text(recipe) + struct.pack("<QQ", 1, 32)
    body += _list([_text(label) for label in labels])
    body += _list([
        _text(name) + _list([struct.pack("<Q", number) for number in numbers])
        for name, numbers in tasks.items()
    ])
    body += struct.pack("<IQQ", 0, 1, 0) + _list([])
    body += _list([
        _text(name) + _list([struct.pack("<Q", size) for size in array.shape])
        + struct.pack("<Q", array.size) + np.ascontiguousarray(array, "<f4").tobytes()
        + struct.pack("<B", is_trained)
        for name, array, is_trained in parameters
    ])
    return body + struct.pack("<I", crc32c(body))
