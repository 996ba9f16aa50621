"""mtl-export model.onnx, and the file through mtl-run beside ONNX Runtime."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

import onnx_models
from onnx_models import model, node, tensor

pytest.importorskip("onnxruntime")


def answers(mtl_run, target, folder, x):
    np.save(folder / "x.npy", x)
    mtl_run(target, "--input", folder / "x.npy", "--output", folder / "y.npy")
    return np.load(folder / "y.npy")


@pytest.mark.parametrize("make", [
    onnx_models.classifier, onnx_models.shape_arithmetic, onnx_models.channel_shuffle,
    onnx_models.attention, onnx_models.squeeze_and_excite,
    onnx_models.transposed_convolution,
])
@pytest.mark.parametrize("batch", [1, 3])
def test_answers_are_those_of_onnx_runtime(mtl_export, mtl_run, tmp_path, make, batch):
    source = make()
    out, err = mtl_export(
        onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl")
    assert err == "" and "largest difference" in out
    shape = [dim.dim_value for dim in source.graph.input[0].type.tensor_type.shape.dim][1:]
    x = np.random.default_rng(batch).standard_normal((batch, *shape)).astype(np.float32)
    y = answers(mtl_run, tmp_path / "m.mtl", tmp_path, x)
    np.testing.assert_allclose(
        y, onnx_models.expected(source, {"x": x})[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("nodes, reads_gate, ops", [
    ([node("Sigmoid", "x", "g"), node("Mul", "x g", "y")], False, ["silu"]),
    ([node("Sigmoid", "x", "g"), node("Mul", "g x", "y")], False, ["silu"]),
    ([node("HardSigmoid", "x", "g", alpha=1 / 6, beta=0.5), node("Mul", "x g", "y")], False,
     ["hard_swish"]),
    ([node("HardSigmoid", "x", "g", alpha=0.2, beta=0.5), node("Mul", "x g", "y")], False,
     ["hard_sigmoid", "mul"]),
    ([node("Sigmoid", "x", "g"), node("Mul", "x g", "y")], True, ["sigmoid", "mul"]),
])
def test_gates(mtl_export, mtl_run, mtl_inspect, tmp_path, nodes, reads_gate, ops):
    """A value times its own sigmoid is one operator, unless the sigmoid is an output too."""
    outputs = {"y": ["N", 5], **({"g": ["N", 5]} if reads_gate else {})}
    source = model(nodes, {"x": ["N", 5]}, outputs)
    target = tmp_path / "m.mtl"
    mtl_export(onnx_models.save(source, tmp_path / "m.onnx"), "-o", target)
    shown = json.loads(mtl_inspect(target, "--json")[0])
    assert [one["op"] for one in shown["layers"]] == ops
    if reads_gate:
        return
    x = np.linspace(-9, 9, 15, dtype=np.float32).reshape(3, 5)
    y = answers(mtl_run, target, tmp_path, x)
    np.testing.assert_allclose(
        y, onnx_models.expected(source, {"x": x})[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("make, ops", [
    (onnx_models.erf_gelu, ["gelu"]), (onnx_models.tanh_gelu, ["gelu"]),
    (onnx_models.layer_norm, ["layer_norm"]), (onnx_models.biased_product, ["dense"]),
    (onnx_models.padded_layers, ["conv", "relu", "max_pool", "avg_pool"]),
])
def test_nodes_that_are_one_operator(mtl_export, mtl_run, mtl_inspect, tmp_path, make, ops):
    """What old operator sets say in several nodes."""
    source = make()
    target = tmp_path / "m.mtl"
    mtl_export(onnx_models.save(source, tmp_path / "m.onnx"), "-o", target)
    shown = json.loads(mtl_inspect(target, "--json")[0])
    views = ["reshape"]
    assert [one["op"] for one in shown["layers"] if one["op"] not in views] == ops
    shape = [dim.dim_value for dim in source.graph.input[0].type.tensor_type.shape.dim][1:]
    x = np.random.default_rng(0).standard_normal((3, *shape)).astype(np.float32) * 3
    y = answers(mtl_run, target, tmp_path, x)
    np.testing.assert_allclose(
        y, onnx_models.expected(source, {"x": x})[0], rtol=1e-5, atol=2e-6)


def test_a_fixed_number_of_images_becomes_any(mtl_export, mtl_run, tmp_path):
    source = onnx_models.classifier(batch=1)
    mtl_export(onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl")
    x = np.random.default_rng(0).random((4, 3, 16, 16)).astype(np.float32)
    y = answers(mtl_run, tmp_path / "m.mtl", tmp_path, x)
    for row, image in zip(y, x):
        expected = onnx_models.expected(source, {"x": image[None]})[0]
        np.testing.assert_allclose(row, expected[0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("weights", ["f32", "i16", "int8"])
def test_a_large_layer_behind_a_relu_lies_by_input(
        mtl_export, mtl_run, mtl_inspect, tmp_path, weights):
    """Batch normalisation and max-pool between them or not."""
    random = np.random.default_rng(6)
    constants = {name: random.standard_normal(shape).astype(np.float32) for name, shape in (
        ("shift", (4,)), ("mean", (4,)), ("w", (1200, 64)), ("b", (1200,)), ("v", (70, 1200)))}
    for name in ("scale", "variance"):
        constants[name] = random.uniform(0.5, 2, 4).astype(np.float32)
    source = model(
        [node("Relu", "x", "r"), node("BatchNormalization", "r scale shift mean variance", "n"),
         node("MaxPool", "n", "p", kernel_shape=[2, 2], strides=[2, 2]), node("Flatten", "p", "f"),
         node("Gemm", "f w b", "g", transB=1), node("Relu", "g", "h"),
         node("Gemm", "h v", "y", transB=1)],
        {"x": ["N", 4, 8, 8]}, {"y": ["N", 70]},
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    mtl_export(onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl",
               "--weights", weights)
    shown = json.loads(mtl_inspect(tmp_path / "m.mtl", "--json")[0])
    ops = [layer["op"] for layer in shown["layers"]]
    assert ops == ["relu", "max_pool", "reshape", "dense_by_input", "relu", "dense_by_input"]
    x = random.standard_normal((3, 4, 8, 8)).astype(np.float32)
    expected = onnx_models.expected(source, {"x": x})[0]
    bound = {"f32": 1e-6, "i16": 1e-4, "int8": 0.02}[weights] * np.abs(expected).max()
    np.testing.assert_allclose(
        answers(mtl_run, tmp_path / "m.mtl", tmp_path, x), expected, rtol=0, atol=bound)


@pytest.mark.parametrize("weights", ["f32", "int8"])
def test_a_transposed_convolution_is_one_node(
        mtl_export, mtl_run, mtl_inspect, tmp_path, weights):
    """With strides, groups, the batch normalisation behind it, and weights of any type."""
    random = np.random.default_rng(3)
    constants = {name: random.standard_normal(shape).astype(np.float32) for name, shape in (
        ("w", (4, 3, 3, 2)), ("b", (6,)), ("scale", (6,)), ("shift", (6,)), ("mean", (6,)))}
    constants["variance"] = random.uniform(0.5, 2, 6).astype(np.float32)
    source = model(
        [node("ConvTranspose", "x w b", "c", strides=[2, 3], pads=[1, 0, 0, 1], group=2,
              output_padding=[1, 2]),
         node("BatchNormalization", "c scale shift mean variance", "y")],
        {"x": ["N", 4, 5, 4]}, {"y": ["N", 6, None, None]},
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    mtl_export(onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl",
               "--weights", weights)
    out, _ = mtl_inspect(tmp_path / "m.mtl", "--json")
    assert [layer["op"] for layer in json.loads(out)["layers"]] == ["conv_transpose"]
    x = random.standard_normal((2, 4, 5, 4)).astype(np.float32)
    expected = onnx_models.expected(source, {"x": x})[0]
    bound = 1e-5 if weights == "f32" else 0.02 * np.abs(expected).max()
    np.testing.assert_allclose(
        answers(mtl_run, tmp_path / "m.mtl", tmp_path, x), expected, rtol=1e-4, atol=bound)


@pytest.mark.parametrize("equation, shape", [
    ("nchw->nwhc", ["N", 6, 5, 4]), ("nchw->nc", ["N", 4]), ("nchw->nwc", ["N", 6, 4]),
    ("nchw -> nchw", ["N", 4, 5, 6])])
def test_einsum_of_one_tensor(mtl_export, mtl_run, tmp_path, equation, shape):
    source = model(
        [node("Einsum", "x", "y", equation=equation)], {"x": ["N", 4, 5, 6]}, {"y": shape})
    mtl_export(onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl")
    x = np.random.default_rng(3).standard_normal((2, 4, 5, 6)).astype(np.float32)
    np.testing.assert_allclose(
        answers(mtl_run, tmp_path / "m.mtl", tmp_path, x),
        np.einsum(equation.replace(" ", ""), x), rtol=1e-4, atol=1e-5)


def test_without_a_batch(mtl_export, mtl_run, mtl_inspect, tmp_path):
    """Axis 0 is summed over, and so counts no images."""
    source = model([node("ReduceSum", "x", "y")], {"x": [3, 4]}, {"y": [1, 1]}, opset=13)
    out, _ = mtl_export(onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl")
    assert "not for batches" in out
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert answers(mtl_run, tmp_path / "m.mtl", tmp_path, x).tolist() == [[66]]
    np.save(tmp_path / "x.npy", x[:2])
    mtl_run.refuses(
        tmp_path / "m.mtl", "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy",
        status=1, words=["(2, 4)", "(3, 4)"])


@pytest.mark.parametrize("weights", ["f32", "f16", "i16", "int8"])
def test_types_of_weights(mtl_export, mtl_run, tmp_path, weights):
    source = onnx_models.classifier()
    out, _ = mtl_export(
        onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl", "--weights",
        weights)
    assert f"weights {weights}" in out
    x = np.random.default_rng(5).random((2, 3, 16, 16)).astype(np.float32)
    y = answers(mtl_run, tmp_path / "m.mtl", tmp_path, x)
    np.testing.assert_allclose(
        y, onnx_models.expected(source, {"x": x})[0], atol=0.1 if weights == "int8" else 1e-4)


def test_constants_in_a_file_beside_it(mtl_export, mtl_run, tmp_path):
    source = onnx_models.classifier()
    plain = onnx.ModelProto()
    plain.CopyFrom(source)
    path = onnx_models.save(source, tmp_path / "m.onnx", external=True)
    assert (tmp_path / "weights.bin").exists()
    mtl_export(path, "-o", tmp_path / "m.mtl")
    x = np.random.default_rng(6).random((1, 3, 16, 16)).astype(np.float32)
    y = answers(mtl_run, tmp_path / "m.mtl", tmp_path, x)
    np.testing.assert_allclose(
        y, onnx_models.expected(plain, {"x": x})[0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("location, words", [
    ("../secret.bin", "not a file in the model's folder"),
    ("/etc/passwd", "not a file in the model's folder"),
    ("link.bin", "within the model's folder"), ("missing.bin", "within the model's folder"),
    ("short.bin", "has 4 bytes"),
])
def test_no_file_outside_the_folder_is_read(mtl_export, tmp_path, location, words):
    (tmp_path / "secret.bin").write_bytes(bytes(1 << 16))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "link.bin").symlink_to("../secret.bin")
    (folder / "short.bin").write_bytes(bytes(4))
    source = onnx_models.classifier()
    weights = source.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value=location)
    path = folder / "m.onnx"
    path.write_bytes(source.SerializeToString())
    mtl_export.refuses(path, "-o", tmp_path / "m.mtl", status=3, words=["m.onnx", "w1", words])
    assert not (tmp_path / "m.mtl").exists()


def test_everything_that_cannot_be_imported_is_named_at_once(mtl_export, tmp_path):
    nodes = [
        helper.make_node("NonMaxSuppression", ["x", "x"], ["a"], name="nms"),
        helper.make_node("Relu", ["x"], ["b"], name="odd", strength=3.0),
        helper.make_node("Fancy", ["x"], ["c"], name="own", domain="com.example"),
        helper.make_node("Sum", ["a", "b", "c"], ["y"]),
    ]
    source = model(nodes, {"x": ["N", 4]}, {"y": ["N", 4]})
    path = onnx_models.save(source, tmp_path / "m.onnx")
    out, err = mtl_export(path, "-o", tmp_path / "m.mtl", status=1)
    assert out == ""
    for words in ("(3)", "NonMaxSuppression 'nms'", "strength", "com.example.Fancy 'own'"):
        assert words in err, err
    assert not (tmp_path / "m.mtl").exists()


def test_one_vector_becomes_named_tasks(mtl_export, mtl_run, tmp_path):
    source = onnx_models.classifier(labels=5)
    source.graph.node.pop()
    source.graph.output[0].name = "logits"
    (tmp_path / "names.txt").write_text("black\ndress\nblue\nred\nshirt\n")
    mtl_export(
        onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl",
        "--task", "color=black,blue,red", "--task", "kind=dress,shirt",
        "--labels", tmp_path / "names.txt", "--activation", "softmax", "--preprocess", "imagenet")
    image = Image.fromarray(
        np.random.default_rng(1).integers(0, 256, (45, 57, 3), dtype=np.uint8))
    image.save(tmp_path / "i.png")
    out, _ = mtl_run(tmp_path / "m.mtl", tmp_path / "i.png", "--json")
    tasks = {task["task"]: task["probabilities"] for task in json.loads(out)["tasks"]}
    # As torchvision does: 16 of 18 pixels are what 224 of 256 are.
    resized = image.resize((18 * 57 // 45, 18), Image.Resampling.BILINEAR)
    pixels = np.asarray(resized.crop((3, 1, 19, 17)))
    x = (pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    x = x.transpose(2, 0, 1)[None].astype(np.float32)
    logits = onnx_models.expected(source, {"x": x})[0][0]
    for name, places in {"color": [0, 2, 3], "kind": [1, 4]}.items():
        powers = np.exp(logits[places])
        np.testing.assert_allclose(
            list(tasks[name].values()), powers / powers.sum(), rtol=1e-3, atol=1e-5)
    assert list(tasks["color"]) == ["black", "blue", "red"]


def test_an_output_for_each_task(mtl_export, mtl_run, tmp_path):
    source = onnx_models.two_heads()
    mtl_export(
        onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl",
        "--tags", "product=dress,shirt", "--task", "color=black,blue,red",
        "--activation", "sigmoid")
    x = np.random.default_rng(2).random((2, 3, 6, 6)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    mtl_run(tmp_path / "m.mtl", "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy")
    for name, logits in zip(("color", "product"), onnx_models.expected(source, {"x": x})):
        np.testing.assert_allclose(
            np.load(tmp_path / f"y.{name}.npy"), 1 / (1 + np.exp(-logits)), rtol=1e-4)


@pytest.mark.parametrize("options, status, words", [
    (["--task", "color"], 2, "NAME=LABEL"),
    (["--task", "color=red,red"], 2, "NAME=LABEL"),
    (["--task", "color=black,red"], 1, "has 5 elements"),
    (["--preprocess", "imagenett"], 2, "imagenet"),
    (["--mean", "1,2"], 1, "--mean has 2 numbers"),
    (["--channels", "gray"], 1, "not an image of 1 channels"),
    (["--mean", "x"], 2, "numbers"), (["--crop", "wide"], 2, "--crop"),
    (["--crop", "15"], 1, "--crop 15: the input is 16 pixels large"),
    (["--checkpoint", "last"], 2, "--checkpoint"), (["--net", "m.json"], 2, "--net"),
])
def test_wrong_usage(mtl_export, tmp_path, options, status, words):
    path = onnx_models.save(onnx_models.classifier(), tmp_path / "m.onnx")
    out, err = mtl_export(path, "-o", tmp_path / "m.mtl", *options, status=status)
    assert out == "" and words in err
    assert not (tmp_path / "m.mtl").exists()


def test_broken_models_are_refused(mtl_export, tmp_path):
    whole = onnx_models.classifier().SerializeToString()
    path = tmp_path / "m.onnx"
    for length in [0, 1, 7, *range(50, len(whole), len(whole) // 40)]:
        path.write_bytes(whole[:length])
        out, err = mtl_export(path, "-o", tmp_path / "m.mtl", status=3)
        assert out == "" and "m.onnx" in err
    generator = np.random.default_rng(4)
    for _ in range(60):
        damaged = bytearray(whole)
        for place in generator.integers(0, min(len(whole), 600), 3):
            damaged[place] = generator.integers(0, 256)
        path.write_bytes(damaged)
        done = mtl_export.run(path, "-o", tmp_path / "d.mtl")
        assert done.returncode in (0, 1, 3), done.stderr
    assert not (tmp_path / "m.mtl").exists()


def test_old_operator_sets_are_refused(mtl_export, tmp_path):
    source = model([node("Relu", "x", "y")], {"x": ["N", 4]}, {"y": ["N", 4]}, opset=1)
    mtl_export.refuses(
        onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl", status=3,
        words=["operator set 1"])


def test_inputs_need_fixed_shapes(mtl_export, tmp_path):
    source = model([node("Conv", "x w", "y")], {"x": ["N", 3, "h", "w"]}, {"y": None},
                   [tensor("w", 4, 3, 3, 3)])
    out, err = mtl_export(
        onnx_models.save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl", status=1)
    assert "its shape is not fixed" in err
    path = tmp_path / "m.onnx"
    mtl_export(path, "-o", tmp_path / "m.mtl", "--shape", "x=N,3,7,9")
    assert (tmp_path / "m.mtl").exists()
    mtl_export.refuses(
        path, "-o", tmp_path / "n.mtl", "--shape", "z=N,3,7,9", status=1, words=["'z'"])
    mtl_export.refuses(
        path, "-o", tmp_path / "n.mtl", "--shape", "x=N,3,0", status=2, words=["--shape"])
