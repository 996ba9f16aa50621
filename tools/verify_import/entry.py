"""Exports models, runs them and their originals, prints the largest differences."""

import argparse
import pathlib
import subprocess
import tempfile

import tool_environment

TOOL = "verify-import"


class Failure(Exception):
    """Why a model could not be compared, in a line."""


def main(arguments):
    packages = ["numpy", "onnxruntime"]
    return tool_environment.run(TOOL, packages, options(), arguments, verify_all)


def options():
    parser = argparse.ArgumentParser(
        prog=f"tools/{TOOL}", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Compares ONNX models, run by mtl-run, with ONNX Runtime on random inputs.",
        epilog="Example: tools/verify-import resnet.onnx mobilenet.onnx --batch 3\n\n"
        "Exit status: 0 alike, 1 some not, or they could not be imported or run, 2 wrong usage\n"
        "or no engine to compare with.")
    parser.add_argument("models", metavar="MODEL", nargs="+", type=pathlib.Path)
    parser.add_argument("--batch", type=int, default=2, help="images (default: 2)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=1e-4, metavar="X",
                        help="largest difference, for results up to 1 (default: 1e-4)")
    parser.add_argument("--backend", help="the backend that runs them")
    return parser


def verify_all(chosen, prefix):
    failed = 0
    for model in chosen.models:
        try:
            lines, good = verify(model, chosen, prefix)
        except Failure as failure:
            lines, good = [str(failure)], False
        failed += not good
        for line in lines:
            print(f"{model}: {line}", flush=True)
    return 1 if failed else 0


def verify(model, chosen, prefix):
    """A line for each output, and whether all are alike. Raises Failure."""
    import onnxruntime
    try:
        session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        inputs = random_inputs(session, chosen)
        expected = session.run(None, inputs)
    except Failure:
        raise
    except Exception as error:  # noqa: BLE001 - ONNX Runtime has no class of its own for them
        why = str(error).strip().splitlines()[0]
        raise Failure(f"ONNX Runtime cannot run it: {why}") from error
    with tempfile.TemporaryDirectory() as folder:
        found = answers(model, chosen, prefix, pathlib.Path(folder), session, inputs)
    return compare(session, expected, found, chosen.tolerance)


def random_inputs(session, chosen):
    """Normally distributed; a first dimension that is free counts the images."""
    import numpy as np
    random = np.random.default_rng(chosen.seed)
    inputs = {}
    for value in session.get_inputs():
        shape = [size if isinstance(size, int) else chosen.batch if axis == 0 else None
                 for axis, size in enumerate(value.shape)]
        if None in shape:
            raise Failure(f"the shape of input '{value.name}' is free beyond the images")
        if value.type not in ("tensor(float)", "tensor(double)", "tensor(float16)"):
            raise Failure(f"input '{value.name}' is a {value.type}, not of floats")
        array = random.standard_normal(shape)
        kind = {"tensor(double)": np.float64, "tensor(float16)": np.float16}
        inputs[value.name] = array.astype(kind.get(value.type, np.float32))
    return inputs


def answers(model, chosen, prefix, folder, session, inputs):
    import numpy as np
    target = folder / "model.mtl"
    call(prefix / "bin" / "mtl-export", model, "-o", target)
    command = [prefix / "bin" / "mtl-run", target, "--output", folder / "y.npy"]
    for index, array in enumerate(inputs.values()):
        np.save(folder / f"x{index}.npy", array.astype(np.float32))
        command += ["--input", folder / f"x{index}.npy"]
    if chosen.backend:
        command += ["--backend", chosen.backend]
    call(*command)
    outputs = session.get_outputs()
    names = ["y.npy"] if len(outputs) == 1 else [f"y.{value.name}.npy" for value in outputs]
    return [np.load(folder / name) for name in names]


def call(*command):
    """Raises Failure with what the program says."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        name = pathlib.Path(command[0]).name
        raise Failure(done.stderr.strip() or f"{name} ended with status {done.returncode}")


def compare(session, expected, found, tolerance):
    """A line for each output, and whether all are alike."""
    import numpy as np
    lines, are_alike = [], True
    for value, reference, result in zip(session.get_outputs(), expected, found):
        if reference.shape != result.shape:
            lines.append(f"{value.name}: shape {result.shape}, ONNX Runtime's is {reference.shape}")
            are_alike = False
            continue
        reference = reference.astype(np.float64)
        finite = np.isfinite(reference)
        same = np.array_equal(reference[~finite], result[~finite], equal_nan=True)
        largest = float(np.max(np.abs(reference - result)[finite], initial=0))
        size = max(1.0, float(np.max(np.abs(reference[finite]), initial=0)))
        good = same and largest <= tolerance * size
        lines.append(f"{value.name}: largest difference {largest:.3g} in results up to {size:.3g}: "
                     f"{'alike' if good else 'NOT ALIKE'}")
        are_alike &= good
    return lines, are_alike
