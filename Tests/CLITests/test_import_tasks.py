"""mtl-export --task, --tags, --labels, --activation: what the outputs of others' models mean."""

import json

import numpy as np
import pytest
from PIL import Image

import onnx_models
from onnx_models import model, node, tensor


def heads(**sizes):
    """A model with an output (N, size) for each name, of the mean color of an image."""
    nodes = [node("GlobalAveragePool", "x", "p"), node("Flatten", "p", "f")]
    constants = []
    for number, (name, size) in enumerate(sizes.items()):
        constants.append(tensor(f"w{number}", 3, size, scale=2))
        nodes.append(node("MatMul", f"f w{number}", name))
    return model(nodes, {"x": ["N", 3, 8, 8]}, {name: ["N", size] for name, size in sizes.items()},
                 constants)


def spatial(size, shape, axes):
    """Logits of a 1x1 convolution behind an average over the image, in `shape`."""
    nodes = [node("GlobalAveragePool", "x", "p"), node("Conv", "p w", "c")]
    nodes.append(node("Transpose", "c", "y", perm=axes))
    return model(nodes, {"x": ["N", 3, 8, 8]}, {"y": shape}, [tensor("w", size, 3, 1, 1, scale=2)])


@pytest.fixture
def case(mtl_export, mtl_run, tmp_path):
    """Exports a model and returns its answers to an image, and what ONNX Runtime says."""
    pixels = np.random.default_rng(5).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "i.png")
    x = (pixels / 255).transpose(2, 0, 1)[None].astype(np.float32)

    def run(source, *options):
        path = onnx_models.save(source, tmp_path / "m.onnx")
        mtl_export(path, "-o", tmp_path / "m.mtl", "--preprocess", "unit", *options)
        out, _ = mtl_run(tmp_path / "m.mtl", tmp_path / "i.png", "--json")
        answers = {task["task"]: task["probabilities"] for task in json.loads(out)["tasks"]}
        return answers, [np.ravel(y) for y in onnx_models.expected(source, {"x": x})]
    return run


def softmax(values):
    powers = np.exp(np.asarray(values, np.float64))
    return powers / powers.sum()


def sigmoid(values):
    return 1 / (1 + np.exp(-np.asarray(values, np.float64)))


