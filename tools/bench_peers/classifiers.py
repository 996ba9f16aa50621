"""Well-known image classifiers with random weights, as ONNX files like those of PyTorch's exporter:
batch normalisations that follow a convolution are folded into it, the batch is left free.
"""

import math

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from bench_peers.options import CLASSIFIERS

SIZE, LABELS = 224, 1000


class _Net:
    """A graph in the making. Values are (name, channels)."""

    def __init__(self, name):
        self.name, self.nodes, self.constants = name, [], []
        self.random = numpy.random.default_rng(1)
        self.image = ("image", 3)

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(numpy.asarray(array), name))
        return name

    def node(self, op, values, channels, **attributes):
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, values, [f"{name}.y"], name=name, **attributes))
        return f"{name}.y", channels

    def conv(self, x, filters, kernel, stride=1, groups=1, gain=1.0):
        """A kernel of any odd size with "same" padding; weights after He et al. (2015)."""
        rows, columns = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        depth = x[1] // groups
        deviation = gain * math.sqrt(2 / (depth * rows * columns))
        weights = self.random.normal(0, deviation, (filters, depth, rows, columns))
        bias = self.random.normal(0, 0.1, filters)
        constants = [self.constant(weights.astype("f")), self.constant(bias.astype("f"))]
        return self.node(
            "Conv", [x[0], *constants], filters, dilations=[1, 1], group=groups,
            kernel_shape=[rows, columns], pads=[rows // 2, columns // 2] * 2, strides=[stride] * 2)

    def norm(self, x):
        near_one, near_zero = (
            [at + self.random.uniform(-0.2, 0.2, x[1]).astype("f") for _ in range(2)]
            for at in (numpy.float32(1), numpy.float32(0)))
        statistics = [self.constant(array) for array in
                      (near_one[0], near_zero[0], near_zero[1], near_one[1])]
        return self.node("BatchNormalization", [x[0], *statistics], x[1], epsilon=1e-5)

    def relu(self, x):
        return self.node("Relu", [x[0]], x[1])

    def relu6(self, x):
        bounds = [self.constant(numpy.float32(bound)) for bound in (0, 6)]
        return self.node("Clip", [x[0], *bounds], x[1])

    def sigmoid(self, x):
        return self.node("Sigmoid", [x[0]], x[1])

    def silu(self, x):
        return self.mul(x, self.sigmoid(x))

    def mul(self, x, y):
        return self.node("Mul", [x[0], y[0]], x[1])

    def add(self, x, y):
        return self.node("Add", [x[0], y[0]], x[1])

    def concat(self, values):
        names, counts = zip(*values)
        return self.node("Concat", names, sum(counts), axis=1)

    def pool(self, x, kind, kernel, stride, pad=0, ceil=0):
        return self.node(kind, [x[0]], x[1], kernel_shape=[kernel] * 2, strides=[stride] * 2,
                         pads=[pad] * 4, ceil_mode=ceil)

    def average(self, x):
        return self.node("GlobalAveragePool", [x[0]], x[1])

    def classified(self, x):
        """Averages, a dense layer and probabilities that are neither all alike nor 0 and 1."""
        x = self.node("Flatten", [self.average(x)[0]], x[1], axis=1)
        weights = self.random.normal(0, 2 / math.sqrt(x[1]), (LABELS, x[1])).astype("f")
        constants = [self.constant(weights), self.constant(numpy.zeros(LABELS, "f"))]
        return self.node("Gemm", [x[0], *constants], LABELS, transB=1)

    def model(self, logits):
        self.nodes.append(
            helper.make_node("Softmax", [logits[0]], ["probabilities"], name="softmax", axis=-1))
        model = helper.make_model(
            helper.make_graph(
                self.nodes, self.name,
                [helper.make_tensor_value_info(
                    "image", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE])],
                [helper.make_tensor_value_info(
                    "probabilities", TensorProto.FLOAT, ["batch", LABELS])],
                self.constants),
            opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        return model


def resnet50():
    """He et al. (2016), the stride in the 3x3 convolution."""
    net = _Net("resnet50")
    x = net.pool(net.relu(net.conv(net.image, 64, 7, 2)), "MaxPool", 3, 2, 1)
    for stage, blocks in enumerate([3, 4, 6, 3]):
        width = 64 << stage
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            y = net.relu(net.conv(x, width, 1))
            y = net.relu(net.conv(y, width, 3, stride))
            y = net.conv(y, 4 * width, 1, gain=0.3)
            x = net.relu(net.add(y, x if block else net.conv(x, 4 * width, 1, stride)))
    return net.model(net.classified(x))


def mobilenetv2():
    """Sandler et al. (2018)."""
    net = _Net("mobilenetv2")
    x = net.relu6(net.conv(net.image, 32, 3, 2))
    stages = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
              (6, 160, 3, 2), (6, 320, 1, 1)]
    for expansion, filters, blocks, stride in stages:
        for block in range(blocks):
            y = net.relu6(net.conv(x, x[1] * expansion, 1)) if expansion > 1 else x
            y = net.relu6(net.conv(y, y[1], 3, 1 if block else stride, groups=y[1]))
            y = net.conv(y, filters, 1, gain=0.7)
            x = net.add(x, y) if block else y
    return net.model(net.classified(net.relu6(net.conv(x, 1280, 1))))


def efficientnet_b0():
    """Tan and Le (2019)."""
    net = _Net("efficientnet_b0")
    x = net.silu(net.conv(net.image, 32, 3, 2))
    stages = [(1, 3, 16, 1, 1), (6, 3, 24, 2, 2), (6, 5, 40, 2, 2), (6, 3, 80, 3, 2),
              (6, 5, 112, 3, 1), (6, 5, 192, 4, 2), (6, 3, 320, 1, 1)]
    for expansion, kernel, filters, blocks, stride in stages:
        for block in range(blocks):
            y = net.silu(net.conv(x, x[1] * expansion, 1, gain=1.25)) if expansion > 1 else x
            y = net.silu(net.conv(y, y[1], kernel, 1 if block else stride, groups=y[1], gain=1.25))
            squeezed = net.silu(net.conv(net.average(y), max(1, x[1] // 4), 1))
            y = net.mul(y, net.sigmoid(net.conv(squeezed, y[1], 1)))
            y = net.conv(y, filters, 1, gain=1.2)
            x = net.add(y, x) if block else y
    return net.model(net.classified(net.silu(net.conv(x, 1280, 1, gain=1.25))))


def densenet121():
    """Huang et al. (2017); each layer normalises anew all that came before it."""
    net = _Net("densenet121")
    x = net.pool(net.relu(net.conv(net.image, 64, 7, 2)), "MaxPool", 3, 2, 1)
    for stage, layers in enumerate([6, 12, 24, 16]):
        features = [x]
        for _ in range(layers):
            y = net.relu(net.norm(net.concat(features) if len(features) > 1 else x))
            y = net.relu(net.conv(y, 128, 1))
            features.append(net.conv(y, 32, 3))
        x = net.relu(net.norm(net.concat(features)))
        if stage < 3:
            x = net.pool(net.conv(x, x[1] // 2, 1), "AveragePool", 2, 2)
    return net.model(net.classified(x))


def squeezenet():
    """Iandola et al. (2016), version 1.1, with the dense layer in place of its last convolution."""
    net = _Net("squeezenet")

    def fire(x, squeeze, expand):
        x = net.relu(net.conv(x, squeeze, 1))
        return net.concat([net.relu(net.conv(x, expand, kernel)) for kernel in (1, 3)])

    x = net.pool(net.relu(net.conv(net.image, 64, 3, 2)), "MaxPool", 3, 2, ceil=1)
    x = fire(fire(x, 16, 64), 16, 64)
    x = net.pool(x, "MaxPool", 3, 2, ceil=1)
    x = fire(fire(x, 32, 128), 32, 128)
    x = net.pool(x, "MaxPool", 3, 2, ceil=1)
    for squeeze in (48, 48, 64, 64):
        x = fire(x, squeeze, 4 * squeeze)
    return net.model(net.classified(net.relu(net.conv(x, LABELS, 1))))


def vit_tiny():
    """Dosovitskiy et al. (2021), the size of Touvron et al. (2021): 16x16 patches, 3 heads."""
    net = _Net("vit_tiny")
    width, heads, patch = 192, 3, 16
    count = (SIZE // patch) ** 2 + 1

    def dense(x, outputs, gain=1.0):
        weights = net.random.normal(0, gain / math.sqrt(x[1]), (x[1], outputs)).astype("f")
        bias = net.random.normal(0, 0.1, outputs).astype("f")
        return net.add(net.node("MatMul", [x[0], net.constant(weights)], outputs),
                       (net.constant(bias), outputs))

    def norm(x):
        scale = net.random.uniform(0.8, 1.2, width).astype("f")
        bias = net.random.normal(0, 0.1, width).astype("f")
        constants = [net.constant(scale), net.constant(bias)]
        return net.node("LayerNormalization", [x[0], *constants], width, axis=-1, epsilon=1e-6)

    def shaped(x, shape, order=None):
        x = net.node("Reshape", [x[0], net.constant(numpy.array(shape))], x[1])
        return net.node("Transpose", [x[0]], x[1], perm=order) if order else x

    def number(value):
        return net.constant(numpy.float32(value)), 1

    def attention(x):
        joint = shaped(dense(x, 3 * width, 1.5), [0, count, 3, heads, width // heads],
                       [2, 0, 3, 1, 4])
        q, k, v = (net.node("Gather", [joint[0], net.constant(numpy.array(part))], width, axis=0)
                   for part in range(3))
        k = net.node("Transpose", [k[0]], width, perm=[0, 1, 3, 2])
        q = net.mul(q, number(math.sqrt(heads / width)))
        scores = net.node("MatMul", [q[0], k[0]], count)
        weights = net.node("Softmax", [scores[0]], count, axis=-1)
        mixed = net.node("MatMul", [weights[0], v[0]], width)
        mixed = net.node("Transpose", [mixed[0]], width, perm=[0, 2, 1, 3])
        return dense(shaped(mixed, [0, count, width]), width)

    def gelu(x):
        share = net.node("Erf", [net.node("Div", [x[0], number(math.sqrt(2))[0]], x[1])[0]], x[1])
        return net.mul(net.mul(x, net.add(share, number(1))), number(0.5))

    weights = net.random.normal(0, 1 / 16, (width, 3, patch, patch)).astype("f")
    x = net.node("Conv", [net.image[0], net.constant(weights)], width, kernel_shape=[patch] * 2,
                 strides=[patch] * 2)
    x = shaped(x, [0, width, -1], [0, 2, 1])
    images = net.node("Gather", [net.node("Shape", [x[0]], 1)[0], net.constant(numpy.array([0]))],
                      1, axis=0)
    shape = net.node("Concat", [images[0], net.constant(numpy.array([1, width]))], 1, axis=0)
    token = net.constant(net.random.normal(0, 1, (1, 1, width)).astype("f"))
    token = net.node("Expand", [token, shape[0]], width)
    places = net.constant(net.random.normal(0, 0.5, (1, count, width)).astype("f"))
    x = net.add(net.node("Concat", [token[0], x[0]], width, axis=1), (places, width))
    for _ in range(12):
        x = net.add(x, attention(norm(x)))
        x = net.add(x, dense(gelu(dense(norm(x), 4 * width)), width))
    x = net.node("Gather", [norm(x)[0], net.constant(numpy.array(0))], width, axis=1)
    return net.model(dense(x, LABELS, 2))


MODELS = {name: globals()[name] for name in CLASSIFIERS}
