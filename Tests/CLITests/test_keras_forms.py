"""The forms in which Keras and its users write models: nested, shared, by order, split, renamed."""

import json
import os
import shutil
import zipfile

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
keras = pytest.importorskip("keras")
h5py = pytest.importorskip("h5py")

from keras_files import agrees, changed_h5, inputs, run, shaken  # noqa: E402

layers = keras.layers
ops = keras.ops


def base(frozen=()):
    """What a user takes from elsewhere; the layers of these places are not trained."""
    entry = keras.Input((12, 12, 3))
    x = layers.Conv2D(4, 3, padding="same", name="first")(entry)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Conv2D(4, 3, padding="same", name="second")(x)
    x = layers.BatchNormalization(name="norm2")(x)
    model = keras.Model(entry, layers.Conv2D(4, 3, name="third")(x), name="base")
    for place in frozen:
        model.layers[place].trainable = False
    return model


def transfer(frozen=(), inner=None):
    entry = keras.Input((12, 12, 3))
    x = (inner or base(frozen))(entry)
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return shaken(keras.Model(entry, layers.Dense(3, activation="softmax", name="answer")(x)))


def as_keras_2(path, rename=lambda name: name):
    """The .h5 file as Keras 2 writes it: inputs of layers as lists, names of weights with ":0", and
    calls of a model counted behind that of its own inputs."""
    def old(config):
        inner = {layer["config"]["name"] for layer in config["config"]["layers"]
                 if "layers" in layer["config"]}

        def reference(tensor):
            layer, node, index = tensor["config"]["keras_history"]
            return [layer, node + (layer in inner), index, {}]

        for layer in config["config"]["layers"]:
            if "layers" in layer["config"]:
                old(layer)
            layer["inbound_nodes"] = [
                [reference(tensor) for tensor in
                 (node["args"][0] if isinstance(node["args"][0], list) else node["args"])]
                for node in layer.get("inbound_nodes", [])]
        for key in ("input_layers", "output_layers"):
            ends = config["config"][key]
            config["config"][key] = [ends] if isinstance(ends[0], str) else ends
        return config

    changed_h5(path, old, keras_version="2.4.0")
    with h5py.File(path, "r+") as file:
        for group in file["model_weights"].values():
            names = []
            for name in group.attrs.get("weight_names", []):
                parts = name.split("/")
                # Keras 2 has the layer, and not what that stands in.
                new = "/".join([rename(parts[-2]), parts[-1] + ":0"])
                group.move(name, new)
                names.append(new)
            if names:
                group.attrs["weight_names"] = names


@pytest.mark.parametrize("frozen", [(), (1, 2, 3, 4, 5), (2,), (1, 2)])
@pytest.mark.parametrize("form", ["keras", "h5", "keras 2", "keras 2, renamed"])
def test_a_model_within_a_model(mtl_export, mtl_run, tmp_path, form, frozen):
    model = transfer(frozen)
    path = tmp_path / ("m.keras" if form == "keras" else "m.h5")
    model.save(path)
    if form.startswith("keras 2"):
        as_keras_2(path, (lambda name: f"{name}_of_another") if "renamed" in form else str)
    x = inputs(model)
    agrees(mtl_export, mtl_run, tmp_path, path, x, model.predict(x, verbose=0))


def test_weights_whose_order_is_not_clear(mtl_export, tmp_path):
    """Trained weights stand first, or those of each layer do: names must tell."""
    entry = keras.Input((6, 6, 3))
    first = layers.Conv2D(3, 3, padding="same", name="a", use_bias=False)
    first.trainable = False
    inner = keras.Model(entry, layers.Conv2D(
        3, 3, padding="same", name="b", use_bias=False)(first(entry)), name="inner")
    outer = keras.Input((6, 6, 3))
    shaken(keras.Model(outer, layers.Flatten()(inner(outer)))).save(tmp_path / "m.h5")
    as_keras_2(tmp_path / "m.h5", lambda name: {"a": "x", "b": "y"}.get(name, name))
    mtl_export.refuses(
        tmp_path / "m.h5", "-o", tmp_path / "m.mtl", status=1, words=["not clear"])


