"""ncnn on the CPU."""

import importlib.util
import os
import pathlib
import shutil
import struct
import subprocess

import numpy

PACKAGE = "ncnn"
TITLE = "ncnn"
SIXTEEN_BITS = "its default options: f16 storage"
LAYOUT = "NCHW"


class _Files:
    """The text of a .param file and the bytes of its .bin."""

    def __init__(self):
        self.layers = []
        self.weights = bytearray()
        self.last = None

    def layer(self, kind, name, parameters):
        inputs = f"1 1 {self.last}" if self.last else "0 1"
        self.layers.append(f"{kind} {name} {inputs} {name} {parameters}")
        self.last = name

    def matrix(self, array):
        """Weights that may be stored in several ways: a tag says that these are f32."""
        self.weights += struct.pack("<I", 0)
        self.vector(array)

    def vector(self, array):
        self.weights += numpy.ascontiguousarray(array, "<f4").tobytes()

    def block(self, index, block):
        filters = len(block.bias)
        self.layer("Convolution", f"conv{index}",
                   f"0={filters} 1=3 4=1 5=1 6={block.weights.size} 9=1")
        self.matrix(block.weights.transpose(0, 3, 1, 2))
        self.vector(block.bias)
        self.layer("BatchNorm", f"norm{index}", f"0={filters} 1=0.0")
        for array in (block.scale, numpy.zeros(filters), numpy.ones(filters), block.shift):
            self.vector(array)
        if block.pool:
            self.layer("Pooling", f"pool{index}", f"0=0 1={block.pool} 2={block.pool} 5=1")

    def dense(self, name, weights, bias, activation):
        parameters = f"0={len(bias)} 1=1 2={weights.size} 9={activation}"
        self.layer("InnerProduct", name, parameters)
        self.matrix(weights)
        self.vector(bias)

    def text(self):
        return "\n".join(["7767517", f"{len(self.layers)} {len(self.layers)}", *self.layers, ""])


def convert(network, folder):
    from bench_peers.onnx_file import channels_first

    files = _Files()
    files.layer("Input", "image", f"0={network.size} 1={network.size} 2=3")
    for index, block in enumerate(network.blocks, 1):
        files.block(index, block)
    files.layer("Flatten", "flatten", "")
    hidden, last = network.dense
    relu, sigmoid = 1, 4
    files.dense("dense1", channels_first(network), hidden.bias, relu)
    files.dense("probabilities", last.weights, last.bias, sigmoid)
    path = folder / "network.param"
    path.write_text(files.text())
    path.with_suffix(".bin").write_bytes(files.weights)
    return {"f32": path, "16": path}


def convert_onnx(source, folder):
    """By pnnx, the converter of ncnn's authors. Of its package the program alone is used: the rest
    needs PyTorch."""
    program = folder / "pnnx"
    packaged = pathlib.Path(importlib.util.find_spec("pnnx").origin).parent / "pnnx"
    shutil.copyfile(packaged, program)
    program.chmod(0o755)
    copy = folder / "network.onnx"
    shutil.copyfile(source, copy)
    size = _image_size(copy)
    done = subprocess.run(
        [program, copy, f"inputshape=[1,3,{size},{size}]", "fp16=0"],
        cwd=folder, capture_output=True, text=True, check=False,
        env=dict(os.environ, OMP_NUM_THREADS="1"))
    path = folder / "network.ncnn.param"
    if done.returncode or not path.exists():
        raise RuntimeError(f"pnnx failed: {(done.stdout + done.stderr)[-300:]}")
    return {"f32": path, "16": path}


def _image_size(path):
    import onnx

    model = onnx.load(path, load_external_data=False)
    return model.graph.input[0].type.tensor_type.shape.dim[-1].dim_value


def load():
    import ncnn  # noqa: F401


class Engine:
    def __init__(self, path, threads, batch, storage):
        import ncnn

        self.ncnn = ncnn
        self.net = ncnn.Net()
        self.net.opt.num_threads = threads
        if storage == "f32":
            self.net.opt.use_fp16_packed = False
            self.net.opt.use_fp16_storage = False
            self.net.opt.use_fp16_arithmetic = False
            self.net.opt.use_bf16_storage = False
        weights = pathlib.Path(path).with_suffix(".bin")
        if self.net.load_param(str(path)) or self.net.load_model(str(weights)):
            raise RuntimeError(f"ncnn cannot load {path}")

    def prepare(self, images):
        self.images = images
        if len(images) == 1:
            return self.ncnn.Mat(images[0])
        return self.ncnn.Mat(images, 0)

    def run(self, prepared):
        extractor = self.net.create_extractor()
        extractor.input(self.net.input_names()[0], prepared)
        status, answer = extractor.extract(self.net.output_names()[-1])
        if status:
            raise RuntimeError(f"ncnn failed with {status}")
        if len(self.images) == 1:
            return numpy.array(answer)
        return numpy.stack([numpy.array(answer.batch(row)) for row in range(len(self.images))])
