"""Options, the loop over the classifiers, and what became of each."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# One of each family, and the size of its images; what is not named here has 96.
FAMILIES = {
    "ConvNeXtTiny": 64, "DenseNet121": 96, "EfficientNetB0": 96, "EfficientNetV2B0": 96,
    "InceptionResNetV2": 139, "InceptionV3": 139, "MobileNet": 96, "MobileNetV2": 96,
    "MobileNetV3Small": 96, "NASNetMobile": 224, "ResNet50": 96, "ResNet50V2": 96, "VGG16": 64,
    "Xception": 96,
}


def options(arguments):
    parser = argparse.ArgumentParser(
        prog="tools/keras-conformance",
        description="Exports classifiers of keras.applications with random weights from .h5 and "
        ".keras, and compares their probabilities with Keras's.",
        epilog="Exit status: 0 all within 1e-4, 1 some not.")
    parser.add_argument("--model", action="append", choices=sorted(FAMILIES),
                        help="of the families (default: all)")
    parser.add_argument("--suffix", action="append", choices=["h5", "keras"],
                        help="of the file (default: both)")
    parser.add_argument("--backend", help="the backend that runs them")
    return parser.parse_args(arguments)


def main(arguments):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    try:
        import keras  # noqa: F401
    except ImportError:
        return again_in_tests_environment(arguments)
    chosen = options(arguments)
    prefix = pathlib.Path(os.environ.get("MTL_PREFIX", ROOT / ".build" / "install"))
    if not (prefix / "bin" / "mtl-export").exists():
        raise SystemExit(f"tools/keras-conformance: run tools/install --prefix {prefix} first")
    failed = 0
    for name in chosen.model or FAMILIES:
        with tempfile.TemporaryDirectory() as folder:
            failed += compare(name, chosen, prefix, pathlib.Path(folder))
    return 1 if failed else 0


def again_in_tests_environment(arguments):
    python = ROOT / ".build" / "venv" / "bin" / "python"
    if pathlib.Path(sys.prefix) == python.parents[1] or not python.exists():
        raise SystemExit("tools/keras-conformance: run tools/setup --tests first")
    command = [python, ROOT / "tools" / "keras-conformance", *arguments]
    return subprocess.run(command, check=False).returncode


def shaken(name, size):
    """The classifier with random weights whose activations stay of one size, and random batch
    statistics: with Keras's own start every probability would be the same."""
    import keras
    import numpy as np
    model = getattr(keras.applications, name)(
        weights=None, input_shape=(size, size, 3), classes=10)
    generator = np.random.default_rng(len(name))
    for weight in model.weights:
        if len(weight.shape) > 1 or "float" not in str(weight.dtype):
            continue
        spread = generator.standard_normal(weight.shape) * 0.1
        is_factor = any(word in weight.path for word in ("gamma", "variance"))
        weight.assign(np.abs(1 + spread) if is_factor else spread)
    return model


def compare(name, chosen, prefix, folder):
    """Prints a line for each file; returns how many failed."""
    import numpy as np
    size = FAMILIES[name]
    model = shaken(name, size)
    images = np.random.default_rng(1).integers(0, 256, (2, size, size, 3)).astype(np.float32)
    expected = model.predict(images, verbose=0)
    np.save(folder / "x.npy", images)
    failed = 0
    for suffix in chosen.suffix or ["h5", "keras"]:
        source, target = folder / f"m.{suffix}", folder / "m.mtl"
        model.save(source)
        verdict = run(prefix, chosen.backend, source, target, folder)
        if verdict is None:
            found = np.load(folder / "y.npy")
            difference = float(np.max(np.abs(found - expected)))
            spread = float(np.max(expected) - np.min(expected))
            good = difference <= 1e-4
            verdict = (f"{'passed' if good else 'FAILED'}, largest difference {difference:.2g} "
                       f"in probabilities {spread:.2g} apart")
        else:
            good = False
        failed += not good
        print(f"{name}.{suffix}: {verdict}", flush=True)
    return failed


def run(prefix, backend, source, target, folder):
    """Exports and predicts; returns what went wrong, or None."""
    commands = [
        [prefix / "bin" / "mtl-export", source, "-o", target],
        [prefix / "bin" / "mtl-run", target, "--input", folder / "x.npy", "--output",
         folder / "y.npy", *(["--backend", backend] if backend else [])],
    ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"FAILED, {pathlib.Path(command[0]).name}: {done.stderr.strip()[-600:]}"
    return None
