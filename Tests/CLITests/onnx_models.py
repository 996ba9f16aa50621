"""Models in ONNX for the tests, and what ONNX Runtime answers."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(3)


def tensor(name, *shape, scale=0.3):
    return numpy_helper.from_array((random.standard_normal(shape) * scale).astype(np.float32), name)


def integers(name, *values):
    return numpy_helper.from_array(np.array(values, np.int64), name)


def model(nodes, inputs, outputs, constants=(), opset=17):
    """`inputs` and `outputs`: name to shape, in which texts are free dimensions."""
    def infos(shapes):
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                for name, shape in shapes.items()]
    graph = helper.make_graph(nodes, "graph", infos(inputs), infos(outputs), list(constants))
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), **attributes)


def classifier(labels=5, batch="N"):
    """Convolutions with batch normalisation, a residual, a join and a dense layer."""
    nodes = [
        node("Conv", "x w1 b1", "c1", pads=[1, 1, 1, 1]),
        node("BatchNormalization", "c1 g be m v", "n1"),
        node("Relu", "n1", "r1"),
        node("MaxPool", "r1", "p1", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", "p1 w2 b1", "c2", auto_pad="SAME_UPPER"),
        node("Add", "c2 p1", "a"),
        node("Concat", "a p1", "cc", axis=1),
        node("Flatten", "cc", "f"),
        node("Gemm", "f wg bg", "logits", transB=1),
        node("Softmax", "logits", "y"),
    ]
    variance = numpy_helper.from_array(random.random(8).astype(np.float32) + 0.5, "v")
    constants = [
        tensor("w1", 8, 3, 3, 3), tensor("b1", 8), tensor("w2", 8, 8, 3, 3), tensor("g", 8),
        tensor("be", 8), tensor("m", 8), variance, tensor("wg", labels, 16 * 8 * 8, scale=0.05),
        tensor("bg", labels),
    ]
    return model(nodes, {"x": [batch, 3, 16, 16]}, {"y": [batch, labels]}, constants, 13)


def shape_arithmetic():
    """What exporters leave behind: Shape, Gather, Unsqueeze, Concat, Reshape."""
    nodes = [
        node("Conv", "x w", "c"),
        node("Shape", "c", "s"),
        node("Gather", "s zero", "n", axis=0),
        node("Unsqueeze", "n axes", "n1"),
        node("Concat", "n1 rest", "target", axis=0),
        node("Reshape", "c target", "y"),
    ]
    constants = [tensor("w", 4, 3, 3, 3), integers("axes", 0), integers("rest", 4, -1)]
    constants.append(numpy_helper.from_array(np.array(0, np.int64), "zero"))
    return model(nodes, {"x": ["N", 3, 6, 6]}, {"y": ["N", 4, 16]}, constants, 13)


def channel_shuffle():
    nodes = [
        node("Reshape", "x split", "a"), node("Transpose", "a", "b", perm=[0, 2, 1, 3, 4]),
        node("Reshape", "b whole", "c"), node("Conv", "c w", "y", group=2),
    ]
    constants = [integers("split", 0, 2, 3, 5, 5), integers("whole", 0, 6, 5, 5),
                 tensor("w", 4, 3, 1, 1)]
    return model(nodes, {"x": ["N", 6, 5, 5]}, {"y": ["N", 4, 5, 5]}, constants, 13)


def attention(width=8, heads=2):
    """Self-attention over the pixels of an image, as vision transformers have it."""
    part = width // heads
    nodes = [
        node("Conv", "x patch", "p", strides=[4, 4]),
        node("Reshape", "p flat", "f"), node("Transpose", "f", "t", perm=[0, 2, 1]),
        node("LayerNormalization", "t gamma beta", "n"),
        node("MatMul", "n wq", "q"), node("MatMul", "n wk", "k"), node("MatMul", "n wv", "v"),
    ]
    for name in "qkv":
        nodes.append(node("Reshape", f"{name} heads", f"{name}r"))
        nodes.append(node("Transpose", f"{name}r", f"{name}t", perm=[0, 2, 1, 3]))
    nodes += [
        node("Transpose", "kt", "kT", perm=[0, 1, 3, 2]), node("MatMul", "qt kT", "scores"),
        node("Softmax", "scores", "weights", axis=-1), node("MatMul", "weights vt", "mixed"),
        node("Transpose", "mixed", "back", perm=[0, 2, 1, 3]),
        node("Reshape", "back joined", "j"), node("Add", "j t", "sum"),
        node("ReduceMean", "sum", "mean", axes=[1], keepdims=0), node("MatMul", "mean wo", "y"),
    ]
    constants = [
        tensor("patch", width, 3, 4, 4), tensor("gamma", width), tensor("beta", width),
        *(tensor(name, width, width) for name in ("wq", "wk", "wv")), tensor("wo", width, 5),
        integers("flat", 0, width, -1), integers("heads", 0, -1, heads, part),
        integers("joined", 0, -1, width),
    ]
    return model(nodes, {"x": ["N", 3, 16, 16]}, {"y": ["N", 5]}, constants)


def squeeze_and_excite():
    nodes = [
        node("GlobalAveragePool", "x", "g"), node("Conv", "g w1", "d"), node("Sigmoid", "d", "s"),
        node("Mul", "x s", "m"), node("HardSwish", "m", "h"), node("Resize", "h  scales", "y"),
    ]
    nodes[-1] = helper.make_node("Resize", ["h", "", "scales"], ["y"], mode="linear")
    scales = numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "scales")
    return model(nodes, {"x": ["N", 6, 5, 7]}, {"y": ["N", 6, 10, 14]},
                 [tensor("w1", 6, 6, 1, 1), scales])


def transposed_convolution():
    nodes = [node("ConvTranspose", "x w b", "y", strides=[2, 3], pads=[1, 0, 0, 2],
                  output_padding=[1, 0], group=2)]
    return model(nodes, {"x": ["N", 4, 5, 6]}, {"y": ["N", 6, 10, 16]},
                 [tensor("w", 4, 3, 3, 3), tensor("b", 6)])


def number(name, value):
    return numpy_helper.from_array(np.array(value, np.float32), name)


def erf_gelu():
    """As PyTorch writes it before operator set 20."""
    nodes = [node("Div", "x root", "d"), node("Erf", "d", "e"), node("Add", "e one", "s"),
             node("Mul", "x s", "m"), node("Mul", "m half", "y")]
    constants = [number("root", 2 ** 0.5), number("one", 1), number("half", 0.5)]
    return model(nodes, {"x": ["N", 4, 6]}, {"y": ["N", 4, 6]}, constants, 13)


def tanh_gelu():
    nodes = [node("Pow", "x three", "p"), node("Mul", "p small", "c"), node("Add", "x c", "a"),
             node("Mul", "a scale", "i"), node("Tanh", "i", "t"), node("Add", "t one", "s"),
             node("Mul", "x s", "m"), node("Mul", "m half", "y")]
    constants = [number("three", 3), number("small", 0.044715), number("one", 1),
                 number("scale", (2 / np.pi) ** 0.5), number("half", 0.5)]
    return model(nodes, {"x": ["N", 4, 6]}, {"y": ["N", 4, 6]}, constants, 13)


def layer_norm():
    """As PyTorch writes it before operator set 17."""
    nodes = [node("ReduceMean", "x", "m", axes=[-1]), node("Sub", "x m", "d"),
             node("Pow", "d two", "q"), node("ReduceMean", "q", "v", axes=[-1]),
             node("Add", "v epsilon", "r"), node("Sqrt", "r", "s"), node("Div", "d s", "n"),
             node("Mul", "n gamma", "g"), node("Add", "g beta", "y")]
    constants = [number("two", 2), number("epsilon", 1e-5), tensor("gamma", 24),
                 tensor("beta", 24)]
    return model(nodes, {"x": ["N", 5, 24]}, {"y": ["N", 5, 24]}, constants, 13)


def biased_product():
    """A linear layer of rows, its bias a node of its own."""
    nodes = [node("MatMul", "x w", "p"), node("Add", "b p", "s"), node("Mul", "s scale", "y")]
    constants = [tensor("w", 24, 17), tensor("b", 17), number("scale", 0.25)]
    return model(nodes, {"x": ["N", 10, 24]}, {"y": ["N", 10, 17]}, constants, 13)


def padded_layers():
    """Padding as nodes of its own, as exporters of TensorFlow write it."""
    def pad(x, y):
        return node("Pad", f"{x} pads", y)
    nodes = [pad("x", "p1"), node("Conv", "p1 w", "c", strides=[2, 2]), node("Relu", "c", "r"),
             pad("r", "p2"), node("MaxPool", "p2", "m", kernel_shape=[3, 3], strides=[2, 2]),
             pad("m", "p3"), node("AveragePool", "p3", "y", kernel_shape=[3, 3])]
    constants = [tensor("w", 4, 3, 3, 3), integers("pads", 0, 0, 1, 0, 0, 0, 1, 1)]
    return model(nodes, {"x": ["N", 3, 15, 16]}, {"y": ["N", 4, 4, 3]}, constants, 13)


def two_heads():
    nodes = [
        node("Conv", "x w", "c"), node("GlobalAveragePool", "c", "g"), node("Flatten", "g", "f"),
        node("Gemm", "f wa", "color", transB=1), node("Gemm", "f wb", "product", transB=1),
    ]
    return model(nodes, {"x": ["N", 3, 6, 6]}, {"color": ["N", 3], "product": ["N", 2]},
                 [tensor("w", 8, 3, 3, 3), tensor("wa", 3, 8), tensor("wb", 2, 8)])


def functions():
    """A function with an attribute, its default, a branch and a call of another."""
    def reference(made, name, of):
        made.attribute.append(onnx.AttributeProto(
            name=name, ref_attr_name=of, type=onnx.AttributeProto.FLOAT))
        return made

    def branch(made):
        return helper.make_graph(
            [made], "branch", [], [helper.make_tensor_value_info("r", TensorProto.FLOAT, None)])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    chosen = numpy_helper.from_array(np.array(True))
    outer = helper.make_function("own", "outer", ["a"], ["b"], [
        helper.make_node("Constant", [], ["c"], value=chosen),
        helper.make_node(
            "If", ["c"], ["b"], else_branch=branch(node("Neg", "a", "r")),
            then_branch=branch(reference(node("inner", "a", "r", domain="own"), "slope", "slope")))
    ], opsets, ["slope"])
    inner = helper.make_function(
        "own", "inner", ["a"], ["b"], [reference(node("LeakyRelu", "a", "b"), "alpha", "slope")],
        opsets, [], [helper.make_attribute("slope", 0.5)])
    source = model([node("outer", "x", "m", domain="own", slope=0.25),
                    node("inner", "m", "y", domain="own")], {"x": ["N", 4]}, {"y": ["N", 4]})
    source.opset_import.append(opsets[1])
    source.functions.extend([outer, inner])
    return source


def expected(source, inputs):
    """By ONNX Runtime, each output."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        source.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def save(source, path, external=False):
    if external:
        onnx.save(source, path, save_as_external_data=True, location="weights.bin",
                  size_threshold=0)
    else:
        onnx.save(source, path)
    return path
