"""Runs in the environment of one version of Keras: python -m keras_conformance.worker MODULE FOLDER

Writes each model of `forms` in each form that the version can write, and its predictions.
"""

import importlib
import json
import os
import pathlib
import sys

import numpy as np

from . import forms

SUFFIXES = ("h5", "keras", "weights.h5")


def main(module, folder):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    keras = importlib.import_module(module)
    is_three = keras.__version__.startswith("3.")
    folder = pathlib.Path(folder)
    report = []
    for make in forms.MODELS:
        name = make.__name__
        try:
            model = disturbed(make(keras, is_three))
        except (TypeError, ValueError, AttributeError, NotImplementedError) as fault:
            report.append({"name": name, "suffix": "", "fault": short(fault)})
            continue
        shape = model.inputs[0].shape[1:]
        x = np.random.default_rng(1).random((3, *shape)).astype(np.float32) * 4
        np.savez(folder / f"{name}.npz", x=x, y=model.predict(x, verbose=0))
        for suffix in SUFFIXES:
            report.append({"name": name, "suffix": suffix,
                           "fault": saved(model, folder / f"{name}.{suffix}", suffix)})
    code = forms.subclass(keras)
    report.append({"name": "subclass", "suffix": "keras",
                   "fault": saved(code, folder / "subclass.keras", "keras")})
    (folder / "report.json").write_text(json.dumps(report))


def disturbed(model):
    """With weights and statistics that are none of them 0 or 1."""
    random = np.random.default_rng(7)
    for weight in model.weights:
        if "float" in str(weight.dtype):
            values = random.standard_normal(weight.shape) * 0.3
            is_variance = "variance" in getattr(weight, "path", weight.name)
            weight.assign(np.abs(values) + 0.5 if is_variance else values)
    return model


def saved(model, path, suffix):
    """Why the version cannot write the file, or None."""
    try:
        if suffix == "weights.h5":
            path.with_suffix("").with_suffix(".json").write_text(model.to_json())
            model.save_weights(path)
        else:
            model.save(path)
    except (TypeError, ValueError, NotImplementedError, OSError) as fault:
        path.unlink(missing_ok=True)
        return short(fault)
    return None


def short(fault):
    return " ".join(str(fault).split())[:80]


if __name__ == "__main__":
    main(*sys.argv[1:])
