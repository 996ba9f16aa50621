/// The Python program that runs a model by its framework.
enum FrameworkScript {
  /// Arguments: framework, model, architecture or an empty word, folder, number of inputs, names of
  /// inputs, names of outputs. Reads in0.npy … in the folder, writes out0.npy … and `version`.
  static let text = #"""
    import os, sys
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    import importlib.util
    import numpy as np

    framework, model, architecture, folder, count, *names = sys.argv[1:]
    inputs, outputs = names[:int(count)], names[int(count):]
    arrays = [np.load(os.path.join(folder, f"in{i}.npy")) for i in range(len(inputs))]


    def onnxruntime():
        import onnxruntime as engine
        options = engine.SessionOptions()
        options.log_severity_level = 3
        session = engine.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        types = {"float": "float32", "double": "float64", "float16": "float16", "bool": "bool"}
        feeds = {value.name: value.type[len("tensor("):-1] for value in session.get_inputs()}
        given = {name: array.astype(types.get(feeds[name], feeds[name]))
                 for name, array in zip(inputs, arrays) if name in feeds}
        return session.run(outputs, given), f"ONNX Runtime {engine.__version__}"


    def file_version():
        """The version of Keras that wrote the file; empty where it does not say."""
        import json, zipfile
        if zipfile.is_zipfile(model):
            with zipfile.ZipFile(model) as archive:
                if "metadata.json" in archive.namelist():
                    return json.loads(archive.read("metadata.json")).get("keras_version", "")
            return ""
        import h5py
        with h5py.File(model, "r") as file:
            version = file.attrs.get("keras_version", b"")
        return version.decode() if isinstance(version, bytes) else str(version)


    def keras_package():
        """The package whose meanings are those of the file: layers changed with Keras 3."""
        if "KERAS_BACKEND" not in os.environ and not importlib.util.find_spec("tensorflow"):
            found = [name for name in ("torch", "jax") if importlib.util.find_spec(name)]
            os.environ["KERAS_BACKEND"] = found[0] if found else "numpy"
        import keras
        is_old = file_version().startswith(("1.", "2."))
        if is_old and not keras.__version__.startswith("2.") and \
                importlib.util.find_spec("tf_keras"):
            import tf_keras as keras
        return keras


    def keras():
        package = keras_package()
        if architecture:
            import json
            with open(architecture, encoding="utf-8") as file:
                text = file.read()
            network = package.models.model_from_json(text)
            network.load_weights(model)
        else:
            network = package.models.load_model(model, compile=False)
        results = network(arrays if len(arrays) > 1 else arrays[0], training=False)
        if isinstance(results, dict):
            results = list(results.values())
        if not isinstance(results, (list, tuple)):
            results = [results]
        convert = getattr(getattr(package, "ops", None), "convert_to_numpy", np.asarray)
        return [convert(result) for result in results], f"Keras {package.__version__}"


    results, version = {"onnxruntime": onnxruntime, "keras": keras}[framework]()
    if len(results) != len(outputs):
        sys.exit(f"it has {len(results)} outputs, {len(outputs)} were read")
    for index, result in enumerate(results):
        array = np.ascontiguousarray(np.asarray(result).astype("<f4"))
        np.save(os.path.join(folder, f"out{index}.npy"), array.reshape(np.shape(result)))
    with open(os.path.join(folder, "version"), "w", encoding="utf-8") as file:
        file.write(version)
    """#
}
