"""mtl-export model.h5 and model.keras, and the file through mtl-run beside Keras."""

import os
import signal
import struct
import subprocess
import zipfile

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
keras = pytest.importorskip("keras")
h5py = pytest.importorskip("h5py")

from keras_files import run, shaken  # noqa: E402

layers = keras.layers


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


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("kernel, strides, extra", [
    (3, 2, None), (2, 2, None), (2, 3, None), (1, 2, None), (5, 1, None), (4, 3, None),
    ((3, 2), (1, 2), None), (3, 2, 1), (3, 2, 0), (4, 3, 2), (5, 2, 1),
])
def test_transposed_convolutions(
        mtl_export, mtl_run, tmp_path, padding, kernel, strides, extra):
    model = shaken(keras.Sequential([
        keras.Input((5, 6, 3)),
        layers.Conv2DTranspose(4, kernel, strides, padding, output_padding=extra)]))
    model.save(tmp_path / "m.keras")
    mtl_export(tmp_path / "m.keras", "-o", tmp_path / "m.mtl")
    x = np.random.default_rng(1).random((2, 5, 6, 3)).astype(np.float32)
    found = run(mtl_run, tmp_path / "m.mtl", tmp_path, x)["y.npy"]
    np.testing.assert_allclose(found, model.predict(x, verbose=0), atol=1e-5)


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_layers_that_number_their_weights(mtl_export, mtl_run, tmp_path, suffix):
    """ConvNeXt's layer of its own has weights named variable, variable_1, and so on."""
    convnext = pytest.importorskip("keras.src.applications.convnext")
    model = shaken(keras.Sequential([
        keras.Input((4, 4, 3)), convnext.LayerScale(1e-6, 3), layers.Conv2D(3, 1),
        convnext.LayerScale(1e-6, 3), layers.GlobalAveragePooling2D()]))
    model.save(tmp_path / f"m.{suffix}")
    mtl_export(tmp_path / f"m.{suffix}", "-o", tmp_path / "m.mtl")
    x = np.random.default_rng(1).random((2, 4, 4, 3)).astype(np.float32)
    found = run(mtl_run, tmp_path / "m.mtl", tmp_path, x)["y.npy"]
    np.testing.assert_allclose(found, model.predict(x, verbose=0), atol=1e-5)


def test_every_layer_that_is_not_known_is_named(mtl_export, tmp_path):
    model = keras.Sequential([
        keras.Input((8, 4)), layers.LSTM(4, return_sequences=True), layers.GRU(3),
    ])
    for suffix in ("h5", "keras"):
        model.save(tmp_path / f"m.{suffix}")
        out, err = mtl_export(
            tmp_path / f"m.{suffix}", "-o", tmp_path / "m.mtl", status=1)
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


def children(process):
    """Identifiers of a process's children."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit():
                with open(f"/proc/{entry}/stat") as stat:
                    if int(stat.read().rpartition(")")[2].split()[1]) == process.pid:
                        found.append(entry)
        except OSError:
            continue
    return found


def seccomp(process):
    try:
        with open(f"/proc/{process}/status") as status:
            return int(dict(line.split(":", 1) for line in status)["Seccomp"])
    except (OSError, KeyError, ValueError):
        return None


def test_what_reads_hdf5_is_confined(mtl_export, tmp_path):
    """Seen from outside while it reads; the export is whole nevertheless."""
    if seccomp("self") is None:
        pytest.skip("this system does not tell")
    model = keras.Sequential([keras.Input((1500,))] + [layers.Dense(1500) for _ in range(4)])
    model.save(tmp_path / "m.h5")
    exporting = subprocess.Popen(
        [mtl_export.path, tmp_path / "m.h5", "-o", tmp_path / "m.mtl"], stdout=subprocess.DEVNULL)
    seen = set()
    while exporting.poll() is None:
        seen.update(seccomp(child) for child in children(exporting))
    assert exporting.returncode == 0
    assert 2 in seen, seen


def test_weights_without_a_model(mtl_export, tmp_path):
    shaken(plain()).save_weights(tmp_path / "m.weights.h5")
    mtl_export.refuses(
        tmp_path / "m.weights.h5", "-o", tmp_path / "m.mtl", status=3, words=["weights", "--net"])


def keras_2_weights(model, path):
    """As save_weights of Keras 2 wrote them: a group for each layer, no model."""
    model.save(path.with_suffix(".whole.h5"))
    with h5py.File(path.with_suffix(".whole.h5")) as whole, h5py.File(path, "w") as alone:
        for name in whole["model_weights"]:
            whole.copy(f"model_weights/{name}", alone)
        for key, value in whole["model_weights"].attrs.items():
            alone.attrs[key] = value


@pytest.mark.parametrize("make", [plain, functional])
@pytest.mark.parametrize("writer", ["keras 2", "keras 3", "config.json"])
def test_weights_with_an_architecture(mtl_export, mtl_run, tmp_path, make, writer):
    model = shaken(make())
    net, weights = tmp_path / "net.json", tmp_path / "m.weights.h5"
    net.write_text(model.to_json())
    if writer == "keras 2":
        keras_2_weights(model, weights)
    else:
        model.save_weights(weights)
    if writer == "config.json":
        model.save(tmp_path / "m.keras")
        with zipfile.ZipFile(tmp_path / "m.keras") as archive:
            net.write_bytes(archive.read("config.json"))
    mtl_export(weights, "--net", net, "-o", tmp_path / "m.mtl")
    x = np.random.default_rng(2).random((2, *model.input_shape[1:])).astype(np.float32)
    expected = model.predict(x, verbose=0)
    found = run(mtl_run, tmp_path / "m.mtl", tmp_path, x)
    if make is plain:
        found, expected = {"y.npy": found["y.npy"]}, [expected]
    for ours, theirs in zip((found[name] for name in sorted(found)), expected):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_an_architecture_of_another_model(mtl_export, tmp_path):
    shaken(plain()).save_weights(tmp_path / "m.weights.h5")
    net = tmp_path / "net.json"
    for text, status, words in (
            (functional().to_json(), 1, "has no weights in the file"), ("{", 3, "--net: byte"),
            ("{}", 3, "names no model")):
        net.write_text(text)
        _, err = mtl_export(
            tmp_path / "m.weights.h5", "--net", net, "-o", tmp_path / "m.mtl", status=status)
        assert words in err


def repacked(path, change=lambda name, data: data, method=zipfile.ZIP_DEFLATED):
    """The archive again, its entries compressed."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, change(name, data))


