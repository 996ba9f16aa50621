"""mtl-export of operators that are common in exported models, beside NumPy and onnx.reference."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import onnx_models
from onnx_models import integers, model, node, tensor


def answer(mtl_export, mtl_run, folder, source, inputs):
    path = folder / "m.onnx"
    path.write_bytes(source.SerializeToString())
    mtl_export(path, "-o", folder / "m.mtl")
    words = []
    for name, value in inputs.items():
        np.save(folder / f"{name}.npy", value)
        words += ["--input", folder / f"{name}.npy"]
    mtl_run(folder / "m.mtl", *words, "--output", folder / "y.npy")
    return np.load(folder / "y.npy")


def places(values):
    return numpy_helper.from_array(np.array(values, np.int64), "i")


X = np.random.default_rng(8).standard_normal((1, 3, 4)).astype(np.float32)


@pytest.mark.parametrize("nodes, shape, constants", [
    ([node("ScatterND", "x i u", "y")], [1, 3, 4],
     [places([[0, 1], [0, -1]]), tensor("u", 2, 4)]),
    ([node("Neg", "x", "n"), node("Slice", "n zero two one", "s"),
      node("ScatterND", "x i s", "y")], [1, 3, 4],
     [places([[[0, 2], [0, 0]]]), integers("zero", 0), integers("two", 2), integers("one", 1)]),
    ([node("ScatterND", "d i x", "y")], [1, 3, 5],
     [places([[[[0, r, c + 1] for c in range(4)] for r in range(3)]]), tensor("d", 1, 3, 5)]),
    ([node("ScatterElements", "x i u", "y", axis=2)], [1, 3, 4],
     [places([[[3, 0], [1, 2], [0, -1]]]), tensor("u", 1, 3, 2)]),
    ([node("GatherElements", "x i", "y", axis=1)], [1, 2, 4],
     [places([[[0, 1, 2, 0], [2, 2, -3, 1]]])]),
    ([node("GatherND", "x i", "y")], [1, 2, 4], [places([[[0, 2], [0, 0]]])]),
    ([node("GatherND", "x i", "y", batch_dims=1)], [1, 2], [places([[[2, 3], [1, 0]]])]),
])
@pytest.mark.parametrize("batch", [1, 3])
def test_elements_at_places_that_are_known(
        mtl_export, mtl_run, tmp_path, nodes, shape, constants, batch):
    """A model for one image, each of several images as if it were alone."""
    source = model(nodes, {"x": [1, 3, 4]}, {"y": shape}, constants)
    x = np.concatenate([X * (k + 1) for k in range(batch)])
    y = answer(mtl_export, mtl_run, tmp_path, source, {"x": x})
    reference = ReferenceEvaluator(source)
    for row, image in zip(y, x, strict=True):
        np.testing.assert_array_equal(row, reference.run(None, {"x": image[None]})[0][0])


def test_places_that_the_number_of_images_gives(mtl_export, mtl_run, tmp_path):
    """x[:, 1] = 2 x[:, 0], as exporters write it for any number of images."""
    nodes = [
        node("Shape", "x", "s", end=1), node("Squeeze", "s", "n"), node("Range", "zero n one", "r"),
        node("Unsqueeze", "r last", "rows"), node("Expand", "row like", "k0"),
        node("Shape", "rows", "like"), node("Concat", "rows k0", "i", axis=1),
        node("Gather", "x zero", "f", axis=1), node("Add", "f f", "u"),
        node("ScatterND", "x i u", "y")]
    constants = [numpy_helper.from_array(np.array(value, np.int64), name)
                 for name, value in (("zero", 0), ("one", 1), ("last", [1]), ("row", [[1]]))]
    source = model(nodes, {"x": ["N", 3, 4]}, {"y": ["N", 3, 4]}, constants)
    x = np.concatenate([X, X + 1])
    y = answer(mtl_export, mtl_run, tmp_path, source, {"x": x})
    x[:, 1] = 2 * x[:, 0]
    np.testing.assert_array_equal(y, x)


def test_places_that_mix_images_make_one_piece(mtl_export, tmp_path):
    source = model([node("GatherND", "x i", "y")], {"x": [2, 3]}, {"y": [2, 3]},
                   [places([[1], [0]])])
    path = onnx_models.save(source, tmp_path / "m.onnx")
    out, _ = mtl_export(path, "-o", tmp_path / "m.mtl")
    assert "not for batches" in out


@pytest.mark.parametrize("nodes, words", [
    ([node("Cast", "x", "c", to=TensorProto.INT64), node("GatherElements", "x c", "y", axis=1)],
     "the image says at which places"),
    ([node("ScatterElements", "x i u", "y", reduction="add")], "reduction is 'add'"),
    ([node("Relu", "x u", "y")], "input 1, 'u', is one too many"),
])
def test_what_cannot_be_placed(mtl_export, tmp_path, nodes, words):
    source = model(nodes, {"x": ["N", 3]}, {"y": ["N", 3]},
                   [places([[0, 0, 0]]), tensor("u", 1, 3)])
    path = tmp_path / "m.onnx"
    path.write_bytes(source.SerializeToString())
    _, err = mtl_export(path, "-o", tmp_path / "m.mtl", status=1)
    assert words in err


@pytest.mark.parametrize("made, constants", [
    (node("Trilu", "x", "y"), []), (node("Trilu", "x k", "y", upper=0), [("k", 1)]),
    (node("Trilu", "x k", "y"), [("k", -1)]), (node("CumSum", "x k", "y"), [("k", 2)]),
    (node("CumSum", "x k", "y", exclusive=1), [("k", 1)]),
    (node("CumSum", "x k", "y", reverse=1), [("k", -1)]),
])
def test_triangles(mtl_export, mtl_run, tmp_path, made, constants):
    source = model([made], {"x": ["N", 3, 4]}, {"y": ["N", 3, 4]}, [
        numpy_helper.from_array(np.array(value, np.int64), name) for name, value in constants])
    x = np.concatenate([X, X + 1])
    y = answer(mtl_export, mtl_run, tmp_path, source, {"x": x})
    np.testing.assert_allclose(
        y, ReferenceEvaluator(source).run(None, {"x": x})[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("made", [node("Trilu", "x", "y"), node("CumSum", "x k", "y")])
def test_triangles_over_images_make_one_piece(mtl_export, mtl_run, tmp_path, made):
    source = model([made], {"x": [3, 4]}, {"y": [3, 4]},
                   [numpy_helper.from_array(np.array(0, np.int64), "k")])
    y = answer(mtl_export, mtl_run, tmp_path, source, {"x": X[0]})
    np.testing.assert_allclose(
        y, ReferenceEvaluator(source).run(None, {"x": X[0]})[0], rtol=1e-5, atol=1e-6)
    free = model([made], {"x": ["N", 4]}, {"y": ["N", 4]}, source.graph.initializer)
    path = onnx_models.save(free, tmp_path / "free.onnx")
    _, err = mtl_export(path, "-o", tmp_path / "n.mtl", status=1)
    assert "it would mix the images of a batch" in err


def test_a_diagonal_like_a_constant(mtl_export, mtl_run, tmp_path):
    source = model([node("EyeLike", "c", "e", k=1), node("MatMul", "x e", "y")],
                   {"x": ["N", 3, 4]}, {"y": ["N", 3, 4]}, [tensor("c", 4, 4)])
    y = answer(mtl_export, mtl_run, tmp_path, source, {"x": X})
    np.testing.assert_allclose(y[..., 1:], X[..., :-1])


LOWER = np.tril(np.ones((5, 5), bool))


@pytest.mark.parametrize("rank, attributes, mask", [
    (3, {"q_num_heads": 2, "kv_num_heads": 2}, None),
    (3, {"q_num_heads": 4, "kv_num_heads": 2}, None),
    (3, {"q_num_heads": 2, "kv_num_heads": 2, "is_causal": 1, "scale": 0.3}, None),
    (4, {}, None), (4, {"is_causal": 1}, None), (4, {}, LOWER), (4, {}, LOWER * np.float32(-2)),
    (4, {"is_causal": 1}, LOWER[::-1] * np.float32(-2)),
])
def test_attention(mtl_export, mtl_run, tmp_path, rank, attributes, mask):
    generator = np.random.default_rng(9)
    heads = attributes.get("q_num_heads", 2), attributes.get("kv_num_heads", 2)
    shapes = [[2, 5, 8], [2, 5, 8 * heads[1] // heads[0]]] if rank == 3 else [[2, 2, 5, 4]] * 2
    inputs = {name: generator.standard_normal(shape).astype(np.float32)
              for name, shape in zip("qkv", [shapes[0], shapes[1], shapes[1]])}
    names = "q k v" + (" mask" if mask is not None else "")
    constants = [] if mask is None else [numpy_helper.from_array(np.array(mask), "mask")]
    source = model([node("Attention", names, "y", **attributes)],
                   {name: ["N", *value.shape[1:]] for name, value in inputs.items()},
                   {"y": ["N", *shapes[0][1:]]}, constants, opset=23)
    source.ir_version = 11
    y = answer(mtl_export, mtl_run, tmp_path, source, inputs)
    np.testing.assert_allclose(
        y, ReferenceEvaluator(source).run(None, inputs)[0], rtol=1e-4, atol=1e-5)


def test_who_may_look_at_nothing_sees_nothing(mtl_export, mtl_run, tmp_path):
    mask = LOWER.copy()
    mask[1] = False
    source = model([node("Attention", "q k v mask", "y")],
                   {name: ["N", 1, 5, 4] for name in "qkv"}, {"y": ["N", 1, 5, 4]},
                   [numpy_helper.from_array(mask, "mask")], opset=23)
    source.ir_version = 11
    inputs = {name: np.random.default_rng(3).random((1, 1, 5, 4)).astype(np.float32)
              for name in "qkv"}
    y = answer(mtl_export, mtl_run, tmp_path, source, inputs)
    assert (y[0, 0, 1] == 0).all() and (y[0, 0, [0, 2, 3, 4]] != 0).all()


def test_attention_with_a_cache_is_refused(mtl_export, tmp_path):
    source = model([node("Attention", "q q q", "y p", is_causal=1)], {"q": ["N", 1, 5, 4]},
                   {"y": ["N", 1, 5, 4], "p": ["N", 1, 5, 4]}, opset=23)
    source.ir_version = 11
    path = onnx_models.save(source, tmp_path / "m.onnx")
    _, err = mtl_export(path, "-o", tmp_path / "m.mtl", status=1)
    assert "Attention 'y'" in err and "language models" in err


def test_training_on_constants_alone(mtl_export, mtl_run, tmp_path):
    """Batch normalisation of a constant is a constant, whatever its mode."""
    names = "c g b m v"
    nodes = [node("BatchNormalization", names, "n rm rv", training_mode=1, momentum=0.8),
             node("Add", "x n", "s"), node("Add", "s rm", "t"), node("Add", "t rv", "y")]
    constants = [tensor("c", 4, 3), *(tensor(name, 3) for name in "gbm"),
                 numpy_helper.from_array(np.array([1, 2, 3], np.float32), "v")]
    source = model(nodes, {"x": [4, 3]}, {"y": [4, 3]}, constants)
    x = np.random.default_rng(4).standard_normal((4, 3)).astype(np.float32)
    y = answer(mtl_export, mtl_run, tmp_path, source, {"x": x})
    np.testing.assert_allclose(
        y, ReferenceEvaluator(source).run(None, {"x": x})[0], rtol=1e-5, atol=1e-5)
    assert isinstance(onnx.load(tmp_path / "m.onnx"), onnx.ModelProto)


def test_training_on_images_is_refused_with_the_way_out(mtl_export, tmp_path):
    nodes = [helper.make_node("BatchNormalization", [a, *"gbmv"], [c, "", ""], training_mode=1)
             for a, c in (("x", "h"), ("h", "y"))]
    constants = [tensor(name, 3) for name in "gbmv"]
    source = model(nodes, {"x": ["N", 3]}, {"y": ["N", 3]}, constants)
    path = tmp_path / "m.onnx"
    path.write_bytes(source.SerializeToString())
    _, err = mtl_export(path, "-o", tmp_path / "m.mtl", status=1)
    assert "(1):" in err and "BatchNormalization 'h'" in err and "model.eval()" in err