def close(found, expected):
    np.testing.assert_allclose(list(found.values()), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("options, words", [
    (["--task", "color=a,b,c"], ["1 tasks for 2 outputs", "'one' (N, 3)", "'two' (N, 2)"]),
    (["--task", "one=a,b,c"], ["'two' (N, 2) has no task", "--drop-outputs"]),
    (["--labels", "three.txt"], ["--labels names 3", "'one' (N, 3)", "'two' (N, 2)"]),
    (["--labels", "three.txt", "--activation", "softmax"], ["'one' (N, 3)", "'two' (N, 2)"]),
    (["--task", "a@three=x,y"], ["no output is named 'three'", "'one' (N, 3)"]),
    (["--task", "a@one=x,y", "--drop-outputs"], ["has 3 elements", "2 labels"]),
    (["--task", "a=x,y,z", "--task", "b=x,y", "--task", "c=x,y"], ["3 tasks for 2 outputs"]),
    (["--task", "one=a,b,c", "--drop-outputs", "--activation", "two=softmax"], ["no task 'two'"]),
])
def test_tasks_that_do_not_fit_several_outputs(mtl_export, tmp_path, options, words):
    path = onnx_models.save(heads(one=3, two=2), tmp_path / "m.onnx")
    (tmp_path / "three.txt").write_text("a\nb\nc\n")
    out, err = mtl_export(
        path.name, "-o", "m.mtl", *options, status=1, cwd=tmp_path)
    assert out == "" and all(word in err for word in words), err
    assert not (tmp_path / "m.mtl").exists()


def test_tasks_name_their_outputs(case):
    found, (one, two, three) = case(
        heads(one=3, two=2, three=5), "--task", "kind@two=x,y", "--task", "a@three=p,q",
        "--tags", "b@three=r,s,t", "--activation", "softmax", "--activation", "b=sigmoid",
        "--drop-outputs")
    assert list(found) == ["kind", "a", "b"]
    close(found["kind"], softmax(two))
    close(found["a"], softmax(three[:2]))
    close(found["b"], sigmoid(three[2:]))


def test_tasks_by_order_and_by_name(case):
    found, (one, two) = case(heads(one=3, two=2), "--task", "a=x,y,z", "--task", "b=u,v")
    close(found["a"], one)
    close(found["b"], two)
    found, (one, two) = case(heads(one=3, two=2), "--task", "two=x,y", "--drop-outputs")
    assert list(found) == ["two"]
    close(found["two"], two)


def test_labels_take_the_output_of_their_size(case, tmp_path):
    (tmp_path / "l.txt").write_text("a\nb\nc\n")
    found, (_, three) = case(
        heads(features=7, y=3), "--labels", tmp_path / "l.txt", "--activation", "softmax",
        "--drop-outputs")
    close(found["label"], softmax(three))


@pytest.mark.parametrize("shape, axes", [
    (["N", 3, 1, 1], (0, 1, 2, 3)), (["N", 1, 1, 3], (0, 2, 3, 1)), (["N", 1, 3, 1], (0, 2, 1, 3)),
])
@pytest.mark.parametrize("activation, function", [("softmax", softmax), ("sigmoid", sigmoid)])
def test_activation_over_the_labels_wherever_they_lie(case, shape, axes, activation, function):
    found, (y,) = case(spatial(3, shape, axes), "--task", "t=a,b,c", "--activation", activation)
    close(found["t"], function(y))


def test_two_tasks_in_channels(case, tmp_path):
    (tmp_path / "l.txt").write_text("b\nd\na\nc\n")
    found, (y,) = case(
        spatial(4, ["N", 4, 1, 1], (0, 1, 2, 3)), "--task", "t=a,b", "--task", "u=c,d",
        "--labels", tmp_path / "l.txt", "--activation", "softmax")
    close(found["t"], softmax(y[[2, 0]]))
    close(found["u"], softmax(y[[3, 1]]))


@pytest.mark.parametrize("size, options", [
    (1, ["--task", "good=yes", "--activation", "softmax"]),
    (3, ["--task", "good=yes", "--task", "color=a,b", "--activation", "softmax"]),
    (1, ["--task", "gender=male,female", "--activation", "softmax"]),
])
def test_softmax_of_one_number_is_refused(mtl_export, tmp_path, size, options):
    path = onnx_models.save(heads(y=size), tmp_path / "m.onnx")
    mtl_export.refuses(
        path, "-o", tmp_path / "m.mtl", *options, status=1, words=["softmax over one element"])


def test_one_sigmoid_for_two_classes(case, tmp_path):
    source = heads(y=1)
    found, (y,) = case(source, "--task", "gender=male,female", "--activation", "sigmoid")
    p = sigmoid(y)[0]
    close(found["gender"], [p, 1 - p])
    # Keras counts classes: the probability is that of number 1.
    (tmp_path / "i.json").write_text('{"female": 0, "male": 1}')
    for options in ([], ["--task", "gender=female,male"]):
        found, _ = case(
            source, "--labels", tmp_path / "i.json", "--activation", "sigmoid", *options)
        (answer,) = found.values()
        assert list(answer) == ["female", "male"]
        close(answer, [1 - p, p])


def test_one_sigmoid_for_each_of_several_tasks(case):
    found, (y,) = case(
        heads(y=5), "--task", "gender=male,female", "--task", "color=a,b,c", "--task", "old=yes,no",
        "--activation", "sigmoid", "--activation", "color=softmax")
    p = sigmoid(y)
    close(found["gender"], [p[0], 1 - p[0]])
    close(found["color"], softmax(y[1:4]))
    close(found["old"], [p[4], 1 - p[4]])


def test_two_labels_of_one_number_need_an_order(mtl_export, tmp_path):
    path = onnx_models.save(heads(y=1), tmp_path / "m.onnx")
    (tmp_path / "l.txt").write_text("cat\ndog\n")
    mtl_export.refuses(
        path, "-o", tmp_path / "m.mtl", "--labels", tmp_path / "l.txt", status=1,
        words=["which it is the probability of"])


@pytest.mark.parametrize("name, content", [
    ("l.txt", "\ufeffcat\r\ndog \r\n\r\n\tbird\r\n"), ("l.txt", '["cat", "dog", "bird"]'),
    ("l.json", '["cat", "dog", "bird"]'), ("l.json", '{"dog": 1, "bird": 2, "cat": 0}'),
    ("l.json", '\ufeff{"2": "bird", "0": "cat", "1": "dog"}'),
    ("l.json", '{"0": ["n1", "cat"], "1": ["n2", "dog"], "2": ["n3", "bird"]}'),
])
def test_files_of_labels(case, tmp_path, name, content):
    (tmp_path / name).write_bytes(content.encode())
    found, (y,) = case(heads(y=3), "--labels", tmp_path / name)
    assert list(found["label"]) == ["cat", "dog", "bird"]
    close(found["label"], y)


@pytest.mark.parametrize("name, content, words", [
    ("l.json", '{"cat": 0, "dog": 2}', "numbers"), ("l.json", '{"cat": 1, "dog": 2}', "numbers"),
    ("l.json", '{"cat": "dog"}', "'cat'"), ("l.json", "[1.5, 2]", "no text"),
    ("l.json", "cat\ndog\n", "JSON"), ("l.json", '"cat"', "neither"), ("l.txt", "", "no label"),
    ("l.txt", "cat\ndog\ncat \n", "'cat' twice"), ("l.txt", "\xff", "UTF-8"),
])
def test_files_that_hold_no_labels(mtl_export, tmp_path, name, content, words):
    path = onnx_models.save(heads(y=3), tmp_path / "m.onnx")
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    mtl_export.refuses(
        path, "-o", tmp_path / "m.mtl", "--labels", tmp_path / name, status=1,
        words=[name, words])


def test_outputs_with_slashes_in_their_names(mtl_export, mtl_run, tmp_path):
    source = heads(**{"a/b": 3, "a_b": 2, "/c/../d": 1})
    path = onnx_models.save(source, tmp_path / "m.onnx")
    mtl_export(path, "-o", tmp_path / "m.mtl")
    x = np.random.default_rng(2).random((2, 3, 8, 8)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    (tmp_path / "out").mkdir()
    mtl_run(tmp_path / "m.mtl", "--input", tmp_path / "x.npy", "--output", tmp_path / "out/y.npy")
    names = ["y.a_b.npy", "y.a_b-2.npy", "y._c_.._d.npy"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(names)
    for name, expected in zip(names, onnx_models.expected(source, {"x": x})):
        np.testing.assert_allclose(np.load(tmp_path / "out" / name), expected, rtol=1e-4, atol=1e-6)