def test_compressed_archives(mtl_export, mtl_run, tmp_path):
    model = shaken(functional())
    model.save(tmp_path / "m.keras")
    repacked(tmp_path / "m.keras")
    mtl_export(tmp_path / "m.keras", "-o", tmp_path / "m.mtl")
    x = np.random.default_rng(2).integers(0, 256, (2, 16, 16, 3)).astype(np.float32)
    found = run(mtl_run, tmp_path / "m.mtl", tmp_path, x)
    for name, expected in zip(("color", "kind"), model.predict(x, verbose=0)):
        np.testing.assert_allclose(found[f"y.{name}.npy"], expected, atol=1e-5)


def test_archives_that_are_refused(mtl_export, tmp_path):
    path = tmp_path / "m.keras"

    def refused(words):
        mtl_export.refuses(path, "-o", tmp_path / "m.mtl", status=3, words=[words])

    def fresh(**options):
        shaken(plain()).save(path)
        repacked(path, **options)
        return bytearray(path.read_bytes())

    fresh(change=lambda name, data: data + bytes(65 << 20 if name == "config.json" else 0))
    refused("at most 67108864 are read")
    fresh(method=zipfile.ZIP_LZMA)
    refused("method 14")
    for place, value, words in (
            (24, 60 << 20, "cannot have"),  # the size that the directory states
            (24, 5, "does not decompress"), (16, 5, "checksum"), (8, 1, "encrypted")):
        data = fresh()
        entry = data.index(b"PK\1\2")
        while not data[entry + 46:].startswith(b"config.json"):
            entry = data.index(b"PK\1\2", entry + 1)
        struct.pack_into("<H" if place == 8 else "<I", data, entry + place, value)
        path.write_bytes(data)
        refused(words)


@pytest.mark.parametrize("body, words", [
    ("raise(SIGSEGV);", f"broke down reading it, signal {int(signal.SIGSEGV)}"),
    ("raise(SIGABRT);", f"broke down reading it, signal {int(signal.SIGABRT)}"),
    ("for (volatile int i = 0;; i++) continue;", "came to no end"), ("_exit(0);", "broke down"),
])
def test_the_process_that_reads_hdf5_may_die(mtl_export, tmp_path, body, words):
    path = tmp_path / "m.h5"
    shaken(plain()).save(path)
    # Stands in the HDF5 library's place where numbers are read.
    (tmp_path / "stop.c").write_text(
        "#include <signal.h>\n#include <unistd.h>\n"
        f"int H5Dread(void) {{ {body} return -1; }}\n")
    library = tmp_path / "stop.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, tmp_path / "stop.c"], check=True)
    mtl_export.refuses(
        path, "-o", tmp_path / "m.mtl", status=3,
        words=[f"the HDF5 library {words}"],
        env={**os.environ, "LD_PRELOAD": str(library)})
