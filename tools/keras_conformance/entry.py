"""Options, the loop over the classifiers, and what became of each."""

import argparse
import os
import pathlib
import subprocess
import tempfile

import tool_environment
from . import versions

TOOL = "keras-conformance"

# One of each family, and the size of its images.
FAMILIES = {
    "ConvNeXtTiny": 64, "DenseNet121": 96, "EfficientNetB0": 96, "EfficientNetV2B0": 96,
    "InceptionResNetV2": 139, "InceptionV3": 139, "MobileNet": 96, "MobileNetV2": 96,
    "MobileNetV3Small": 96, "NASNetMobile": 224, "ResNet50": 96, "ResNet50V2": 96, "VGG16": 64,
    "Xception": 96,
}


def main(arguments):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    return tool_environment.run(TOOL, ["keras", "tensorflow"], options(), arguments, compare_all)


def options():
    parser = argparse.ArgumentParser(
        prog=f"tools/{TOOL}", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Exports classifiers of keras.applications with random weights and statistics\n"
        "from .h5 and .keras, and compares their probabilities with Keras's.",
        epilog="Examples: tools/keras-conformance --model MobileNetV2 --suffix h5\n"
        "          tools/keras-conformance --versions 3.0 current\n\n"
        "Exit status: 0 all within 1e-4, 1 some not, 2 wrong usage or Keras is missing.")
    parser.add_argument("--model", action="append", choices=sorted(FAMILIES),
                        help="of the families (default: all)")
    parser.add_argument("--suffix", action="append", choices=["h5", "keras"],
                        help="of the file (default: both)")
    parser.add_argument("--versions", nargs="*", choices=[*versions.VERSIONS], metavar="VERSION",
                        help="small models of many forms instead, each written by these versions "
                        f"of Keras: {', '.join(versions.VERSIONS)} (default: all); others than "
                        "the current one are installed under .build")
    parser.add_argument("--backend", help="the backend that runs them")
    return parser


def compare_all(chosen, prefix):
    if chosen.versions is not None:
        return versions.compare_all(chosen.versions or list(versions.VERSIONS), prefix)
    failed = 0
    for name in chosen.model or FAMILIES:
        with tempfile.TemporaryDirectory() as folder:
            failed += compare(name, chosen, prefix, pathlib.Path(folder))
    return 1 if failed else 0


def compare(name, chosen, prefix, folder):
    """Prints a line for each file; returns how many failed."""
    import numpy as np
    from . import random_models

    size = FAMILIES[name]
    model = random_models.classifier(name, size)
    images = random_models.images(4, size, seed=1)
    expected = model.predict(images, verbose=0)
    fault = random_models.fault(expected)
    np.save(folder / "x.npy", images)
    failed = 0
    for suffix in chosen.suffix or ["h5", "keras"]:
        source, target = folder / f"m.{suffix}", folder / "m.mtl"
        model.save(source)
        wrong = fault or run(prefix, chosen.backend, source, target, folder)
        verdict = f"FAILED, {wrong}"
        if not wrong:
            difference = float(np.max(np.abs(np.load(folder / "y.npy") - expected)))
            wrong = not difference <= 1e-4
            verdict = (f"{'FAILED' if wrong else 'passed'}, largest difference {difference:.2g}, "
                       f"probabilities {expected.min():.2g} to {expected.max():.2g}")
        failed += bool(wrong)
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
            return f"{pathlib.Path(command[0]).name}: {done.stderr.strip()[-600:]}"
    return None