@pytest.mark.parametrize("rename", [
    lambda name: name + "_1", lambda name: name + "_1_1", lambda name: "model_3/" + name,
    lambda name: "anything", lambda name: "x/y/z",
])
def test_weights_by_order(mtl_export, mtl_run, tmp_path, rename):
    """conv2d_1_1/kernel:0 in the group of conv2d_1."""
    model = shaken(keras.Sequential([
        keras.Input((6, 6, 3)), layers.Conv2D(4, 3), layers.BatchNormalization(),
        layers.SeparableConv2D(3, 2), layers.Flatten(), layers.Dense(2)]))
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        for layer, group in file["model_weights"].items():
            names = list(group.attrs.get("weight_names", []))
            new = [f"{rename(layer)}/{name.split('/')[-1]}:0" for name in names]
            for old, name in zip(names, new):
                group.move(old, name)
            if new:
                group.attrs["weight_names"] = new
    x = inputs(model)
    agrees(mtl_export, mtl_run, tmp_path, tmp_path / "m.h5", x, model.predict(x, verbose=0))


def test_slashes_in_names_of_layers(mtl_export, mtl_run, tmp_path):
    """conv1/conv and conv1/bn, as in DenseNet of Keras 2."""
    model = shaken(keras.Sequential([
        keras.Input((6, 6, 3)), layers.Conv2D(4, 3, name="conv1_conv"),
        layers.BatchNormalization(name="conv1_bn"), layers.Flatten(name="flat")]))
    path = tmp_path / "m.h5"
    model.save(path)

    def slashed(config):
        return json.loads(json.dumps(config).replace("conv1_", "conv1/"))
    changed_h5(path, slashed, keras_version="2.4.0")
    with h5py.File(path, "r+") as file:
        group = file["model_weights"]
        group.attrs["layer_names"] = [
            name.replace("conv1_", "conv1/") for name in group.attrs["layer_names"]]
        for name in ("conv1_conv", "conv1_bn"):
            target = name.replace("conv1_", "conv1/")
            new = []
            for weight in group[name].attrs["weight_names"]:
                renamed = f"{target}/{weight.split('/')[-1]}:0"
                group[f"{target}/{renamed}"] = group[name][weight][()]
                new.append(renamed)
            del group[name]
            group[target].attrs["weight_names"] = new
    x = inputs(model)
    agrees(mtl_export, mtl_run, tmp_path, path, x, model.predict(x, verbose=0))


def test_weights_of_layers_of_other_names(mtl_export, mtl_run, tmp_path):
    """Numbers behind names go on from one model to the next in a session."""
    def make():
        return shaken(keras.Sequential([
            keras.Input((6, 6, 3)), layers.Conv2D(4, 3), layers.Conv2D(4, 3), layers.Flatten()]))
    model, other = make(), make()
    model.save(tmp_path / "m.h5")
    (tmp_path / "net.json").write_text(other.to_json())
    x = inputs(model)
    agrees(mtl_export, mtl_run, tmp_path, tmp_path / "m.h5", x, model.predict(x, verbose=0),
           "--net", tmp_path / "net.json")


def without_names(data):
    """The weights of an archive before Keras 3.6, whose groups do not say whose they are."""
    import io
    content = io.BytesIO(data)
    with h5py.File(content, "r+") as file:
        def clear(_, thing):
            for key in list(thing.attrs):
                del thing.attrs[key]
        file.visititems(clear)
    return content.getvalue()


def doubled(data):
    """As TensorFlow 2.13 wrote it: layers with weights are counted twice."""
    import io
    content = io.BytesIO(data)
    with h5py.File(content, "r+") as file:
        file.move("layers", "_layer_checkpoint_dependencies")
        group = file["_layer_checkpoint_dependencies"]
        for number in (2, 1):
            group.move(f"conv2d_{number}", f"conv2d_{2 * number}")
    return content.getvalue()


