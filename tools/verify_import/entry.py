"""Exports the model, runs it and its original, prints the largest difference."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def options(arguments):
    parser = argparse.ArgumentParser(
        prog="tools/verify-import",
        description="Compares model.onnx, run by mtl-run, with ONNX Runtime on random inputs.",
        epilog="Exit status: 0 alike, 1 not, 2 wrong usage or no engine to compare with.")
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--batch", type=int, default=2, help="images (default: 2)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=1e-4, metavar="X",
                        help="largest difference, for results up to 1 (default: 1e-4)")
    parser.add_argument("--backend", help="the backend that runs it")
    return parser.parse_args(arguments)


def main(arguments):
    try:
        import numpy  # noqa: F401
        import onnxruntime
    except ImportError:
        return again_in_tests_environment(arguments)
    chosen = options(arguments)
    prefix = pathlib.Path(os.environ.get("MTL_PREFIX", ROOT / ".build" / "install"))
    if not (prefix / "bin" / "mtl-export").exists():
        print(f"tools/verify-import: run tools/install --prefix {prefix} first", file=sys.stderr)
        return 2
    session = onnxruntime.InferenceSession(
        str(chosen.model), providers=["CPUExecutionProvider"])
    inputs = random_inputs(session, chosen)
    expected = session.run(None, inputs)
    with tempfile.TemporaryDirectory() as folder:
        found = answers(chosen, prefix, pathlib.Path(folder), session, inputs)
    return compare(session, expected, found, chosen.tolerance)


def again_in_tests_environment(arguments):
    python = ROOT / ".build" / "venv" / "bin" / "python"
    if pathlib.Path(sys.prefix) == python.parents[1] or not python.exists():
        print("tools/verify-import: onnxruntime is not there; tools/setup --tests installs it",
              file=sys.stderr)
        return 2
    command = [python, ROOT / "tools" / "verify-import", *arguments]
    return subprocess.run(command, check=False).returncode


def random_inputs(session, chosen):
    """Normally distributed; a first dimension that is free counts the images."""
    import numpy as np
    random = np.random.default_rng(chosen.seed)
    inputs = {}
    for value in session.get_inputs():
        shape = [size if isinstance(size, int) else chosen.batch if axis == 0 else None
                 for axis, size in enumerate(value.shape)]
        if None in shape:
            raise SystemExit(f"tools/verify-import: the shape of '{value.name}' is free")
        inputs[value.name] = random.standard_normal(shape).astype(np.float32)
    return inputs


def answers(chosen, prefix, folder, session, inputs):
    import numpy as np
    target = folder / "model.mtl"
    exported = subprocess.run(
        [prefix / "bin" / "mtl-export", chosen.model, "-o", target], check=False)
    if exported.returncode:
        raise SystemExit(exported.returncode)
    command = [prefix / "bin" / "mtl-run", target, "--output", folder / "y.npy"]
    for index, array in enumerate(inputs.values()):
        np.save(folder / f"x{index}.npy", array)
        command += ["--input", folder / f"x{index}.npy"]
    if chosen.backend:
        command += ["--backend", chosen.backend]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit(1)
    outputs = session.get_outputs()
    names = ["y.npy"] if len(outputs) == 1 else [f"y.{value.name}.npy" for value in outputs]
    return [np.load(folder / name) for name in names]


def compare(session, expected, found, tolerance):
    import numpy as np
    status = 0
    for value, reference, result in zip(session.get_outputs(), expected, found):
        if reference.shape != result.shape:
            print(f"{value.name}: shape {result.shape}, ONNX Runtime has {reference.shape}")
            status = 1
            continue
        largest = float(np.max(np.abs(reference - result), initial=0))
        size = max(1.0, float(np.max(np.abs(reference), initial=0)))
        good = largest <= tolerance * size
        print(f"{value.name}: largest difference {largest:.3g} in results up to {size:.3g}: "
              f"{'alike' if good else 'NOT ALIKE'}")
        status |= not good
    return int(status)
