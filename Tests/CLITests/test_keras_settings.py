"""What a Keras file says and the importer does not understand is an error, never a default."""

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
keras = pytest.importorskip("keras")
h5py = pytest.importorskip("h5py")

from keras_files import agrees, changed_archive, changed_h5, inputs, set_in, shaken  # noqa: E402

layers = keras.layers


def small(*more):
    return shaken(keras.Sequential([
        keras.Input((6, 6, 3)), layers.Conv2D(4, 3, padding="same", name="conv"), *more]))


SETTINGS = [
    ("Conv2D", {"strides": "two"}, ["strides"]),
    ("Conv2D", {"strides": [1, 1, 1]}, ["strides"]),
    ("Conv2D", {"dilation_rate": {"class_name": "Rate", "config": {}}}, ["dilation_rate"]),
    ("Conv2D", {"groups": "1"}, ["groups"]),
    ("Conv2D", {"use_bias": 1}, ["use_bias"]),
    ("Conv2D", {"data_format": "channels_middle"}, ["data_format"]),
    ("Conv2D", {"padding": "reflect"}, ["padding"]),
    ("Conv2D", {"filters": 5}, ["filters"]),
    ("Conv2D", {"kernel_size": [5, 3]}, ["kernel_size"]),
    ("Conv2D", {"lora_rank": 4}, ["lora_rank", "4"]),
    ("Conv2D", {"made_up_mode": False}, ["made_up_mode"]),
    ("Conv2D", {"activation": {"class_name": "__lambda__", "config": {}}}, ["activation"]),
    ("Conv2D", {"activation": ["relu"]}, ["activation"]),
    ("Conv2D", {"dtype": "int8"}, ["int8"]),
    ("Conv2D", {"dtype": {"class_name": "QuantizedDTypePolicy", "config": {"mode": "int8"}}},
     ["QuantizedDTypePolicy"]),
    ("MaxPooling2D", {"pool_size": [2]}, ["pool_size"]),
    ("MaxPooling2D", {"pool_size": 2.5}, ["pool_size"]),
    ("BatchNormalization", {"axis": None}, ["axis"]),
    ("BatchNormalization", {"axis": [1, 2]}, ["axis"]),
    ("BatchNormalization", {"epsilon": "small"}, ["epsilon"]),
    ("BatchNormalization", {"scale": None}, ["scale"]),
    ("BatchNormalization", {"renorm": True}, ["renorm"]),
    ("LeakyReLU", {"negative_slope": [0.1, 0.2]}, ["negative_slope"]),
    ("UpSampling2D", {"interpolation": "lanczos3"}, ["lanczos3"]),
    ("UpSampling2D", {"size": None, "scale_factor": 3}, ["scale_factor"]),
    ("Softmax", {"axis": None}, ["axis"]),
    ("Softmax", {"axis": 0}, ["images"]),
    ("Flatten", {"data_format": 3}, ["data_format"]),
]


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_settings_of_unknown_forms(mtl_export, tmp_path, suffix):
    path = tmp_path / f"m.{suffix}"
    model = small(
        layers.BatchNormalization(), layers.LeakyReLU(), layers.MaxPooling2D(),
        layers.UpSampling2D(2), layers.Softmax(), layers.Flatten())
    change = changed_h5 if suffix == "h5" else changed_archive
    for kind, settings, words in SETTINGS:
        model.save(path)
        change(path, set_in(kind, **settings))
        mtl_export.refuses(
            path, "-o", tmp_path / "m.mtl", status=1, words=[f"  {kind} '", *words])


@pytest.mark.parametrize("wrapped", [
    {"class_name": "__numpy__", "config": {"value": 0.125, "dtype": "float32"}},
    {"class_name": "__tensor__", "config": {"value": 0.125, "dtype": "float32"}},
    {"type": "ndarray", "value": 0.125}, 0.125,
])
def test_numbers_in_objects(mtl_export, mtl_run, tmp_path, wrapped):
    model = small(layers.LeakyReLU(0.125))
    model.save(tmp_path / "m.h5")
    changed_h5(tmp_path / "m.h5", set_in("LeakyReLU", negative_slope=wrapped))
    x = inputs(model) - 0.5
    agrees(mtl_export, mtl_run, tmp_path, tmp_path / "m.h5", x, model.predict(x, verbose=0))


