"""Writes Tests/FuzzSeeds: small images of every kind, .npy files, ONNX and Keras models, where the
fuzzers begin.

Run by hand when a kind is added: python3 Tests/python/fuzz_seeds.py
"""

import io
import json
import pathlib
import sys
import tempfile
import zipfile

import numpy as np
from PIL import Image

import png_writer
from test_decode import exif_block, picture, saved

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "CLITests"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))

import onnx_models  # noqa: E402

SEEDS = pathlib.Path(__file__).resolve().parents[1] / "FuzzSeeds"


def images():
    """Name to bytes; the names tell width, height and EXIF orientation."""
    image = Image.fromarray(picture(12, 9))
    gray = Image.fromarray(picture(12, 9)[..., 0])
    rgba = Image.fromarray(picture(12, 9, channels=4))
    exif = b"Exif\0\0" + exif_block(6, big_endian=True)
    frames = [image, Image.fromarray(picture(12, 9)[::-1])]
    noise = np.random.default_rng(0).integers(0, 65536, (9, 12, 4))
    palette = bytes(range(48))
    indexes = np.arange(12 * 9).reshape(9, 12, 1) % 16
    return {
        "baseline_12x9_6.jpg": saved(image, "JPEG", quality=50, exif=exif),
        "progressive_12x9_1.jpg": saved(image, "JPEG", quality=50, progressive=True),
        "gray_12x9_1.jpg": saved(gray, "JPEG", quality=50),
        "cmyk_12x9_1.jpg": saved(image.convert("CMYK"), "JPEG", quality=50),
        "restart_12x9_1.jpg": saved(image, "JPEG", quality=50, restart_marker_blocks=1),
        "palette_12x9_8.png": png_writer.png(
            indexes, png_writer.PALETTE, 4,
            extra=[(b"PLTE", palette), (b"tRNS", b"\0\x80"), (b"eXIf", exif_block(8))]),
        "rgba16_12x9_1.png": png_writer.png(noise, png_writer.RGBA, 16, interlaced=True),
        "bits_12x9_1.png": png_writer.png(indexes % 2, png_writer.GRAY, 1),
        "lossy_12x9_3.webp": saved(image, "WEBP", quality=50, exif=exif_block(3)),
        "lossless_12x9_1.webp": saved(image, "WEBP", lossless=True),
        "alpha_12x9_1.webp": saved(rgba, "WEBP", quality=50),
        "moving_12x9_1.webp": saved(
            frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=50),
        "moving.gif": saved(gray, "GIF"),
    }


def arrays():
    out = {}
    for name, dtype in (("f4", "<f4"), ("f8", "<f8"), ("u1", "|u1"), ("i8", "<i8")):
        for version in ((1, 0), (2, 0), (3, 0)):
            file = io.BytesIO()
            np.lib.format.write_array(file, np.arange(6).reshape(2, 3).astype(dtype), version)
            out[f"{name}_{version[0]}.npy"] = file.getvalue()
    file = io.BytesIO()
    np.save(file, np.asfortranarray(np.ones((2, 2), np.float32)))
    out["fortran.npy"] = file.getvalue()
    return out


def models():
    makers = (
        onnx_models.shape_arithmetic, onnx_models.channel_shuffle,
        onnx_models.squeeze_and_excite, onnx_models.two_heads, onnx_models.functions,
    )
    return {f"{make.__name__}.onnx": make().SerializeToString() for make in makers}


def keras_models():
    """Archives and .h5 files by name; archives once with their entries deflated."""
    import keras
    import test_import_keras
    archives, files = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for make in (small_sequence, test_import_keras.functional):
            model, name = make(), make.__name__
            keras.utils.set_random_seed(1)
            path = pathlib.Path(folder) / "m.keras"
            model.save(path)
            with zipfile.ZipFile(path) as archive:
                config = archive.read("config.json")
            archives[f"{name}.json"] = config
            for method, kind in ((zipfile.ZIP_STORED, ""), (zipfile.ZIP_DEFLATED, "_deflated")):
                made = io.BytesIO()
                with zipfile.ZipFile(made, "w", method) as archive:
                    archive.writestr(zipfile.ZipInfo("config.json"), config, method)
                archives[f"{name}{kind}.keras"] = made.getvalue()
        small = small_sequence()
        small.save(pathlib.Path(folder) / "m.h5")
        files["small_sequence.h5"] = (pathlib.Path(folder) / "m.h5").read_bytes()
    return archives, files


def small_sequence():
    import keras
    return keras.Sequential([
        keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 3, name="c"), keras.layers.Flatten(),
        keras.layers.Dense(2, name="d")])


def keras_configurations():
    """What models of many kinds say of themselves, and such as Keras 2 wrote."""
    import keras
    import test_keras_forms
    from keras_conformance import forms
    texts = {f"{make.__name__}.json": make(keras, True).to_json() for make in forms.MODELS}
    for name, steps in (("functions", test_keras_forms.FUNCTIONS),
                        ("operators_of_graphs", test_keras_forms.OPERATORS)):
        texts[f"{name}.json"] = json.dumps(test_keras_forms.old_model(steps))
    return {name: text.encode() for name, text in texts.items()}


def main():
    archives, files = keras_models()
    archives.update(keras_configurations())
    kinds = {"keras": archives, "hdf5": files, "decoder": images(), "numpy": arrays(),
             "onnx": models()}
    for folder, files in kinds.items():
        (SEEDS / folder).mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (SEEDS / folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
