"""MNN on the CPU."""

import pathlib
import subprocess
import sys

import numpy

PACKAGE = "MNN"
TITLE = "MNN"
SIXTEEN_BITS = "weights as f16 in the file, low precision allowed"
LAYOUT = "NCHW"


def convert(network, folder):
    from bench_peers.onnx_file import onnx_file

    return convert_onnx(onnx_file(network, folder), folder)


def convert_onnx(source, folder):
    paths = {"f32": folder / "network-f32.mnn", "16": folder / "network-f16.mnn"}
    program = pathlib.Path(sys.executable).parent / "mnnconvert"
    for storage, path in paths.items():
        command = [program, "-f", "ONNX", "--modelFile", source, "--MNNModel", path, "--bizCode",
                   "mtl", *(["--fp16"] if storage == "16" else [])]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode or not path.exists():
            raise RuntimeError(f"mnnconvert failed: {(done.stdout + done.stderr)[-300:]}")
    return paths


def load():
    import MNN  # noqa: F401


class Engine:
    def __init__(self, path, threads, batch, storage):
        import MNN

        self.mnn = MNN
        self.interpreter = MNN.Interpreter(str(path))
        self.session = self.interpreter.createSession({
            "backend": "CPU", "numThread": threads,
            "precision": "high" if storage == "f32" else "low",
        })
        self.input = self.interpreter.getSessionInput(self.session)
        shape = (batch, *self.input.getShape()[1:])
        self.interpreter.resizeTensor(self.input, shape)
        self.interpreter.resizeSession(self.session)
        self.output = self.interpreter.getSessionOutput(self.session)
        shape = self.output.getShape()
        self.answers = MNN.Tensor(
            shape, MNN.Halide_Type_Float, numpy.zeros(shape, "f"), MNN.Tensor_DimensionType_Caffe
        )

    def prepare(self, images):
        return self.mnn.Tensor(
            images.shape, self.mnn.Halide_Type_Float, images, self.mnn.Tensor_DimensionType_Caffe
        )

    def run(self, prepared):
        self.input.copyFrom(prepared)
        self.interpreter.runSession(self.session)
        self.output.copyToHostTensor(self.answers)
        return self.answers.getNumpyData()
