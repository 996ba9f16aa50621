"""The tests that the onnx package carries."""

import dataclasses
import pathlib
import warnings

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test import loader

KINDS = ("node", "simple", "pytorch-operator", "pytorch-converted", "light")


@dataclasses.dataclass
class Case:
    name: str
    kind: str
    model: onnx.ModelProto
    inputs: list
    outputs: list
    rtol: float
    atol: float

    @property
    def free_inputs(self):
        """The inputs that are not constants of the model."""
        constants = {tensor.name for tensor in self.model.graph.initializer}
        return [value for value in self.model.graph.input if value.name not in constants]


def cases(kind):
    """Every test of a kind; of those with several sets of data, the first set."""
    if kind == "light":
        yield from light_cases()
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tests = loader.load_model_tests(kind=kind)
    for test in sorted(tests, key=lambda test: test.name):
        if test.model is not None:
            model, (inputs, outputs) = test.model, next(iter(test.data_sets))
        else:
            folder = pathlib.Path(test.model_dir)
            model = onnx.load(folder / "model.onnx")
            data = folder / "test_data_set_0"
            inputs = [read(path) for path in numbered(data, "input")]
            outputs = [read(path) for path in numbered(data, "output")]
        yield Case(test.name, kind, model, list(inputs), list(outputs), test.rtol, test.atol)


def numbered(folder, stem):
    return sorted(folder.glob(f"{stem}_*.pb"), key=lambda path: int(path.stem.split("_")[1]))


def read(path):
    """A tensor, or None for what is none (a sequence, an optional)."""
    tensor = onnx.TensorProto()
    try:
        tensor.ParseFromString(path.read_bytes())
        return numpy_helper.to_array(tensor)
    except Exception:  # noqa: BLE001 - whatever it is, it is not a tensor
        return None


def light_cases():
    """Classifiers whose weights are made by ConstantOfShape, with what they answer to the input
    that onnx's own runner makes: as many steps as there are elements, from 0 to 1."""
    folder = pathlib.Path(loader.DATA_DIR) / "light"
    for path in sorted(folder.glob("*.onnx")):
        model = onnx.load(path)
        case = Case(path.stem, "light", model, [], [], 1e-3, 1e-7)
        for value in case.free_inputs:
            shape = [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
            count = int(np.prod(shape))
            steps = np.arange(count).reshape(shape) / np.prod(shape)
            case.inputs.append(steps.astype(np.float32))
        case.outputs.append(read(path.with_name(path.stem + "_output_0.pb")))
        yield case
