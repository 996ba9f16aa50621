"""The reference network with random weights as a model file, built without the project's writer.

The weights are scaled so that the answers are spread between 0 and 1: a network that is sure of
everything hides what its arithmetic does.
"""

import pathlib
import sys

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))

from mtl_vectors import builder  # noqa: E402

CONV, DENSE, SCALE_SHIFT, MAX_POOL, RELU, SIGMOID, FLATTEN = 1, 2, 4, 5, 9, 10, 15


class Graph:
    def __init__(self, seed):
        self.random = numpy.random.default_rng(seed)
        self.tensors = []
        self.nodes = []

    def value(self, name, shape):
        self.tensors.append(builder.tensor(name, [1, *shape]))
        return len(self.tensors) - 1

    def constant(self, name, array):
        data = numpy.ascontiguousarray(array, "<f4").tobytes()
        self.tensors.append(builder.tensor(name, list(array.shape), data))
        return len(self.tensors) - 1

    def node(self, op, name, inputs, shape, attributes=()):
        output = self.value(f"{name}.y", shape)
        self.nodes.append(builder.node(op, name, inputs, output, attributes))
        return output

    def block(self, x, index, size, channels, filters):
        """conv 3x3 same, ReLU, then what batch normalisation becomes."""
        normal, uniform = self.random.normal, self.random.uniform
        shape = [size, size, filters]
        spread = numpy.sqrt(2 / (9 * channels))
        weights = self.constant(f"w{index}", normal(0, spread, (filters, 3, 3, channels)))
        bias = self.constant(f"b{index}", normal(0, 0.1, filters))
        x = self.node(CONV, f"conv{index}", [x, weights, bias], shape, (1,) * 9)
        x = self.node(RELU, f"relu{index}", [x], shape)
        scale = self.constant(f"s{index}", uniform(0.5, 1.5, filters))
        shift = self.constant(f"t{index}", normal(0, 0.3, filters))
        return self.node(SCALE_SHIFT, f"norm{index}", [x, scale, shift], shape)

    def dense(self, x, name, inputs, outputs, gain):
        weights = self.random.normal(0, numpy.sqrt(gain / inputs), (outputs, inputs))
        bias = self.random.normal(0, 0.1, outputs)
        constants = [self.constant(f"{name}.w", weights), self.constant(f"{name}.b", bias)]
        return self.node(DENSE, name, [x, *constants], [outputs])


def reference_model(seed=1):
    """The file's bytes."""
    graph = Graph(seed)
    x = graph.value("image", [96, 96, 3])
    size, channels, index = 96, 3, 0
    for filters, times, pool in [(32, 2, 3), (64, 2, 2), (128, 4, 2)]:
        for _ in range(times):
            index += 1
            x = graph.block(x, index, size, channels, filters)
            channels = filters
        size //= pool
        attributes = (pool, pool, 0, 0, 0, 0, pool, pool)
        x = graph.node(MAX_POOL, f"pool{index}", [x], [size, size, channels], attributes)
    x = graph.node(FLATTEN, "flatten", [x], [8192])
    x = graph.dense(x, "dense1", 8192, 1048, 2)
    x = graph.node(RELU, "relu", [x], [1048])
    x = graph.dense(x, "dense2", 1048, 6, 1)
    x = graph.node(SIGMOID, "probabilities", [x], [6])
    return builder.build({
        "tensors": graph.tensors, "nodes": graph.nodes, "inputs": [0], "outputs": [x],
        "tasks": [
            builder.task("color", ["black", "blue", "red"]),
            builder.task("product", ["dress", "jeans", "shirt"], first=3),
        ],
        "preprocessing": {
            "width": 96, "height": 96, "resize": 1, "channels": 1, "orientation": 1,
            "scale": 1 / 255, "mean": [0.0] * 3, "deviation": [1.0] * 3,
        },
        "metadata": [], "self_test": None,
    })[0]
