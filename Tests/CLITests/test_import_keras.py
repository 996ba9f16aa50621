"""mtl-export model.h5 and model.keras, and the file through mtl-run beside Keras."""

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
keras = pytest.importorskip("keras")
layers = keras.layers


def shaken(model):
    """With random weights and statistics everywhere, none of them 0 or 1 by default."""
    generator = np.random.default_rng(7)
    for weight in model.weights:
        if weight.dtype == "float32":
            values = generator.standard_normal(weight.shape) * 0.2
            is_variance = "variance" in weight.path
            weight.assign(np.abs(values) + 0.5 if is_variance else values)
    return model


def plain():
    """As the tutorial's: Sequential, batch normalisation behind ReLU, sigmoids."""
    return keras.Sequential([
        keras.Input((24, 24, 3)), layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.BatchNormalization(), layers.MaxPooling2D(3), layers.Dropout(0.25),
        layers.Conv2D(6, 3), layers.Activation("relu"), layers.BatchNormalization(axis=-1),
        layers.Flatten(), layers.Dense(16), layers.Activation("relu"), layers.Dense(6),
        layers.Activation("sigmoid"),
    ])


def functional():
    """Shared layers, a nested model, arithmetic with numbers, two outputs."""
    entry = keras.Input((16, 16, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(entry)
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(scale=False)(x)
    shared = layers.Conv2D(8, 3, padding="same")
    x = layers.Add()([shared(x), shared(shared(x))])
    x = layers.Multiply()([x, layers.ReLU(6.0)(x + 3.0) * (1 / 6)])
    inner = keras.Sequential([
        keras.Input((8, 8, 8)), layers.ZeroPadding2D(((0, 1), (0, 1))),
        layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2), layers.SeparableConv2D(4, 3),
        layers.LeakyReLU(0.2), layers.PReLU(shared_axes=[1, 2]),
    ], name="inner")
    x = layers.Concatenate()([inner(x), inner(layers.Activation("gelu")(x))])
    x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    x = layers.Conv2DTranspose(5, 3, strides=2, padding="same")(x)
    x = layers.LayerNormalization()(layers.Cropping2D(1)(x))
    x = layers.AveragePooling2D(2, strides=1, padding="same")(x)
    pooled = layers.GlobalAveragePooling2D()(x)
    best = layers.GlobalMaxPooling2D(keepdims=True)(x)
    best = layers.Reshape((5,))(layers.Permute((3, 1, 2))(best))
    return keras.Model(entry, [
        layers.Dense(3, activation="softmax", name="color")(pooled),
        layers.Dense(2, activation="sigmoid", name="kind")(best),
    ])


def run(mtl_run, target, folder, x):
    np.save(folder / "x.npy", x)
    mtl_run(target, "--input", folder / "x.npy", "--output", folder / "y.npy")
    return {path.name: np.load(path) for path in folder.glob("y*.npy")}


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_a_sequential_model(mtl_export, mtl_run, tmp_path, suffix):
    model = shaken(plain())
    model.save(tmp_path / f"m.{suffix}")
    mtl_export(tmp_path / f"m.{suffix}", "-o", tmp_path / "m.mtl",
               "--task", "color=black,blue,red", "--task", "kind=dress,jeans,shirt")
    x = np.random.default_rng(1).random((3, 24, 24, 3)).astype(np.float32)
    found = run(mtl_run, tmp_path / "m.mtl", tmp_path, x)["y.npy"]
    np.testing.assert_allclose(found, model.predict(x, verbose=0), atol=1e-5)


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_a_functional_model(mtl_export, mtl_run, tmp_path, suffix):
    model = shaken(functional())
    model.save(tmp_path / f"m.{suffix}")
    mtl_export(tmp_path / f"m.{suffix}", "-o", tmp_path / "m.mtl")
    x = np.random.default_rng(2).integers(0, 256, (2, 16, 16, 3)).astype(np.float32)
    found = run(mtl_run, tmp_path / "m.mtl", tmp_path, x)
    for name, expected in zip(("color", "kind"), model.predict(x, verbose=0)):
        np.testing.assert_allclose(found[f"y.{name}.npy"], expected, atol=1e-5)


def test_every_layer_that_is_not_known_is_named(mtl_export, tmp_path):
    model = keras.Sequential([
        keras.Input((8, 4)), layers.LSTM(4, return_sequences=True), layers.GRU(3),
    ])
    for suffix in ("h5", "keras"):
        model.save(tmp_path / f"m.{suffix}")
        out, err = mtl_export(
            tmp_path / f"m.{suffix}", "-o", tmp_path / "m.mtl", status=3)
        assert out == "" and "LSTM 'lstm" in err
        assert not (tmp_path / "m.mtl").exists()


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_damaged_files(mtl_export, tmp_path, suffix):
    path = tmp_path / f"m.{suffix}"
    shaken(plain()).save(path)
    whole = path.read_bytes()
    for length in [0, 1, 100, *range(1000, len(whole), len(whole) // 12)]:
        path.write_bytes(whole[:length])
        done = mtl_export.run(path, "-o", tmp_path / "m.mtl")
        assert done.returncode in (1, 3), done.stderr
        assert done.stderr and not (tmp_path / "m.mtl").exists()


def test_weights_without_a_model(mtl_export, tmp_path):
    shaken(plain()).save_weights(tmp_path / "m.weights.h5")
    mtl_export.refuses(
        tmp_path / "m.weights.h5", "-o", tmp_path / "m.mtl", status=3, words=["weights"])
