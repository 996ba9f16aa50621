"""mtl-export of models whose operators are functions of their own."""

import numpy as np
import onnx
import pytest
from onnx import AttributeProto, TensorProto, helper, numpy_helper

import onnx_models
from onnx_models import model, node

pytest.importorskip("onnxruntime")
X = np.random.default_rng(7).standard_normal((2, 4)).astype(np.float32)


def refer(made, name, reference, kind):
    """`made` with an attribute that stands for one of the function."""
    made.attribute.append(AttributeProto(name=name, ref_attr_name=reference, type=kind))
    return made


def function(name, nodes, attributes=(), defaults=(), opset=17, overload="", **names):
    made = helper.make_function(
        "own", name, names.get("inputs", ["a"]), names.get("outputs", ["b"]), nodes,
        [helper.make_opsetid("", opset), helper.make_opsetid("own", 1)], list(attributes),
        [helper.make_attribute(key, value) for key, value in dict(defaults).items()])
    made.overload = overload
    return made


def calling(functions, nodes=None, opset=17, **attributes):
    """A model that calls `own.f`, or of `nodes`."""
    source = model(nodes or [node("f", "x", "y", domain="own", **attributes)],
                   {"x": ["N", 4]}, {"y": ["N", 4]}, opset=opset)
    source.opset_import.append(helper.make_opsetid("own", 1))
    source.functions.extend(functions)
    return source


def leaky(value):
    return np.where(X < 0, X * np.float32(value), X)


def leaky_by_reference(**options):
    made = refer(node("LeakyRelu", "a", "b"), "alpha", "slope", AttributeProto.FLOAT)
    return function("f", [made], **options)


def constant(name, kind):
    return refer(helper.make_node("Constant", [], ["c"]), name, "value", kind)


def branches(made):
    """An If whose branches hold `made`, of `a`, and Identity."""
    def graph(body):
        return helper.make_graph([body], "branch", [], [
            helper.make_tensor_value_info("r", TensorProto.FLOAT, None)])
    return helper.make_node("If", ["chosen"], ["b"], then_branch=graph(made),
                            else_branch=graph(node("Identity", "a", "r")))


def nested():
    """f hands its attribute to g under another name, and g to the operator."""
    inner = function(
        "g", [refer(node("LeakyRelu", "a", "b"), "alpha", "inner", AttributeProto.FLOAT)],
        ["inner"])
    outer = function(
        "f", [refer(node("g", "a", "b", domain="own"), "inner", "slope", AttributeProto.FLOAT)],
        ["slope"])
    return calling([outer, inner], slope=0.25)


def of_a_branch():
    chosen = helper.make_node("Constant", [], ["chosen"], value=numpy_helper.from_array(
        np.array(True)))
    made = refer(node("LeakyRelu", "a", "r"), "alpha", "slope", AttributeProto.FLOAT)
    return calling([function("f", [chosen, branches(made)], ["slope"])], slope=0.25)


def added(kind, name, value):
    body = [constant(name, kind), node("Add", "a c", "b")]
    return calling([function("f", body, ["value"])], value=value)


def with_overloads():
    nodes = [helper.make_node("f", ["x"], ["m"], domain="own", overload="up"),
             helper.make_node("f", ["m"], ["y"], domain="own", overload="down")]
    return calling([
        function("f", [node("Add", "a a", "b")], overload="up"),
        function("f", [node("Neg", "a", "b")], overload="down")], nodes)


def in_an_operator_set_of_its_own():
    """Softmax goes over all axes from 1 on up to operator set 12, and over the last one since."""
    body = [node("Unsqueeze", "a", "u", axes=[2]), node("Softmax", "u", "s"),
            node("Squeeze", "s", "b", axes=[2])]
    return calling([function("f", body, opset=11)])


def handing_through():
    """Outputs that are inputs, and one result as two outputs."""
    made = function("f", [node("Neg", "a", "n")], outputs=["a", "n", "n"])
    nodes = [node("f", "x", "p q r", domain="own"), node("Mul", "q r", "s"),
             node("Add", "p s", "y")]
    return calling([made], nodes)


def softmax(x):
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


TENSOR = numpy_helper.from_array(np.array([1, 2, 3, 4], np.float32))


@pytest.mark.parametrize("source, expected", [
    (calling([leaky_by_reference(attributes=["slope"])], slope=0.25), leaky(0.25)),
    (calling([leaky_by_reference(attributes=["slope"])]), leaky(0.01)),
    (calling([leaky_by_reference(defaults={"slope": 0.5})]), leaky(0.5)),
    (calling([leaky_by_reference(defaults={"slope": 0.5})], slope=0.25), leaky(0.25)),
    (nested(), leaky(0.25)),
    (of_a_branch(), leaky(0.25)),
    (added(AttributeProto.FLOAT, "value_float", 2.5), X + 2.5),
    (added(AttributeProto.FLOATS, "value_floats", [1.0, 2.0, 3.0, 4.0]), X + [1, 2, 3, 4]),
    (added(AttributeProto.TENSOR, "value", TENSOR), X + [1, 2, 3, 4]),
    (with_overloads(), -2 * X),
    (in_an_operator_set_of_its_own(), softmax(X)),
    (handing_through(), X + X * X),
])
def test_a_function_has_its_attributes(mtl_export, mtl_run, tmp_path, source, expected):
    mtl_export(onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl")
    np.save(tmp_path / "x.npy", X)
    mtl_run(tmp_path / "m.mtl", "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy")
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), expected, rtol=1e-5, atol=1e-6)