def backslashes(data):
    """As Keras 2 wrote it on Windows: `layers\\conv2d` is the name of one group."""
    import io
    content = io.BytesIO(data)
    with h5py.File(content, "r+") as file:
        for folder in ("layers", "_layer_checkpoint_dependencies"):
            for name in list(file.get(folder, [])):
                for inner in list(file[folder][name].get("layers", [])):
                    flat = "\\".join([folder, name, "layers", inner])
                    file.move(f"{folder}/{name}/layers/{inner}", flat)
                file.move(f"{folder}/{name}", f"{folder}\\{name}")
            if folder in file:
                del file[folder]
    return content.getvalue()


@pytest.mark.parametrize("forms", [
    [without_names], [without_names, doubled], [without_names, backslashes],
    [without_names, doubled, backslashes]])
def test_archives_of_older_versions(mtl_export, mtl_run, tmp_path, forms):
    model = shaken(keras.Sequential([
        keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="c"), layers.ReLU(),
        layers.Conv2D(4, 3, name="a"), layers.BatchNormalization(), layers.PReLU(),
        layers.Conv2D(4, 1, name="b"), keras.Sequential([
            keras.Input((4, 4, 4)), layers.LayerNormalization(), layers.Dense(2, name="d")]),
        layers.Flatten()]))
    path = tmp_path / "m.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    for form in forms:
        entries["model.weights.h5"] = form(entries["model.weights.h5"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    x = inputs(model)
    agrees(mtl_export, mtl_run, tmp_path, path, x, model.predict(x, verbose=0))


def test_files_of_the_other_kind(mtl_export, mtl_run, tmp_path):
    """Before TensorFlow 2.12 a .keras file was HDF5."""
    model = transfer()
    x = inputs(model)
    for first, second in (("h5", "keras"), ("keras", "h5")):
        model.save(tmp_path / f"first.{first}")
        shutil.move(tmp_path / f"first.{first}", tmp_path / f"m.{second}")
        agrees(
            mtl_export, mtl_run, tmp_path, tmp_path / f"m.{second}", x,
            model.predict(x, verbose=0))


def test_attributes_in_pieces(mtl_export, mtl_run, tmp_path):
    """What does not fit into one attribute is split; or the file has room for large ones."""
    model = shaken(keras.Sequential([
        keras.Input((6, 6, 3)), layers.Conv2D(4, 3), layers.BatchNormalization(),
        layers.Flatten()]))
    x = inputs(model)
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        for thing, key in [(file["model_weights"], "layer_names")] + [
                (group, "weight_names") for group in file["model_weights"].values()
                if len(group.attrs.get("weight_names", [])) > 1]:
            names = list(thing.attrs[key])
            del thing.attrs[key]
            for number, name in enumerate(names):
                thing.attrs[f"{key}{number}"] = [name]
    agrees(mtl_export, mtl_run, tmp_path, tmp_path / "m.h5", x, model.predict(x, verbose=0))
    with h5py.File(tmp_path / "m.h5") as old, h5py.File(
            tmp_path / "large.h5", "w", libver="latest") as new:
        old.copy("model_weights", new)
        config = json.loads(old.attrs["model_config"])
        config["config"]["note"] = "x" * 100_000
        new.attrs["model_config"] = np.bytes_(json.dumps(config))
        new.attrs["keras_version"] = "3.0.0"
    agrees(mtl_export, mtl_run, tmp_path, tmp_path / "large.h5", x, model.predict(x, verbose=0))


def flow(entry):
    """Slices, arithmetic with tensors and numbers on both sides, functions."""
    x = entry[..., ::-1]
    x = x - np.array([1.0, 2.0, 3.0], np.float32)
    x = 1 - x / 2
    x = -(x ** 2) + 0.5
    x = x[:, 1:-1, ::2]
    x = layers.Conv2D(4, 3, padding="same")(x)
    x = x * layers.Activation("sigmoid")(x)
    x = ops.mean(ops.relu(x), axis=[1, 2])
    x = ops.concatenate([x, x * 2], axis=-1)
    x = ops.squeeze(ops.softmax(ops.expand_dims(x, 1)), 1)
    x = ops.reshape(ops.stack([x, x[:, ::-1]], axis=1), (-1, 16))
    return ops.exp(ops.clip(x, 0.01, 0.2))


def again(entry):
    """Layers that are called again with what later ones made."""
    conv = layers.Conv2D(3, 3, padding="same")
    point = layers.Conv2D(3, 1)
    x = conv(entry)
    y = conv(point(x))
    return layers.Flatten()(point(layers.Add()([x, y])))


def preprocessed(entry):
    grown = keras.Sequential([
        layers.RandomFlip("horizontal"), layers.RandomRotation(0.1), layers.RandomZoom(0.1)])
    x = layers.RandomContrast(0.2)(layers.Rescaling(1 / 127.5, offset=-1)(grown(entry)))
    x = layers.CenterCrop(6, 5)(layers.Resizing(9, 11)(x))
    return layers.Flatten()(layers.Conv2D(3, 3)(x))


def attention(entry):
    x = layers.Reshape((16, 8))(layers.Conv2D(8, 2, 2)(entry))
    y = layers.LayerNormalization()(x)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 4, value_dim=3)(y, y)])
    x = layers.MultiHeadAttention(2, 4, use_bias=False)(x, y, key=x)
    x = layers.TimeDistributed(layers.Dense(5, activation="relu"))(x)
    return layers.GlobalAveragePooling1D()(x)


