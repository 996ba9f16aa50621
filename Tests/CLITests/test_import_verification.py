"""What mtl-export compares before it writes a file, and with what."""

import json
import os
import sys

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import onnx_models
from onnx_models import model, node, save

pytest.importorskip("onnxruntime")

RANDOM = np.random.default_rng(7)
WEIGHTS = RANDOM.standard_normal((12, 5)).astype(np.float32)


def tensor(name, values):
    return numpy_helper.from_array(np.asarray(values, np.float32), name)


def softmax_of(weights, *before, constants=()):
    """A softmax of a product with `weights`, behind `before`, which make 's' of 'x'."""
    nodes = [*before, node("MatMul", "s w" if before else "x w", "l"),
             node("Softmax", "l", "y", axis=-1)]
    return model(nodes, {"x": ["N", 12]}, {"y": ["N", 5]}, [tensor("w", weights), *constants])


def range_of(out, output="y"):
    line = next(line for line in out.splitlines() if line.startswith(f"output '{output}': "))
    low, _, rest = line.split(": ", 1)[1].partition(" to ")
    return float(low), float(rest.split(",")[0]), "hardly moved" in line


def with_python(mtl_export, *arguments, python=sys.executable, status=0):
    return mtl_export(*arguments, status=status, env=dict(os.environ, MTL_PYTHON=str(python)))


