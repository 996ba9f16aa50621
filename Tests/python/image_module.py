"""mtlrt-image.so through its contract, mtlrt_image_module.h."""

import ctypes

import numpy as np

E_ARGUMENT, E_IMAGE = 1, 5
AS_STORED = 1
RGB8, BGR8 = 1, 2

LIBC = ctypes.CDLL(None)


class Pixels(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_uint32), ("width", ctypes.c_uint32), ("height", ctypes.c_uint32),
        ("stride", ctypes.c_uint32), ("format", ctypes.c_uint32), ("data", ctypes.c_void_p),
    ]


class Options(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_uint32), ("flags", ctypes.c_uint32), ("max_pixels", ctypes.c_uint64),
        ("max_side", ctypes.c_uint32), ("reserved", ctypes.c_uint32),
    ]


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int32), ("text", ctypes.c_char * 252)]


DECODE = ctypes.CFUNCTYPE(
    ctypes.c_int32, ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(Options),
    ctypes.POINTER(Pixels), ctypes.POINTER(Error))
ENCODE = ctypes.CFUNCTYPE(
    ctypes.c_int32, ctypes.POINTER(Pixels), ctypes.POINTER(ctypes.c_void_p),
    ctypes.POINTER(ctypes.c_size_t), ctypes.POINTER(Error))


class Module(ctypes.Structure):
    _fields_ = [
        ("magic", ctypes.c_uint32), ("size", ctypes.c_uint32), ("abi", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32), ("cpu_need", ctypes.c_uint64 * 2),
        ("name", ctypes.c_char * 16), ("build", ctypes.c_char * 48),
        ("decode", DECODE), ("encode_png", ENCODE),
    ]


class ImageError(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class ImageModule:
    def __init__(self, path):
        self.module = Module.in_dll(ctypes.CDLL(str(path)), "mtlrt_image_module_v1")

    def decode(self, data, flags=0, max_pixels=0, max_side=0):
        """RGB pixels, shape (height, width, 3)."""
        options = Options(ctypes.sizeof(Options), flags, max_pixels, max_side, 0)
        pixels, error = Pixels(), Error()
        code = self.module.decode(
            data, len(data), ctypes.byref(options), ctypes.byref(pixels), ctypes.byref(error))
        if code != 0:
            assert error.code == code and error.text and not pixels.data
            raise ImageError(code, error.text.decode())
        assert pixels.format == RGB8 and pixels.size == ctypes.sizeof(Pixels)
        assert pixels.stride == 3 * pixels.width
        raw = ctypes.string_at(pixels.data, pixels.stride * pixels.height)
        LIBC.free(ctypes.c_void_p(pixels.data))
        return np.frombuffer(raw, np.uint8).reshape(pixels.height, pixels.width, 3)

    def encode_png(self, array, format=RGB8):
        array = np.ascontiguousarray(array, dtype=np.uint8)
        height, width, channels = array.shape
        pixels = Pixels(
            ctypes.sizeof(Pixels), width, height, channels * width, format, array.ctypes.data)
        out, count, error = ctypes.c_void_p(), ctypes.c_size_t(), Error()
        code = self.module.encode_png(
            ctypes.byref(pixels), ctypes.byref(out), ctypes.byref(count), ctypes.byref(error))
        if code != 0:
            raise ImageError(code, error.text.decode())
        data = ctypes.string_at(out, count.value)
        LIBC.free(out)
        return data
