"""Examples of an operator, as spec/vectors/ops holds them."""

import json
import struct

import numpy as np


class Examples:
    """The examples of one operator."""

    def __init__(self, name, tolerance=1e-6):
        self.name, self.tolerance, self.list = name, tolerance, []
        self.random = np.random.default_rng(sum(name.encode()))

    def values(self, *shape):
        return self.random.integers(-2000, 2001, shape).astype(np.float32) / np.float32(1024)

    def add(self, about, formula, inputs, attributes=()):
        """`inputs`: arrays are values; None is absent; Constant is a constant."""
        arrays = [i.numbers() if isinstance(i, Constant) else i for i in inputs]
        wide = [None if a is None else np.asarray(a, np.float64) for a in arrays]
        with np.errstate(all="ignore"):
            output = np.asarray(formula(*wide), np.float64)
        self.list.append({
            "about": about,
            "attributes": [slot(a) for a in attributes],
            "inputs": [describe(i) for i in inputs],
            "output": {"shape": list(output.shape), "elements": elements(output)},
            "tolerance": self.tolerance,
        })

    def write(self, folder):
        text = ",\n".join(json.dumps(example) for example in self.list)
        (folder / f"{self.name}.json").write_text(f"[\n{text}\n]\n")


class Constant:
    """A constant: elements as stored, their type, and scales per index on axis 0."""

    def __init__(self, stored, kind="f32", scale=None):
        self.stored, self.kind = np.asarray(stored), kind
        self.scale = None if scale is None else np.asarray(scale, np.float32)

    def numbers(self):
        if self.scale is None:
            return self.stored
        shape = (-1,) + (1,) * (self.stored.ndim - 1)
        return self.stored.astype(np.float64) * self.scale.reshape(shape)


def slot(attribute):
    """A float attribute travels as the bits of a double."""
    if isinstance(attribute, float):
        return struct.unpack("<q", struct.pack("<d", attribute))[0]
    return attribute


def elements(array):
    named = {np.inf: "inf", -np.inf: "-inf"}
    return ["nan" if np.isnan(x) else named.get(x, x) for x in array.ravel().tolist()]


def describe(operand):
    if operand is None:
        return None
    if not isinstance(operand, Constant):
        return {"shape": list(operand.shape), "elements": elements(operand)}
    result = {"constant": operand.kind, "shape": list(operand.stored.shape),
              "elements": elements(operand.stored)}
    if operand.scale is not None:
        result["scale"] = elements(operand.scale)
    return result
