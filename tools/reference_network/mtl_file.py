"""The reference network as a model file, built without the project's writer."""

import numpy

from mtl_vectors import builder
from reference_network.fast_checksum import crc32c

CONV, DENSE, SCALE_SHIFT, MAX_POOL, RELU, SIGMOID, FLATTEN = 1, 2, 4, 5, 9, 10, 15
F32, F16, I16 = 1, 2, 6


class _Graph:
    def __init__(self, storage):
        self.storage = storage
        self.tensors = []
        self.nodes = []

    def value(self, name, shape):
        self.tensors.append(builder.tensor(name, [1, *shape]))
        return len(self.tensors) - 1

    def constant(self, name, array, storage="f32"):
        data, type_, scales = _stored(array, storage)
        self.tensors.append(builder.tensor(name, list(array.shape), data, type_, scales))
        return len(self.tensors) - 1

    def node(self, op, name, inputs, shape, attributes=()):
        output = self.value(f"{name}.y", shape)
        self.nodes.append(builder.node(op, name, inputs, output, attributes))
        return output

    def block(self, x, index, size, block):
        """Returns the value and the size after it."""
        shape = [size, size, len(block.bias)]
        constants = [
            self.constant(f"w{index}", block.weights), self.constant(f"b{index}", block.bias)
        ]
        x = self.node(CONV, f"conv{index}", [x, *constants], shape, (1,) * 9)
        x = self.node(RELU, f"relu{index}", [x], shape)
        constants = [
            self.constant(f"s{index}", block.scale), self.constant(f"t{index}", block.shift)
        ]
        x = self.node(SCALE_SHIFT, f"norm{index}", [x, *constants], shape)
        if not block.pool:
            return x, size
        size, pool = size // block.pool, block.pool
        attributes = (pool, pool, 0, 0, 0, 0, pool, pool)
        shape = [size, size, len(block.bias)]
        return self.node(MAX_POOL, f"pool{index}", [x], shape, attributes), size

    def dense(self, x, name, layer):
        constants = [
            self.constant(f"{name}.w", layer.weights, self.storage),
            self.constant(f"{name}.b", layer.bias),
        ]
        return self.node(DENSE, name, [x, *constants], [len(layer.bias)])


def mtl_file(network, storage="f32"):
    """The file's bytes; `storage` of the dense weights is "f32", "i16" or "f16"."""
    graph = _Graph(storage)
    x = graph.value("image", [network.size, network.size, 3])
    size = network.size
    for index, block in enumerate(network.blocks, 1):
        x, size = graph.block(x, index, size, block)
    hidden, last = network.dense
    x = graph.node(FLATTEN, "flatten", [x], [hidden.weights.shape[1]])
    x = graph.dense(x, "dense1", hidden)
    x = graph.node(RELU, "relu", [x], [len(hidden.bias)])
    x = graph.dense(x, "dense2", last)
    x = graph.node(SIGMOID, "probabilities", [x], [len(last.bias)])
    model = {
        "tensors": graph.tensors, "nodes": graph.nodes, "inputs": [0], "outputs": [x],
        "tasks": [
            builder.task("color", ["black", "blue", "red"]),
            builder.task("product", ["dress", "jeans", "shirt"], first=3),
        ],
        "preprocessing": {
            "width": network.size, "height": network.size, "resize": 1, "channels": 1,
            "orientation": 1, "scale": 1 / 255, "mean": [0.0] * 3, "deviation": [1.0] * 3,
        },
        "metadata": [], "self_test": None,
    }
    weights = builder.Fields()
    builder.encode_tensors(model, weights)
    checksum = {"checksum": crc32c(weights.bytes)}
    return builder.build(model, entries={builder.WEIGHTS: checksum})[0]


def _stored(array, storage):
    """(bytes, type, scales' bytes) of a constant; i16 has a scale for each index of axis 0."""
    if storage == "f32":
        return numpy.ascontiguousarray(array, "<f4").tobytes(), F32, None
    if storage == "f16":
        return array.astype("<f2").tobytes(), F16, None
    largest = numpy.abs(array).max(axis=tuple(range(1, array.ndim)), keepdims=True)
    scales = (largest / 32767).astype("<f4")
    rounded = numpy.rint(array / numpy.where(scales == 0, 1, scales))
    data = numpy.clip(rounded, -32767, 32767).astype("<i2")
    return data.tobytes(), I16, scales.tobytes()
