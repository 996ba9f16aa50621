"""This project's runtime, through the C interface of libmtlrt.so."""

import ctypes
import functools
import os
import pathlib
import subprocess

import numpy

PACKAGE = None
TITLE = "MTL"
SIXTEEN_BITS = "i16 dense weights, a scale for each input behind a ReLU, else for each output"
LAYOUT = "NHWC"


def convert(network, folder):
    from bench_peers.onnx_file import onnx_file

    options = ["--preprocess", "unit", "--task", "color=black,blue,red", "--task",
               "product=dress,jeans,shirt"]
    return convert_onnx(onnx_file(network, folder), folder, *options)


def converters():
    """Files, besides those of this package, that decide what a converted model is."""
    return [_exporter()]


def convert_onnx(path, folder, *options):
    paths = {}
    for storage, stored in (("f32", "f32"), ("16", "i16")):
        paths[storage] = folder / f"network-{stored}.mtl"
        _export(path, paths[storage], "--weights", stored, *options)
    return paths


def packed(path, backend):
    """A copy of the model, with weights as the backend packs them in it."""
    target = path.with_name(f"{path.stem}-packed.mtl")
    _export(path, target, "--packed", backend or "auto")
    return target


def _exporter():
    return pathlib.Path(os.environ["MTL_PREFIX"]) / "bin" / "mtl-export"


def _export(source, target, *options):
    command = [_exporter(), source, "-o", target, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())


class Options(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_uint32), ("threads", ctypes.c_uint32), ("flags", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32), ("backends", ctypes.c_char_p),
        ("module_dir", ctypes.c_char_p),
    ]


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int32), ("text", ctypes.c_char * 252)]


class Slot(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_uint32), ("rank", ctypes.c_uint32), ("dim", ctypes.c_uint64 * 8),
        ("bytes", ctypes.c_uint64), ("name", ctypes.c_char_p),
    ]


STRICT = 1


@functools.cache
def library():
    """libmtlrt.so of the install that MTL_PREFIX names, loaded once, as other engines' packages."""
    path = pathlib.Path(os.environ["MTL_PREFIX"]) / "lib" / "libmtlrt.so"
    loaded = ctypes.CDLL(str(path))
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    signatures = {
        "mtlrt_open": (pointer, [ctypes.c_char_p, ctypes.POINTER(Options), ctypes.POINTER(Error)]),
        "mtlrt_close": (None, [pointer]),
        "mtlrt_ctx_new": (pointer, [pointer, ctypes.c_uint32, ctypes.POINTER(Error)]),
        "mtlrt_run": (ctypes.c_int32, [pointer, pointer, pointer, ctypes.POINTER(Error)]),
        "mtlrt_version": (ctypes.c_uint32, []),
        "mtlrt_backend": (ctypes.c_char_p, [pointer, ctypes.c_uint32]),
        "mtlrt_threads": (ctypes.c_uint32, [pointer]),
        "mtlrt_slot_at": (ctypes.c_int32, [pointer, ctypes.c_uint32, ctypes.c_uint32,
                                           ctypes.POINTER(Slot)]),
        "mtlrt_report": (size, [pointer, ctypes.c_uint32, pointer, size]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


def load():
    library()


def installed_bytes():
    """Of libmtlrt.so with all modules for SIMD; other modules are optional."""
    folder = pathlib.Path(os.environ["MTL_PREFIX"]) / "lib"
    files = [(folder / "libmtlrt.so").resolve(), *(folder / "mtlrt").glob("mtlrt-simd-*.so")]
    return sum(path.stat().st_size for path in files)


class Engine:
    def __init__(self, path, threads, batch, storage):
        self.library = library()
        self.error = Error()
        backends = os.environ.get("MTL_BENCH_BACKEND") or None
        options = Options(ctypes.sizeof(Options), threads, STRICT if backends else 0, 0,
                          backends and backends.encode(), None)
        self.model = self.library.mtlrt_open(
            str(path).encode(), ctypes.byref(options), ctypes.byref(self.error)
        )
        self.check(not self.model)
        self.context = self.library.mtlrt_ctx_new(self.model, batch, ctypes.byref(self.error))
        self.check(not self.context)
        self.batch = batch

    def check(self, failed):
        if failed:
            raise RuntimeError(self.error.text.decode())

    def prepare(self, images):
        self.images = images
        slot = Slot(ctypes.sizeof(Slot))
        self.check(self.library.mtlrt_slot_at(self.model, 1, 0, ctypes.byref(slot)))
        self.answers = numpy.zeros((self.batch, slot.bytes // 4), "f")
        pointers = ctypes.c_void_p * 1
        self.inputs = pointers(images.ctypes.data)
        self.outputs = pointers(self.answers.ctypes.data)
        return None

    def run(self, prepared):
        status = self.library.mtlrt_run(self.context, self.inputs, self.outputs, self.error)
        self.check(status)
        return self.answers

    def backends(self):
        """Names of the backends that run this model, by the first node of each."""
        names, index = [], 0
        while name := self.library.mtlrt_backend(self.model, index):
            names.append(name.decode())
            index += 1
        return names