def test_two_calls_have_their_own(mtl_export, mtl_run, tmp_path):
    nodes = [node("f", "x", "m", domain="own", slope=0.5), node("Neg", "m", "n"),
             node("f", "n", "y", domain="own", slope=0.25)]
    source = calling([leaky_by_reference(attributes=["slope"])], nodes)
    mtl_export(onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl")
    np.save(tmp_path / "x.npy", X)
    mtl_run(tmp_path / "m.mtl", "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy")
    np.testing.assert_allclose(
        np.load(tmp_path / "y.npy"), onnx_models.expected(source, {"x": X})[0], rtol=1e-6)


def test_functions_branches_and_defaults_together(mtl_export, mtl_run, tmp_path):
    source = onnx_models.functions()
    mtl_export(onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl")
    np.save(tmp_path / "x.npy", X)
    mtl_run(tmp_path / "m.mtl", "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy")
    np.testing.assert_allclose(
        np.load(tmp_path / "y.npy"), np.where(X < 0, X * np.float32(0.125), X), rtol=1e-6)


def without_operator_set():
    made = leaky_by_reference(attributes=["slope"])
    del made.opset_import[:]
    return calling([made], slope=0.5)


def referring_outside():
    made = refer(node("LeakyRelu", "x", "y"), "alpha", "slope", AttributeProto.FLOAT)
    return model([made], {"x": ["N", 4]}, {"y": ["N", 4]})


def with_value_and_reference():
    made = leaky_by_reference(attributes=["slope"])
    made.node[0].attribute[0].f = 0.5
    return calling([made], slope=0.5)


def like_an_operator():
    source = calling([leaky_by_reference(attributes=["slope"])], [node("Relu", "x", "y")])
    source.functions[0].domain, source.functions[0].name = "ai.onnx", "Relu"
    return source


def calls_without_nodes():
    """Each function calls the next one twice; the last one is empty."""
    return calling([
        *(function("f" if k == 0 else f"f{k}", [
            node(f"f{k + 1}", "a", "m", domain="own"), node(f"f{k + 1}", "m", "b", domain="own")])
          for k in range(40)), function("f40", [], outputs=["a"])])


def with_a_constant_of_an_inputs_name():
    source = of_a_branch()
    graph = source.functions[0].node[1].attribute[0].g
    graph.initializer.append(onnx_models.number("a", 1))
    return source


@pytest.mark.parametrize("source, words", [
    (calls_without_nodes(), ["more than 65536"]),
    (with_a_constant_of_an_inputs_name(), ["'a' is a constant"]),
    (calling([leaky_by_reference(attributes=["slope"])], slope=0.5, other=1), ["other"]),
    (calling([leaky_by_reference()]), ["'slope'", "LeakyRelu"]),
    (calling([leaky_by_reference(attributes=["slope"])], slope=1), ["slope", "whole number"]),
    (calling([leaky_by_reference(attributes=["slope"], opset=99)], slope=0.5),
     ["own.f", "operator set 99"]),
    (without_operator_set(), ["own.f", "operator set"]),
    (calling([function("f", [node("f", "a", "b", domain="own")])]), ["own.f", "calls itself"]),
    (calling([function("f", [node("Neg", "a", "b")], overload="up")]), ["there is no", "own.f"]),
    (calling([function("f", [node("Neg", "a", "b")])] * 2), ["own.f", "twice"]),
    (calling([function("f", [node("Neg", "a", "b")])], [node("f", "x x", "y", domain="own")]),
     ["2 inputs"]),
    (referring_outside(), ["'slope'", "LeakyRelu"]),
    (with_value_and_reference(), ["alpha", "slope"]),
    (like_an_operator(), ["Relu", "operator of ONNX"]),
])
def test_a_call_that_does_not_fit_is_refused(mtl_export, tmp_path, source, words):
    mtl_export.refuses(
        onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl", status=3,
        words=["m.onnx", *words])
    assert not (tmp_path / "m.mtl").exists()


def test_a_reference_without_a_value_leaves_a_constant_without_one(mtl_export, tmp_path):
    body = [constant("value_float", AttributeProto.FLOAT), node("Add", "a c", "b")]
    source = calling([function("f", body, ["value"])])
    _, err = mtl_export(
        onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl", status=1)
    assert "Constant" in err and "it holds no tensor" in err
    assert isinstance(onnx.load(tmp_path / "m.onnx"), onnx.ModelProto)
