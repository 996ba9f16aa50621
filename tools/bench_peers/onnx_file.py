"""The reference network as an ONNX file, as an export from a training framework looks."""

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper


class _Graph:
    def __init__(self):
        self.nodes = []
        self.constants = []

    def constant(self, name, array):
        array = numpy.ascontiguousarray(array)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def node(self, op, name, inputs, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [f"{name}.y"], name=name, **attributes))
        return f"{name}.y"

    def block(self, x, index, block):
        filters = len(block.bias)
        weights = self.constant(f"w{index}", block.weights.transpose(0, 3, 1, 2))
        bias = self.constant(f"b{index}", block.bias)
        x = self.node("Conv", f"conv{index}", [x, weights, bias], kernel_shape=[3, 3],
                      pads=[1, 1, 1, 1])
        x = self.node("Relu", f"relu{index}", [x])
        statistics = [
            self.constant(f"s{index}", block.scale), self.constant(f"t{index}", block.shift),
            self.constant(f"m{index}", numpy.zeros(filters, "f")),
            self.constant(f"v{index}", numpy.ones(filters, "f")),
        ]
        x = self.node("BatchNormalization", f"norm{index}", [x, *statistics], epsilon=0.0)
        if not block.pool:
            return x
        return self.node("MaxPool", f"pool{index}", [x], kernel_shape=[block.pool] * 2,
                         strides=[block.pool] * 2)


def channels_first(network):
    """The first dense layer's weights for features that run as (channel, row, column)."""
    weights = network.dense[0].weights
    rows = weights.reshape(len(weights), *network.features).transpose(0, 3, 1, 2)
    return numpy.ascontiguousarray(rows.reshape(weights.shape))


def onnx_file(network, folder):
    """Writes `network.onnx` with a free batch dimension and returns its path."""
    graph = _Graph()
    x = "image"
    for index, block in enumerate(network.blocks, 1):
        x = graph.block(x, index, block)
    x = graph.node("Flatten", "flatten", [x], axis=1)
    hidden, last = network.dense
    inputs = [graph.constant("fw1", channels_first(network)), graph.constant("fb1", hidden.bias)]
    x = graph.node("Gemm", "dense1", [x, *inputs], transB=1)
    x = graph.node("Relu", "relu", [x])
    inputs = [graph.constant("fw2", last.weights), graph.constant("fb2", last.bias)]
    x = graph.node("Gemm", "dense2", [x, *inputs], transB=1)
    graph.nodes.append(helper.make_node("Sigmoid", [x], ["probabilities"], name="sigmoid"))
    size, labels = network.size, len(last.bias)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, "reference",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, size, size])],
            [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", labels])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 17)], ir_version=8,
    )
    onnx.checker.check_model(model)
    path = folder / "network.onnx"
    onnx.save(model, path)
    return path