@pytest.mark.parametrize("layer", [
    layers.Softmax(axis=[1, 2]), layers.Softmax(axis=[1, 2, 3]), layers.Softmax(axis=1),
    layers.Flatten(data_format="channels_first"), layers.ReLU(2.0, 0.1, 0.3),
    layers.ReLU(threshold=0.2), layers.ReLU(0.1, 0.3), layers.LayerNormalization(scale=False),
    layers.LayerNormalization(axis=[1, 2, 3], center=False), layers.BatchNormalization(axis=1),
    layers.BatchNormalization(scale=False, center=False), layers.UnitNormalization(axis=[1, 3]),
    layers.Normalization(mean=[0.1, 0.2, 0.3, 0.4], variance=[1.0, 2.0, 3.0, 4.0], invert=True),
    layers.Rescaling([1.0, 2.0, 3.0, 4.0], [0.1, 0.2, 0.3, 0.4]),
    layers.GroupNormalization(2), layers.GroupNormalization(-1, scale=False),
    layers.Resizing(5, 9), layers.Resizing(4, 3, interpolation="nearest"),
    layers.CenterCrop(3, 4), layers.ZeroPadding2D(((1, 0), (0, 2))), layers.Identity(),
])
def test_settings_that_are_not_the_default(mtl_export, mtl_run, tmp_path, layer):
    model = small(layer)
    model.save(tmp_path / "m.keras")
    x = inputs(model) - 0.5
    agrees(
        mtl_export, mtl_run, tmp_path, tmp_path / "m.keras", x, model.predict(x, verbose=0))


@pytest.mark.parametrize("layer", [
    layers.Resizing(4, 4, crop_to_aspect_ratio=True), layers.Resizing(4, 4, antialias=True),
    layers.Resizing(4, 4, interpolation="bicubic"), layers.CenterCrop(9, 9),
    layers.Lambda(lambda x: x + 1),
])
def test_settings_that_are_not_supported(mtl_export, tmp_path, layer):
    small(layer).save(tmp_path / "m.keras")
    mtl_export.refuses(
        tmp_path / "m.keras", "-o", tmp_path / "m.mtl", status=1,
        words=[f"{type(layer).__name__} '", "writes ONNX"])


def test_weights_that_nobody_uses(mtl_export, tmp_path):
    for suffix in ("h5", "keras"):
        path = tmp_path / f"m.{suffix}"
        small().save(path)
        if suffix == "keras":
            import io
            import zipfile
            with zipfile.ZipFile(path) as archive:
                entries = {name: archive.read(name) for name in archive.namelist()}
            data = io.BytesIO(entries["model.weights.h5"])
            with h5py.File(data, "r+") as file:
                file["layers/conv2d/vars/2"] = np.ones(4, np.float32)
            entries["model.weights.h5"] = data.getvalue()
            with zipfile.ZipFile(path, "w") as archive:
                for name, content in entries.items():
                    archive.writestr(name, content)
            words = ["layers/conv2d/vars/2", "no layer"]
        else:
            with h5py.File(path, "r+") as file:
                group = file["model_weights/conv"]
                names = [*group.attrs["weight_names"], "kernel_scale"]
                group["kernel_scale"] = np.ones(4, np.float32)
                group.attrs["weight_names"] = names
            words = ["Conv2D 'conv'", "3", "kernel_scale"]
        mtl_export.refuses(path, "-o", tmp_path / "m.mtl", status=1, words=words)


def test_quantised_models(mtl_export, tmp_path):
    model = small(layers.Flatten(), layers.Dense(3))
    model.quantize("int8")
    model.save(tmp_path / "m.keras")
    mtl_export.refuses(
        tmp_path / "m.keras", "-o", tmp_path / "m.mtl", status=1, words=["Dense '", "dtype"])


def test_low_rank_additions(mtl_export, tmp_path):
    model = small(layers.Flatten(), layers.Dense(3))
    model.layers[-1].enable_lora(2)
    model.save(tmp_path / "m.keras")
    mtl_export.refuses(
        tmp_path / "m.keras", "-o", tmp_path / "m.mtl", status=1, words=["Dense '", "lora_rank"])


def test_16_bits_are_said(mtl_export, mtl_run, tmp_path):
    model = shaken(keras.Sequential([
        keras.Input((6, 6, 3)), layers.Conv2D(4, 3, dtype="mixed_float16"), layers.Flatten()]))
    model.save(tmp_path / "m.keras")
    out, _ = mtl_export(tmp_path / "m.keras", "-o", tmp_path / "m.mtl")
    assert "note: its numbers of 16 bits are computed as float32" in out


def test_meanings_that_changed(mtl_export, mtl_run, tmp_path):
    """hard_sigmoid had another slope in Keras 2; a file of no version has no meaning."""
    path = tmp_path / "m.h5"
    model = small(layers.Activation("hard_sigmoid", name="last"))
    before = keras.Model(model.inputs, model.layers[0].output)
    x = inputs(model, 5.0) - 2.5
    inner = before.predict(x, verbose=0)
    model.save(path)
    agrees(mtl_export, mtl_run, tmp_path, path, x, model.predict(x, verbose=0))
    for version in ("2.4.0", "2.2.4-tf", "2.0.5"):
        changed_h5(path, lambda config: config, keras_version=version)
        agrees(mtl_export, mtl_run, tmp_path, path, x, np.clip(0.2 * inner + 0.5, 0, 1))

    def unsaid(config):
        config["config"]["layers"] = [
            layer for layer in config["config"]["layers"] if layer["class_name"] != "InputLayer"]
        config["config"]["build_input_shape"] = [None, 6, 6, 3]
        return config
    with h5py.File(path, "r+") as file:
        del file.attrs["keras_version"]
        if "keras_version" in file["model_weights"].attrs:
            del file["model_weights"].attrs["keras_version"]
    changed_h5(path, unsaid)
    mtl_export.refuses(path, "-o", tmp_path / "m.mtl", status=1, words=["hard_sigmoid", "versions"])


