"""What the tests of Keras files share."""

import json
import zipfile

import numpy as np


def shaken(model):
    """With random weights and statistics everywhere, none of them 0 or 1 by default."""
    generator = np.random.default_rng(7)
    for weight in model.weights:
        if weight.dtype == "float32":
            values = generator.standard_normal(weight.shape) * 0.2
            is_variance = "variance" in weight.path
            weight.assign(np.abs(values) + 0.5 if is_variance else values)
    return model


def run(mtl_run, target, folder, x):
    """All outputs by the names of their files."""
    np.save(folder / "x.npy", x)
    mtl_run(target, "--input", folder / "x.npy", "--output", folder / "y.npy")
    return {path.name: np.load(path) for path in folder.glob("y*.npy")}


def inputs(model, scale=1.0):
    shape = [size or 2 for size in model.inputs[0].shape[1:]]
    values = np.random.default_rng(1).random((3, *shape)) * scale
    return values.astype(np.float32)


def agrees(mtl_export, mtl_run, folder, source, x, expected, *options):
    """Exports the file of one output, runs it, compares."""
    mtl_export(source, *options, "-o", folder / "m.mtl")
    found = run(mtl_run, folder / "m.mtl", folder, x)["y.npy"]
    np.testing.assert_allclose(found, expected, atol=1e-5 * max(1, np.abs(expected).max()))


def changed_h5(path, change, **attributes):
    """Edits the model's configuration in a .h5 file; `change` gets and returns what JSON says."""
    import h5py
    with h5py.File(path, "r+") as file:
        config = change(json.loads(file.attrs["model_config"]))
        file.attrs["model_config"] = json.dumps(config)
        for key, value in attributes.items():
            file.attrs[key] = value


def changed_archive(path, change):
    """The same of a .keras file."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    config = change(json.loads(entries["config.json"]))
    entries["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)


def set_in(kind, **settings):
    """A change of the settings of all layers of a class."""
    def change(config):
        for layer in config["config"]["layers"]:
            if layer["class_name"] == kind:
                layer["config"].update(settings)
        return config
    return change