@pytest.mark.parametrize("source", [
    # Loud for numbers from 0 to 1: all answers would be 0 and 1.
    softmax_of(WEIGHTS * 60),
    # Made for pixels from 0 to 255.
    softmax_of(WEIGHTS, node("Mul", "x k", "s"),
               constants=[tensor("k", 1 / 2550)]),
    # Nothing but zeros comes from positive numbers.
    model([node("Neg", "x", "n"), node("Relu", "n", "y")], {"x": ["N", 12]}, {"y": ["N", 12]}),
])
def test_inputs_are_such_that_the_answers_move(mtl_export, tmp_path, source):
    out, err = mtl_export(save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl")
    low, high, is_silent = range_of(out)
    assert err == "" and not is_silent
    assert high - low > 0.01 and low > 1e-12 or low == 0 and high > 0.5


def test_an_output_that_never_moves_is_named(mtl_export, tmp_path):
    nodes = [node("MatMul", "x w", "l"), node("Softmax", "l", "y", axis=-1),
             node("Mul", "x zero", "z"), node("Sigmoid", "z", "still")]
    source = model(nodes, {"x": ["N", 12]}, {"y": ["N", 5], "still": ["N", 12]},
                   [tensor("w", WEIGHTS), tensor("zero", [0])])
    out, _ = mtl_export(save(source, tmp_path / "m.onnx"), "-o", tmp_path / "m.mtl")
    assert range_of(out)[2] is False
    assert range_of(out, "still") == (0.5, 0.5, True)
    assert "--verify-with" in out


def test_a_model_without_numbers_is_refused(mtl_export, tmp_path):
    weights = WEIGHTS.copy()
    weights[3] = np.nan
    source = save(softmax_of(weights), tmp_path / "m.onnx")
    mtl_export.refuses(
        source, "-o", tmp_path / "m.mtl", status=1,
        words=["m.onnx", "output 'y' is NaN or infinite whatever the input is", "MatMul"])
    assert not (tmp_path / "m.mtl").exists()


def test_numbers_of_some_inputs_do(mtl_export, mtl_inspect, tmp_path):
    """The logarithm of 1 - x is NaN for pixels from 0 to 255 alone."""
    nodes = [node("Sub", "one x", "d"), node("Log", "d", "y")]
    source = model(nodes, {"x": ["N", 4]}, {"y": ["N", 4]},
                   [tensor("one", [1])])
    target = tmp_path / "m.mtl"
    mtl_export(save(source, tmp_path / "m.onnx"), "-o", target)
    assert "the self-test" in mtl_inspect(target, "--verify")[0]


def test_verified_without_a_self_test(mtl_export, mtl_inspect, tmp_path):
    """An answer that is infinite has no place in a self-test."""
    nodes = [node("Mul", "x zero", "z"), node("Log", "z", "never"),
             node("Concat", "x never", "y", axis=1)]
    source = model(nodes, {"x": ["N", 4]}, {"y": ["N", 8]},
                   [tensor("zero", [0])])
    target = tmp_path / "m.mtl"
    mtl_export(save(source, tmp_path / "m.onnx"), "-o", target)
    out = mtl_inspect(target, "--verify")[0]
    assert "every hash holds; the file has no self-test" in out
    assert json.loads(mtl_inspect(target, "--json")[0])["self_test"] is False


@pytest.mark.parametrize("make", [
    onnx_models.classifier, onnx_models.two_heads, onnx_models.squeeze_and_excite])
def test_onnx_runtime_is_asked(mtl_export, tmp_path, make):
    source = save(make(), tmp_path / "m.onnx")
    out, err = with_python(
        mtl_export, source, "-o", tmp_path / "m.mtl", "--verify-with", "onnxruntime")
    line = next(line for line in out.splitlines() if "ONNX Runtime " in line)
    assert err == "" and float(line.split()[-1]) < 1e-5


def test_tasks_are_compared_too(mtl_export, tmp_path):
    """What tasks add behind the outputs is done to the framework's answers as well."""
    source = save(onnx_models.two_heads(), tmp_path / "m.onnx")
    shapes = {value.name: value.type.tensor_type.shape.dim[1].dim_value
              for value in onnx.load(source).graph.output}
    names = {name: [f"{name}{i}" for i in range(count)] for name, count in shapes.items()}
    (tmp_path / "labels.txt").write_text("\n".join(reversed(names["color"])) + "\n")
    out, _ = with_python(
        mtl_export, source, "-o", tmp_path / "m.mtl", "--verify-with", "onnxruntime",
        "--task", f"color={','.join(names['color'])}", "--labels", tmp_path / "labels.txt",
        "--activation", "softmax", "--drop-outputs")
    line = next(line for line in out.splitlines() if "ONNX Runtime " in line)
    assert float(line.split()[-1]) < 1e-5
    low, high, _ = range_of(out, "color")
    assert 0 < low < high < 1


class Framework:
    """A Python that answers what the test wants instead of ONNX Runtime."""

    def __init__(self, folder):
        self.path = folder / "python"
        package = folder / "packages" / "onnxruntime"
        package.mkdir(parents=True)
        self.package = package / "__init__.py"
        self.path.write_text(
            f'#!/bin/sh\nPYTHONPATH="{folder / "packages"}" exec "{sys.executable}" "$@"\n')
        self.path.chmod(0o755)

    def answers(self, expression):
        self.package.write_text(
            "import numpy as np\n__version__ = '0'\n"
            "class SessionOptions: pass\n"
            "class Value:\n    name, type = 'x', 'tensor(float)'\n"
            "class InferenceSession:\n"
            "    def __init__(self, *_, **__): pass\n"
            "    def get_inputs(self): return [Value]\n"
            f"    def run(self, names, given):\n        x = given['x']\n"
            f"        return {expression}\n")


@pytest.mark.parametrize("expression, words", [
    ("[x * 2 + 0.01]", ["differs from that of ONNX Runtime 0 by 0.00999"]),
    ("[x * 2, x]", ["it has 2 outputs, 1 were read"]),
    ("[x[:, :3] * 2]", ["output 'y' is (2, 3), the file has (2, 4)"]),
    ("[x * np.nan]", ["differs from that of ONNX Runtime 0 by inf"]),
    ("1 / 0", ["ZeroDivisionError"]),
])
def test_another_answer_fails(mtl_export, tmp_path, expression, words):
    framework = Framework(tmp_path)
    source = save(model([node("Add", "x x", "y")], {"x": ["N", 4]}, {"y": ["N", 4]}),
                  tmp_path / "m.onnx")
    arguments = [source, "-o", tmp_path / "m.mtl", "--verify-with", "onnxruntime"]
    framework.answers("[x * 2]")
    assert "ONNX Runtime 0 0.0" in with_python(
        mtl_export, *arguments, python=framework.path)[0]
    (tmp_path / "m.mtl").unlink()
    framework.answers(expression)
    _, err = with_python(mtl_export, *arguments, python=framework.path, status=1)
    for word in words:
        assert word in err
    assert not (tmp_path / "m.mtl").exists()


def test_no_such_python(mtl_export, tmp_path):
    source = save(onnx_models.classifier(), tmp_path / "m.onnx")
    _, err = with_python(
        mtl_export, source, "-o", tmp_path / "m.mtl", "--verify-with", "onnxruntime",
        python="no-python", status=1)
    assert "cannot start no-python" in err and "MTL_PYTHON" in err


def test_a_python_without_the_framework(mtl_export, tmp_path):
    source = save(onnx_models.classifier(), tmp_path / "m.onnx")
    (tmp_path / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -I "$@"\n')
    (tmp_path / "python").chmod(0o755)
    _, err = with_python(
        mtl_export, source, "-o", tmp_path / "m.mtl", "--verify-with", "onnxruntime",
        python=tmp_path / "python", status=1)
    assert "No module named" in err and "MTL_PYTHON" in err


def test_nothing_is_left_behind(mtl_export, tmp_path):
    (tmp_path / "tmp").mkdir()
    source = save(onnx_models.classifier(), tmp_path / "m.onnx")
    mtl_export(
        source, "-o", tmp_path / "m.mtl", "--verify-with", "onnxruntime",
        env=dict(os.environ, MTL_PYTHON=sys.executable, TMPDIR=str(tmp_path / "tmp")))
    assert list((tmp_path / "tmp").glob("mtl-export*")) == []


@pytest.mark.parametrize("source, framework", [
    ("m.onnx", "keras"), ("m.h5", "onnxruntime"), ("m.keras", "onnxruntime"), ("run", "keras"),
    ("m.onnx", "torch")])
def test_frameworks_that_do_not_fit(mtl_export, tmp_path, source, framework):
    mtl_export.refuses(
        tmp_path / source, "-o", tmp_path / "m.mtl", "--verify-with", framework, status=2,
        words=["--verify-with"])


@pytest.fixture(scope="module")
def keras_files(tmp_path_factory):
    """A model with two outputs in each of Keras's forms, and what tells where its weights lie."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    keras = pytest.importorskip("keras")
    x = keras.Input((8, 8, 3))
    y = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3, activation="relu")(x))
    source = keras.Model(
        x, [keras.layers.Dense(3, name="a")(y), keras.layers.Dense(2, name="b")(y)])
    folder = tmp_path_factory.mktemp("keras")
    source.save(folder / "m.keras")
    source.save(folder / "m.h5")
    source.save_weights(folder / "m.weights.h5")
    (folder / "net.json").write_text(source.to_json())
    return folder


@pytest.mark.parametrize("name, more", [
    ("m.keras", []), ("m.h5", []), ("m.weights.h5", ["--net", "net.json"])])
def test_keras_is_asked(mtl_export, tmp_path, keras_files, name, more):
    more = [keras_files / word if word.endswith(".json") else word for word in more]
    out, _ = with_python(
        mtl_export, keras_files / name, *more, "-o", tmp_path / "m.mtl", "--verify-with", "keras",
        "--task", "b=x,y", "--drop-outputs", "--activation", "softmax")
    line = next(line for line in out.splitlines() if " Keras " in line)
    assert float(line.split()[-1]) < 1e-5
    assert "output 'b'" in out and "output 'a'" not in out
