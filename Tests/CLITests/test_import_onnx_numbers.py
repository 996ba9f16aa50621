"""mtl-export of operators that frameworks read differently, beside ONNX Runtime and NumPy."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import onnx_models
from onnx_models import model, node

pytest.importorskip("onnxruntime")


def answer(mtl_export, mtl_run, folder, source, x):
    path = folder / "m.onnx"
    path.write_bytes(source.SerializeToString())
    mtl_export(path, "-o", folder / "m.mtl")
    np.save(folder / "x.npy", x.astype(np.float32))
    mtl_run(folder / "m.mtl", "--input", folder / "x.npy", "--output", folder / "y.npy")
    return np.load(folder / "y.npy")


def transposition(kernel, **attributes):
    weights = 10.0 ** np.arange(kernel)
    return model([node("ConvTranspose", "x w", "y", **attributes)], {"x": ["N", 1, 5]},
                 {"y": None}, [numpy_helper.from_array(
                     weights.astype(np.float32).reshape(1, 1, kernel), "w")])


@pytest.mark.parametrize("kernel, attributes", [
    (3, {"output_shape": [8], "strides": [2]}), (3, {"output_shape": [9], "strides": [2]}),
    (4, {"output_shape": [13], "strides": [3]}), (2, {"output_shape": [15], "strides": [3]}),
    (3, {"output_shape": [8], "strides": [2], "output_padding": [1]}),
    (3, {"output_shape": [8], "strides": [2], "auto_pad": "SAME_UPPER"}),
    (3, {"output_shape": [8], "strides": [2], "auto_pad": "SAME_LOWER"}),
    (3, {"output_shape": [8], "strides": [2], "auto_pad": "VALID"}),
    (3, {"strides": [2], "auto_pad": "SAME_UPPER"}),
    (3, {"strides": [2], "auto_pad": "SAME_LOWER"}),
    (3, {"strides": [2], "auto_pad": "VALID", "output_padding": [1]}),
    (4, {"auto_pad": "SAME_LOWER"}), (4, {"auto_pad": "SAME_UPPER"}),
])
def test_padding_of_transposed_convolutions(mtl_export, mtl_run, tmp_path, kernel, attributes):
    source = transposition(kernel, **attributes)
    x = np.arange(1, 11, dtype=np.float32).reshape(2, 1, 5)
    y = answer(mtl_export, mtl_run, tmp_path, source, x)
    np.testing.assert_array_equal(y, onnx_models.expected(source, {"x": x})[0])


@pytest.mark.parametrize("kernel, attributes, words", [
    (2, {"strides": [3], "auto_pad": "SAME_UPPER"}, "stride is larger than the kernel"),
    (3, {"auto_pad": "SAME"}, "auto_pad is 'SAME'"),
])
def test_padding_that_frameworks_read_differently(
        mtl_export, tmp_path, kernel, attributes, words):
    path = tmp_path / "m.onnx"
    path.write_bytes(transposition(kernel, **attributes).SerializeToString())
    _, err = mtl_export(path, "-o", tmp_path / "m.mtl", status=1)
    assert "ConvTranspose 'y'" in err and words in err


def typed(op, kind, shape, constant=None, to=None, **attributes):
    """A node whose input and constant have the element type `kind`."""
    names = ["x"] if constant is None else ["x", "c"]
    of = helper.np_dtype_to_tensor_dtype
    graph = helper.make_graph(
        [helper.make_node(op, names, ["y"], **attributes)], "graph",
        [helper.make_tensor_value_info("x", of(np.dtype(kind)), ["N", *shape])],
        [helper.make_tensor_value_info("y", of(np.dtype(to or kind)), None)],
        [] if constant is None else [numpy_helper.from_array(constant, "c")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def quotient(a, b):
    return np.trunc(a.astype(np.float64) / b).astype(np.int64).astype(a.dtype)


@pytest.mark.parametrize("kind", ["uint8", "int8", "uint16", "int16"])
@pytest.mark.parametrize("op, function", [
    ("Add", np.add), ("Sub", np.subtract), ("Mul", np.multiply), ("Sum", np.add),
    ("Div", quotient), ("Neg", lambda a, _: -a), ("Abs", lambda a, _: abs(a))])
def test_whole_numbers_wrap_around(mtl_export, mtl_run, tmp_path, kind, op, function):
    if op == "Neg" and kind.startswith("u"):
        pytest.skip("there is no Neg of numbers without a sign")
    limits = np.iinfo(kind)
    generator = np.random.default_rng(1)
    x = generator.integers(limits.min, limits.max, (2, 300), kind, endpoint=True)
    constant = generator.integers(limits.min, limits.max, 300, kind, endpoint=True)
    constant[constant == 0] = 1
    x[0, :4] = [limits.min, limits.min, limits.max, limits.max]
    constant[:4] = [limits.max, 255 if limits.min == 0 else -1, limits.max, 2]
    y = answer(
        mtl_export, mtl_run, tmp_path,
        typed(op, kind, [300], None if op in ("Neg", "Abs") else constant), x)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(y, function(x, constant).astype(np.float32))


def test_products_of_two_values_wrap_around(mtl_export, mtl_run, tmp_path):
    source = typed("Mul", "int16", [300])
    source.graph.node[0].input.append("x")
    x = np.random.default_rng(2).integers(-1 << 15, 1 << 15, (2, 300), np.int16)
    y = answer(mtl_export, mtl_run, tmp_path, source, x)
    np.testing.assert_array_equal(y, (x * x).astype(np.float32))


@pytest.mark.parametrize("source, target", [
    ("float32", "uint8"), ("float32", "int8"), ("int32", "uint8"), ("int8", "uint8"),
    ("uint8", "int8"), ("uint8", "int16"), ("int16", "uint16")])
def test_casts_wrap_around(mtl_export, mtl_run, tmp_path, source, target):
    x = np.random.default_rng(3).uniform(-600, 600, (2, 50))
    if source.endswith("8"):
        x = np.clip(x, np.iinfo(source).min, np.iinfo(source).max)
    x = x.astype(source)
    to = helper.np_dtype_to_tensor_dtype(np.dtype(target))
    made = typed("Cast", source, [50], to=target)
    made.graph.node[0].attribute.append(helper.make_attribute("to", to))
    y = answer(mtl_export, mtl_run, tmp_path, made, x)
    np.testing.assert_array_equal(y, x.astype(np.int32).astype(target).astype(np.float32))


def test_differences_that_floats_cannot_hold_are_refused(mtl_export, tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(typed("Sub", "uint32", [4], np.ones(4, np.uint32)).SerializeToString())
    _, err = mtl_export(path, "-o", tmp_path / "m.mtl", status=1)
    assert "Sub 'y'" in err and "wrap around" in err and "int64" in err


@pytest.mark.parametrize("scales", [(1.3, 1.3), (0.6, 0.7), (1.2, 0.8), (0.3, 1.7), (2.5, 3.0)])
@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("coordinates", [
    "half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"])
def test_parts_of_a_pixel_are_what_pytorch_makes_of_them(
        mtl_export, mtl_run, tmp_path, scales, mode, coordinates):
    """ONNX Runtime computes as PyTorch does."""
    attributes = {"mode": mode, "coordinate_transformation_mode": coordinates}
    if mode == "nearest":
        attributes["nearest_mode"] = "floor"
    resize = helper.make_node("Resize", ["x", "", "s"], ["y"], **attributes)
    source = model([resize], {"x": ["N", 2, 7, 9]}, {"y": None}, [
        numpy_helper.from_array(np.array([1, 1, *scales], np.float32), "s")])
    x = np.random.default_rng(4).standard_normal((1, 2, 7, 9)).astype(np.float32)
    y = answer(mtl_export, mtl_run, tmp_path, source, x)
    np.testing.assert_allclose(
        y, onnx_models.expected(source, {"x": x})[0], rtol=1e-4, atol=1e-4)


def test_the_nearest_pixel_where_the_last_bit_decides(mtl_export, mtl_run, tmp_path):
    """6 / 1.2 is 5 in binary32, and less in binary64."""
    resize = helper.make_node("Resize", ["x", "", "s"], ["y"], mode="nearest",
                              coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    source = model([resize], {"x": ["N", 1, 1, 10]}, {"y": None}, [
        numpy_helper.from_array(np.array([1, 1, 1, 1.2], np.float32), "s")])
    x = np.arange(10, dtype=np.float32).reshape(1, 1, 1, 10)
    y = answer(mtl_export, mtl_run, tmp_path, source, x)
    assert y.ravel().tolist() == [0, 0, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9]
    np.testing.assert_array_equal(y, onnx_models.expected(source, {"x": x})[0])


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.BFLOAT16])
def test_halves_between_casts(mtl_export, mtl_run, tmp_path, kind):
    """As converters write a model in halves whose inputs and outputs stay floats."""
    of = onnx.helper.tensor_dtype_to_np_dtype(kind)
    weights = np.random.default_rng(5).standard_normal((3, 4, 3, 3)).astype(of)
    nodes = [
        node("Cast", "x", "h", to=kind), node("Conv", "h w", "c"), node("Relu", "c", "r"),
        node("Constant", "", "two", value=helper.make_tensor("two", TensorProto.FLOAT, [], [2])),
        node("Cast", "two", "t", to=kind), node("Mul", "r t", "m"),
        node("Cast", "m", "y", to=TensorProto.FLOAT)]
    source = model(nodes, {"x": ["N", 4, 6, 6]}, {"y": None},
                   [numpy_helper.from_array(weights, "w")])
    x = np.random.default_rng(6).standard_normal((2, 4, 6, 6)).astype(np.float32)
    y = answer(mtl_export, mtl_run, tmp_path, source, x)
    plain = model([node("Conv", "x w", "c"), node("Relu", "c", "r"), node("Add", "r r", "y")],
                  {"x": ["N", 4, 6, 6]}, {"y": None},
                  [numpy_helper.from_array(weights.astype(np.float32), "w")])
    np.testing.assert_allclose(
        y, onnx_models.expected(plain, {"x": x})[0], rtol=1e-4, atol=1e-4)
