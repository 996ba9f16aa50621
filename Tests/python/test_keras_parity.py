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


def spread(model, images):
    """Scales the last layer so that probabilities are neither all 0 nor all 1."""
    before = keras.Model(model.inputs, model.layers[-1].input)
    logits = np.asarray(before(images))
    kernel, bias = model.layers[-2].get_weights()
    model.layers[-2].set_weights([kernel / logits.std() * 2, bias])


def test_probabilities(prefix, tmp_path):
    """A run with Keras' weights, exported and run by mtl-run: at most 1e-5 apart."""
    keras.utils.set_random_seed(3)
    model = keras_reference.build(keras)
    keras_reference.randomize(model, 3)
    images = np.random.default_rng(5).random((7, 96, 96, 3), np.float32)
    spread(model, images)
    expected = np.asarray(model(images, training=False))[:, EXPORTED]
    assert expected.std() > 0.1

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


def test_training_step(tmp_path):
    """One step without dropout: Tests/ParityTests does the same and compares."""
    keras.utils.set_random_seed(4)
    model = keras_reference.build(keras, dropout=False)
    keras_reference.randomize(model, 4)
    random = np.random.default_rng(6)
    images = random.random((16, 96, 96, 3), np.float32)
    targets = random.integers(0, 2, (16, 6)).astype(np.float32)
    spread(model, images)
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