def test_bilinear_enlarging_of_old_versions(mtl_export, tmp_path):
    small(layers.UpSampling2D(2, interpolation="bilinear")).save(tmp_path / "m.h5")
    changed_h5(tmp_path / "m.h5", lambda config: config, keras_version="2.2.4")
    mtl_export.refuses(
        tmp_path / "m.h5", "-o", tmp_path / "m.mtl", status=1, words=["2.2.4", "corners"])


def test_calls_as_in_training(mtl_export, mtl_run, tmp_path):
    """Keras 3 predicts without dropout all the same; Keras 2 drops what the call says."""
    entry = keras.Input((6, 6, 3))
    model = shaken(keras.Model(entry, layers.Conv2D(4, 3)(
        layers.Dropout(0.5)(entry, training=True))))
    model.save(tmp_path / "m.h5")
    x = inputs(model)
    agrees(mtl_export, mtl_run, tmp_path, tmp_path / "m.h5", x, model.predict(x, verbose=0))
    changed_h5(tmp_path / "m.h5", lambda config: config, keras_version="2.4.0")
    mtl_export.refuses(
        tmp_path / "m.h5", "-o", tmp_path / "m.mtl", status=1, words=["Dropout '", "training"])


def test_all_problems_at_once(mtl_export, tmp_path):
    path = tmp_path / "m.keras"
    entry = keras.Input((6, 4))
    x = layers.LSTM(4, return_sequences=True, name="first")(entry)
    x = layers.LSTM(4, return_sequences=True, name="second")(layers.Dense(4)(x))
    y = layers.GRU(3, name="third")(entry)
    keras.Model(entry, [x, y]).save(path)
    _, err = mtl_export(path, "-o", tmp_path / "m.mtl", status=1)
    assert "LSTM 'first'" in err and "GRU 'third'" in err and "model.export(" in err
    assert "not computed" not in err and "Dense" not in err


def test_missing_times(mtl_export, mtl_run, tmp_path):
    """Masking sets to 0; what leaves out missing times behind it is refused."""
    entry = keras.Input((5, 3))
    masked = layers.Dense(4)(layers.Masking(2.0)(entry))
    model = shaken(keras.Model(entry, layers.Flatten()(masked)))
    model.save(tmp_path / "m.keras")
    x = inputs(model)
    x[:, 1:3] = 2.0
    agrees(
        mtl_export, mtl_run, tmp_path, tmp_path / "m.keras", x, model.predict(x, verbose=0))
    keras.Model(entry, layers.GlobalAveragePooling1D()(masked)).save(tmp_path / "m.keras")

    def unsaid(config):
        """As versions write it that do not say in calls where a mask goes."""
        config["config"]["layers"] = [
            layer for layer in config["config"]["layers"] if ".ops." not in layer["module"]]
        for layer in config["config"]["layers"]:
            for node in layer["inbound_nodes"]:
                node["kwargs"].pop("mask", None)
        return config
    changed_archive(tmp_path / "m.keras", unsaid)
    mtl_export.refuses(
        tmp_path / "m.keras", "-o", tmp_path / "m.mtl", status=1,
        words=["GlobalAveragePooling1D '", "Masking"])


@pytest.mark.parametrize("change", [
    {"module": "my_layers", "registered_name": None},
    {"module": None, "registered_name": "Custom>Conv2D"},
])
def test_classes_of_others_with_names_of_keras(mtl_export, tmp_path, change):
    small().save(tmp_path / "m.keras")

    def renamed(config):
        config["config"]["layers"][1].update(change)
        return config
    changed_archive(tmp_path / "m.keras", renamed)
    mtl_export.refuses(
        tmp_path / "m.keras", "-o", tmp_path / "m.mtl", status=1,
        words=["Conv2D 'conv'", "not supported"])


def test_models_with_code_of_their_own(mtl_export, tmp_path):
    class Trained(keras.Model):
        """Trains in a way of its own."""

    entry = keras.Input((6, 6, 3))
    shaken(Trained(entry, layers.Conv2D(2, 3)(entry))).save(tmp_path / "m.keras")
    out, _ = mtl_export(tmp_path / "m.keras", "-o", tmp_path / "m.mtl")
    assert "note: what the code of its class 'Trained' does" in out
