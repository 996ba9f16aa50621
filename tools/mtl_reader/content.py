"""What needs every byte of the file: spec/format.md, section 6, step 7, without the self-test."""

import hashlib
import math
import struct

from .checksum import crc32c
from .container import PACKED, WEIGHTS
from .rules import demand


def verify(data, model):
    """Raises Broken. `model` was read from `data`."""
    for section in model.sections:
        content = data[section.offset:section.offset + section.length]
        demand(crc32c(content) == section.checksum, 123, section.place + 24)
        demand(hashlib.sha256(content).digest() == section.hash, 130, section.place + 32)
    for section in model.sections:
        if section.type == WEIGHTS:
            _check_weights(data, model, section.offset)
        if section.type == PACKED:
            end = 4 + 48 * len(model.packed)
            for _, offset, length in model.packed:
                _check_padding(data, section.offset, end, offset, 607)
                end = offset + length


def _check_padding(data, start, end, next_, code):
    """Between two parts of the section that begins at `start`."""
    for offset in range(start + end, start + next_):
        demand(data[offset] == 0, code, offset)


def _check_weights(data, model, start):
    end = 0
    for tensor in model.tensors:
        for part in (tensor.data, tensor.scales):
            if part is None:
                continue
            _check_padding(data, start, end, part[0], 215)
            end = sum(part)
    for tensor in model.tensors:
        if tensor.scales is None:
            continue
        for place in range(start + tensor.scales[0], start + sum(tensor.scales), 4):
            scale, = struct.unpack_from("<f", data, place)
            demand(math.isfinite(scale) and scale >= 0, 216, place)