def activations(entry):
    x = layers.Conv2D(4, 3, activation=layers.LeakyReLU(0.1))(entry)
    x = layers.Dense(4, activation=layers.ReLU(1.0, 0.1))(x)
    for name in ("gelu", "swish", "hard_sigmoid", "softsign", "mish", "hard_tanh", "celu",
                 "log_sigmoid", "tanh_shrink", "soft_shrink", "hard_shrink", "log_softmax"):
        x = layers.Activation(name)(layers.Dense(4)(x))
    return layers.Flatten()(x)


@pytest.mark.parametrize("suffix", ["h5", "keras"])
@pytest.mark.parametrize("make", [flow, again, preprocessed, attention, activations])
def test_models_of_many_parts(mtl_export, mtl_run, tmp_path, make, suffix):
    entry = keras.Input((8, 8, 3))
    model = shaken(keras.Model(entry, make(entry)))
    model.save(tmp_path / f"m.{suffix}")
    x = inputs(model, 4.0)
    agrees(
        mtl_export, mtl_run, tmp_path, tmp_path / f"m.{suffix}", x, model.predict(x, verbose=0))


@pytest.mark.parametrize("name", ["vgg16", "mobilenet_v2", "densenet"])
def test_preprocessing_within_the_model(mtl_export, mtl_run, tmp_path, name):
    entry = keras.Input((8, 8, 3))
    x = getattr(keras.applications, name).preprocess_input(entry)
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(x))
    model = shaken(keras.Model(entry, layers.Activation("tanh")(x * 0.01)))
    model.save(tmp_path / "m.keras")
    x = inputs(model, 255.0)
    agrees(
        mtl_export, mtl_run, tmp_path, tmp_path / "m.keras", x, model.predict(x, verbose=0))


