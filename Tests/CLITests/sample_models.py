"""Models for the tests of the commands, whose answers can be worked out by hand."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))

from mtl_vectors.builder import build, floats, node, task, tensor  # noqa: E402
from mtl_vectors.models import (  # noqa: E402
    DENSE, FLATTEN, GLOBAL_AVG_POOL, RELU, SIGMOID, chain, preprocessing)

SIZE = 8
# Scores of the second output from the mean red, green and blue.
WEIGHTS = np.array([[4, 4, 4], [-4, -4, -4]], np.float32)
BIAS = np.array([-6, 6], np.float32)


def plain(size=SIZE, **changes):
    """Preprocessing that only resizes: numbers from 0 to 1."""
    values = {"width": size, "height": size, "scale": float(np.float32(1 / 255)),
              "mean": [0, 0, 0], "deviation": [1, 1, 1]}
    values.update(changes)
    return preprocessing(**values)


def colors(labels=("red", "green", "blue"), tags=("bright", "dark"), names=("color", "tags")):
    """Two outputs: the mean color of the image, and two sigmoids of a sum of it."""
    tensors = [
        ("image", [1, SIZE, SIZE, 3]), ("pooled", [1, 1, 1, 3]), ("flat", [1, 3]),
        ("color", [1, 3]), tensor("w", [2, 3], floats(*WEIGHTS.reshape(-1))),
        tensor("b", [2], floats(*BIAS)), ("sum", [1, 2]), ("tags", [1, 2]),
    ]
    nodes = [
        node(GLOBAL_AVG_POOL, "pool", [0], 1), node(FLATTEN, "flatten", [1], 2),
        node(RELU, "relu", [2], 3), node(DENSE, "dense", [3, 4, 5], 6),
        node(SIGMOID, "sigmoid", [6], 7),
    ]
    return chain(
        tensors, nodes, outputs=[3, 7], preprocessing=plain(),
        tasks=[task(names[0], list(labels)), task(names[1], list(tags), kind=2, output=1)])


def mean_colors(images):
    """What `colors` answers to inputs (N, SIZE, SIZE, 3)."""
    color = np.asarray(images, np.float64).mean((1, 2))
    with np.errstate(over="ignore"):
        return color, 1 / (1 + np.exp(-(color @ WEIGHTS.T.astype(float) + BIAS)))


def copy_of_pixels(width, height, channels=1, resize=1, **more):
    """The model's output is its input: resized pixels as they are. Channels 1 RGB, 2 BGR, 3 gray.
    """
    count = 1 if channels == 3 else 3
    tensors = [("image", [1, height, width, count]), ("y", [1, height, width, count])]
    return chain(
        tensors, [node(RELU, "relu", [0], 1)],
        preprocessing=preprocessing(
            width=width, height=height, resize=resize, channels=channels, scale=1,
            mean=[0] * count, deviation=[1] * count, **more))


def write(path, model):
    data = build(model)
    path.write_bytes(data[0] if isinstance(data, tuple) else data)
    return path
