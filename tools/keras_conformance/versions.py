"""Files of several versions of Keras, each written by that version and imported."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import tool_environment

ENVIRONMENTS = tool_environment.ROOT / ".build" / "keras-versions"
HERE = pathlib.Path(__file__).resolve().parent

# What to install for each version; the rest is that of the tests.
VERSIONS = {
    "tf_keras": None, "3.0": ["keras==3.0.5", "dm-tree", "absl-py"], "3.4": ["keras==3.4.1"],
    "3.6": ["keras==3.6.0"], "current": [],
}


def compare_all(chosen, prefix):
    failed = 0
    for version in chosen:
        folder = environment(version)
        if folder is None:
            print(f"{version}: FAILED, it cannot be installed", flush=True)
            failed += 1
            continue
        with tempfile.TemporaryDirectory() as work:
            failed += compare(version, folder, prefix, pathlib.Path(work))
    return 1 if failed else 0


def packages(version):
    if version != "tf_keras":
        return VERSIONS[version]
    # Of the version of TensorFlow that it works with.
    import importlib.metadata as metadata
    names = {"tensorflow", "tensorflow-cpu", "tensorflow_cpu"}
    installed = [item.version for item in metadata.distributions()
                 if item.metadata["Name"] in names]
    return [f"tf_keras~={'.'.join(installed[0].split('.')[:2])}.0"]


def environment(version):
    """The folder with the version's packages, made if it is not there; None where that fails."""
    folder = ENVIRONMENTS / version
    wanted = packages(version)
    stamp = folder / "installed.txt"
    if not wanted or stamp.exists() and stamp.read_text() == "\n".join(wanted):
        return folder
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps",
         "--upgrade", "--target", folder, *wanted], check=False)
    if done.returncode:
        return None
    stamp.write_text("\n".join(wanted))
    return folder


def compare(version, folder, prefix, work):
    """Prints a line for each file; returns how many failed."""
    module = "tf_keras" if version == "tf_keras" else "keras"
    done = subprocess.run(
        [sys.executable, "-m", "keras_conformance.worker", module, work],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(HERE.parent)])},
        capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{version}: FAILED, {done.stderr.strip()[-600:]}", flush=True)
        return 1
    failed = 0
    for entry in json.loads((work / "report.json").read_text()):
        name = f"{version} {entry['name']}.{entry['suffix']}"
        if entry["fault"]:
            print(f"{name}: not written by this version: {entry['fault']}", flush=True)
            continue
        if entry["name"] == "subclass":
            wrong, said = refused(prefix, work / "subclass.keras", work)
        else:
            wrong, said = difference(prefix, entry, work)
        failed += wrong
        print(f"{name}: {'FAILED' if wrong else 'passed'}, {said}", flush=True)
    return failed


def refused(prefix, path, work):
    done = subprocess.run(
        [prefix / "bin" / "mtl-export", path, "-o", work / "m.mtl"], capture_output=True, text=True,
        check=False)
    is_good = done.returncode in (1, 3) and "made by code" in done.stderr
    return not is_good, "refused" if is_good else f"status {done.returncode}: {done.stderr}"


def difference(prefix, entry, work):
    import numpy as np
    arrays = np.load(work / f"{entry['name']}.npz")
    source = work / f"{entry['name']}.{entry['suffix']}"
    np.save(work / "x.npy", arrays["x"])
    options = ["--net", work / f"{entry['name']}.json"] if entry["suffix"] == "weights.h5" else []
    commands = [
        [prefix / "bin" / "mtl-export", source, *options, "-o", work / "m.mtl"],
        [prefix / "bin" / "mtl-run", work / "m.mtl", "--input", work / "x.npy", "--output",
         work / "y.npy"],
    ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return True, done.stderr.strip()[-600:]
    expected = arrays["y"]
    largest = float(np.max(np.abs(np.load(work / "y.npy") - expected)))
    wrong = not largest <= 1e-5 * max(1, np.abs(expected).max())
    return wrong, (f"largest difference {largest:.2g}, results {expected.min():.2g} to "
                   f"{expected.max():.2g}")
