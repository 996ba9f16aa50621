"""One test through mtl-export and mtl-run."""

import subprocess

import numpy as np
import onnx
from onnx import numpy_helper


class Failure(Exception):
    """What went wrong, in a line."""


class Runner:
    def __init__(self, prefix, folder, backend=None):
        self.export = prefix / "bin" / "mtl-export"
        self.mtl_run = prefix / "bin" / "mtl-run"
        self.folder = folder
        self.backend = backend

    def run(self, case):
        """Returns how many inputs had to be made constants. Raises Failure."""
        names = [value.name for value in case.free_inputs]
        arrays = dict(zip(names, case.inputs))
        kinds = (np.float32, np.float64, np.bool_)
        numbers = [name for name in names if arrays[name].dtype in kinds] or names
        last = None
        # Weights are constants in a model; where a test gives them as inputs, all inputs that
        # are floats are tried first, then those with as many rows as the first, then it alone.
        rows = arrays[numbers[0]].shape[:1]
        alike = [name for name in numbers if arrays[name].shape[:1] == rows]
        for values in [numbers] + [some for some in (alike, numbers[:1]) if some != numbers]:
            try:
                self.attempt(case, values, arrays)
                return len(names) - len(values)
            except Failure as failure:
                last = failure
                if not failure.args[0].startswith("import"):
                    raise
        raise last

    def attempt(self, case, values, arrays):
        model = onnx.ModelProto()
        model.CopyFrom(case.model)
        bound = {name: array for name, array in arrays.items() if name not in values}
        for name, array in bound.items():
            model.graph.initializer.append(numpy_helper.from_array(array, name))
        kept = [value for value in model.graph.input if value.name not in bound]
        del model.graph.input[:]
        model.graph.input.extend(kept)
        source, target = self.folder / "model.onnx", self.folder / "model.mtl"
        target.unlink(missing_ok=True)
        onnx.save(model, source)
        self.call("import", self.export, source, "-o", target)
        command = [self.mtl_run, target]
        for index, name in enumerate(values):
            path = self.folder / f"x{index}.npy"
            np.save(path, arrays[name].astype(np.float32))
            command += ["--input", path]
        if self.backend:
            command += ["--backend", self.backend]
        for path in self.folder.glob("y*.npy"):
            path.unlink()
        self.call("run", *command, "--output", self.folder / "y.npy")
        self.compare(case)

    def call(self, what, *command):
        done = subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, timeout=300,
            check=False)
        if done.returncode:
            lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
            raise Failure(f"{what}: {'; '.join(lines[-2:]) or done.returncode}")

    def compare(self, case):
        names = [value.name for value in case.model.graph.output]
        for name, expected in zip(names, case.outputs):
            path = self.folder / ("y.npy" if len(names) == 1 else f"y.{name}.npy")
            found = np.load(path)
            expected = expected.astype(np.float32)
            if found.shape != expected.shape:
                raise Failure(f"result: shape {found.shape}, expected {expected.shape}")
            if not np.allclose(
                    found, expected, rtol=case.rtol, atol=max(case.atol, 1e-6), equal_nan=True):
                with np.errstate(invalid="ignore"):
                    worst = np.nanmax(np.abs(found - expected))
                raise Failure(f"result: {name} differs by {worst:.3g}")