def test_channels_first(mtl_export, mtl_run, tmp_path):
    """Layers that Keras computes so on a CPU."""
    first = {"data_format": "channels_first"}
    entry = keras.Input((3, 8, 7))
    x = layers.ZeroPadding2D(((1, 0), (0, 2)), **first)(entry)
    x = layers.UpSampling2D(2, **first)(layers.BatchNormalization(axis=1)(x))
    y = layers.GlobalAveragePooling2D(**first)(layers.Cropping2D(1, **first)(x))
    model = shaken(keras.Model(
        entry, layers.Concatenate()([layers.Flatten(**first)(x), y])))
    model.save(tmp_path / "m.keras")
    x = inputs(model)
    agrees(
        mtl_export, mtl_run, tmp_path, tmp_path / "m.keras", x, model.predict(x, verbose=0))


def test_tensors_of_different_ranks(mtl_export, mtl_run, tmp_path):
    """A layer puts the missing axes behind the images, an operation in front."""
    entry = keras.Input((4, 5))
    x = layers.Add()([entry, layers.Dense(5)(layers.GlobalAveragePooling1D()(entry))])
    model = shaken(keras.Model(entry, layers.Flatten()(x)))
    model.save(tmp_path / "m.keras")
    x = inputs(model)
    agrees(
        mtl_export, mtl_run, tmp_path, tmp_path / "m.keras", x, model.predict(x, verbose=0))


def tensorflow_functions(path, config):
    """A .h5 file of Keras 2 that calls functions of TensorFlow on its input."""
    changed_h5(path, lambda _: config, keras_version="2.4.0")


def old_model(steps):
    """The input, steps, and a layer that flattens; each step is a layer, its settings, its call."""
    listed = [{"class_name": "InputLayer", "name": "in", "inbound_nodes": [],
               "config": {"name": "in", "batch_input_shape": [None, 5, 5, 3],
                          "dtype": "float32", "sparse": False}}]
    for number, (kind, settings, call) in enumerate(steps):
        listed.append({
            "class_name": kind, "name": f"s{number}", "inbound_nodes": [call],
            "config": {"name": f"s{number}", "trainable": True, "dtype": "float32", **settings}})
    last = f"s{len(steps) - 1}"
    listed.append({"class_name": "Flatten", "name": "flat", "inbound_nodes": [[[last, 0, 0, {}]]],
                   "config": {"name": "flat", "data_format": "channels_last"}})
    return {"class_name": "Functional", "config": {
        "name": "m", "layers": listed, "input_layers": [["in", 0, 0]],
        "output_layers": [["flat", 0, 0]]}}


def node(op, inputs, **attributes):
    return {"node_def": {"name": op, "op": op, "input": inputs,
                         "attr": {"T": {"type": "DT_FLOAT"}, **attributes}}}


FUNCTIONS = [
    # x[..., ::-1], 1 - x, x / 2, tf.nn.bias_add, tf.maximum(x, y)
    ("SlicingOpLambda", {"function": "__operators__.getitem"},
     ["in", 0, 0, {"slice_spec": [{"class_name": "__ellipsis__"},
                                  {"start": None, "stop": None, "step": -1}]}]),
    ("TFOpLambda", {"function": "math.subtract"},
     ["_CONSTANT_VALUE", -1, 1.0, {"y": ["s0", 0, 0], "name": None}]),
    ("TFOpLambda", {"function": "math.truediv"}, ["s1", 0, 0, {"y": 2, "name": None}]),
    ("TFOpLambda", {"function": "nn.bias_add"},
     ["s2", 0, 0, {"bias": [1.0, 2.0, 3.0], "data_format": "NHWC"}]),
    ("TFOpLambda", {"function": "math.maximum"}, ["s3", 0, 0, {"y": ["s1", 0, 0]}]),
]
OPERATORS = [
    ("TensorFlowOpLayer",
     {**node("StridedSlice", ["in", "b", "e", "s"], ellipsis_mask={"i": "1"},
             begin_mask={"i": "2"}, end_mask={"i": "2"}, shrink_axis_mask={"i": "0"},
             new_axis_mask={"i": "0"}, Index={"type": "DT_INT32"}),
      "constants": {"1": [0, 0], "2": [0, 0], "3": [1, -1]}}, [["in", 0, 0, {}]]),
    ("TensorFlowOpLayer", {**node("Sub", ["c", "s0"]), "constants": {"0": 1.0}},
     [["s0", 0, 0, {}]]),
    ("TensorFlowOpLayer", {**node("RealDiv", ["s1", "c"]), "constants": {"1": 2.0}},
     [["s1", 0, 0, {}]]),
    ("TensorFlowOpLayer",
     {**node("BiasAdd", ["s2", "c"], data_format={"s": "TkhXQw=="}),
      "constants": {"1": [1.0, 2.0, 3.0]}}, [["s2", 0, 0, {}]]),
    ("TensorFlowOpLayer", node("Maximum", ["s3", "s1"]), [["s3", 0, 0, {}], ["s1", 0, 0, {}]]),
]


