"""Our networks against Keras: the same weights give the same answers and the same training step.

Needs tools/requirements-parity.txt; without it these tests are skipped.
"""

import os
import pathlib
import subprocess

import numpy as np
import pytest

import keras_reference
from checkpoint import checkpoint

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras", reason="tools/requirements-parity.txt is not installed")
tf = pytest.importorskip("tensorflow", reason="tools/requirements-parity.txt is not installed")

ROOT = pathlib.Path(__file__).resolve().parents[2]
LABELS = ["black", "blue", "dress", "jeans", "red", "shirt"]
TASKS = {"color": [0, 1, 4], "product": [2, 3, 5]}
# The exported model keeps each task's labels together.
EXPORTED = [0, 1, 4, 2, 3, 5]


def save(path, *arrays):
    path.write_bytes(b"".join(np.ascontiguousarray(array, "<f4").tobytes() for array in arrays))


def pictures(count, seed):
    """Images with large and small structures that differ from each other, as photographs do."""
    random = np.random.default_rng(seed)
    images = np.zeros((count, 96, 96, 3))
    for cells in (1, 3, 12, 48):
        values = random.random((count, cells, cells, 3))
        images += np.kron(values, np.ones((1, 96 // cells, 96 // cells, 1))) / 4
    return images.astype(np.float32)


def spread(model, images):
    """Scales the last layer so that no probability is near 0 or 1, where Keras clips the loss."""
    before = keras.Model(model.inputs, model.layers[-1].input)
    most = max(np.abs(np.asarray(before(images, training=mode))).max() for mode in (False, True))
    kernel, bias = model.layers[-2].get_weights()
    model.layers[-2].set_weights([kernel / most * 4, bias])


def test_probabilities(prefix, tmp_path):
    """A run with Keras' weights, exported and run by mtl-run: at most 1e-5 apart."""
    keras.utils.set_random_seed(3)
    model = keras_reference.build(keras)
    keras_reference.randomize(model, 3)
    images = pictures(7, 5)
    spread(model, images)
    expected = np.asarray(model(images, training=False))[:, EXPORTED]
    assert expected.std() > 0.05

    run = tmp_path / "run"
    run.mkdir()
    (run / "best.ckpt").write_bytes(checkpoint(
        "reference", "reference", LABELS, TASKS, keras_reference.parameters(model)))
    np.save(tmp_path / "x.npy", images)
    file = tmp_path / "model.mtl"
    subprocess.run([prefix / "bin" / "mtl-export", run, "-o", file], check=True)
    subprocess.run(
        [prefix / "bin" / "mtl-run", file, "--input", tmp_path / "x.npy", "--output",
         tmp_path / "y.npy"], check=True)
    assert np.abs(np.load(tmp_path / "y.npy") - expected).max() <= 1e-5


@pytest.fixture
def double_precision():
    def use(name):
        keras.config.set_floatx(name)
        keras.config.set_dtype_policy(name)  # which does not follow once it was used

    use("float64")
    yield
    use("float32")


@pytest.mark.usefixtures("double_precision")
def test_training_step(tmp_path):
    """One step without dropout: Tests/ParityTests does the same and compares.

    Keras works in double precision here: in single precision its own gradients of a step with
    batch normalisation are some percent off.
    """
    keras.utils.set_random_seed(4)
    model = keras_reference.build(keras, dropout=False)
    keras_reference.randomize(model, 4)
    random = np.random.default_rng(6)
    images = pictures(16, 6).astype(np.float64)
    targets = random.integers(0, 2, (16, 6)).astype(np.float64)
    spread(model, images)
    model.set_weights([array.astype(np.float32) for array in model.get_weights()])
    save(tmp_path / "before.f32", *[array for _, array, _ in keras_reference.parameters(model)])
    save(tmp_path / "input.f32", images)
    save(tmp_path / "targets.f32", targets)
    save(tmp_path / "probabilities.f32", np.asarray(model(images, training=False)))

    with tf.GradientTape() as tape:
        answers = model(images, training=True)
        loss = tf.reduce_mean(keras.losses.binary_crossentropy(targets, answers))
    gradients = iter(tape.gradient(loss, model.trainable_variables))
    save(tmp_path / "loss.f32", np.asarray(loss))
    layouts = []
    for layer in model.layers:
        arrays = [np.asarray(next(gradients)) for _ in layer.trainable_variables]
        layouts += keras_reference.ours(type(layer).__name__, arrays)
    save(tmp_path / "gradients.f32", *layouts)
    # After the forward pass in training mode the running statistics have moved.
    save(tmp_path / "statistics.f32", *[
        array for _, array, is_trained in keras_reference.parameters(model) if not is_trained])
    subprocess.run(
        ["swift", "test", "--skip-build", "--filter", "ParityTests"], cwd=ROOT, check=True,
        env={**os.environ, "MTL_PARITY_FIXTURE": str(tmp_path)})