@pytest.mark.parametrize("steps", [FUNCTIONS, OPERATORS])
def test_functions_of_tensorflow(mtl_export, mtl_run, tmp_path, steps):
    keras.Sequential([keras.Input((5, 5, 3)), layers.Flatten()]).save(tmp_path / "m.h5")
    tensorflow_functions(tmp_path / "m.h5", old_model(steps))
    x = np.random.default_rng(1).random((3, 5, 5, 3)).astype(np.float32)
    turned = 1 - x[..., ::-1]
    expected = np.maximum(turned / 2 + np.float32([1, 2, 3]), turned)
    agrees(
        mtl_export, mtl_run, tmp_path, tmp_path / "m.h5", x, expected.reshape(3, -1))


@pytest.mark.parametrize("kind, settings, call, words", [
    ("TFOpLambda", {"function": "math.cumsum"}, ["in", 0, 0, {}], "math.cumsum"),
    ("TFOpLambda", {"function": "math.subtract"}, ["in", 0, 0, {"y": 1.0, "mode": "x"}], "mode"),
    ("TFOpLambda", {"function": "math.subtract"}, ["in", 0, 0, {"y": "one"}], "y"),
    ("TensorFlowOpLayer", node("Cumsum", ["in"]), [["in", 0, 0, {}]], "Cumsum"),
    ("TensorFlowOpLayer", node("Neg", ["in"], made_up={"b": True}), [["in", 0, 0, {}]],
     "made_up"),
    ("SlicingOpLambda", {"function": "__operators__.getitem"},
     ["in", 0, 0, {"slice_spec": [{"start": 1, "stop": None, "step": None}]}], "images"),
])
def test_functions_that_are_not_understood(mtl_export, tmp_path, kind, settings, call, words):
    keras.Sequential([keras.Input((5, 5, 3)), layers.Flatten()]).save(tmp_path / "m.h5")
    tensorflow_functions(tmp_path / "m.h5", old_model([(kind, settings, call)]))
    mtl_export.refuses(
        tmp_path / "m.h5", "-o", tmp_path / "m.mtl", status=1, words=[f"{kind} 's0'", words])


def test_inputs_of_whole_numbers(mtl_export, mtl_run, tmp_path):
    entry = keras.Input((6, 6, 3), dtype="uint8")
    model = shaken(keras.Model(entry, layers.Conv2D(2, 3)(layers.Rescaling(1 / 255)(entry))))
    model.save(tmp_path / "m.keras")
    pixels = np.random.default_rng(1).integers(0, 256, (2, 6, 6, 3)).astype(np.float32)
    mtl_export(tmp_path / "m.keras", "-o", tmp_path / "m.mtl")
    found = run(mtl_run, tmp_path / "m.mtl", tmp_path, pixels)["y.npy"]
    np.testing.assert_allclose(found, model.predict(pixels.astype(np.uint8), verbose=0), atol=1e-5)
    keras.Model(entry, layers.Flatten()(entry * 2)).save(tmp_path / "m.keras")
    mtl_export.refuses(
        tmp_path / "m.keras", "-o", tmp_path / "m.mtl", status=1, words=["whole numbers"])
