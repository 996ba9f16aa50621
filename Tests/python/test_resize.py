"""mtlrt_image against OpenCV's resize and Pillow's, for any size, stride and format of pixels."""

import ctypes
import pathlib
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "CLITests"))

import sample_models  # noqa: E402
from image_module import BGR8, RGB8, Error, Pixels  # noqa: E402

TARGETS = [(1, 1), (7, 5), (96, 96), (224, 160)]
RGB, BGR, GRAY = 1, 2, 3


@pytest.fixture(scope="session")
def library(prefix):
    library = ctypes.CDLL(str(prefix / "lib" / "libmtlrt.so"))
    library.mtlrt_open.restype = ctypes.c_void_p
    library.mtlrt_open.argtypes = [ctypes.c_char_p, ctypes.c_void_p, ctypes.POINTER(Error)]
    library.mtlrt_close.argtypes = [ctypes.c_void_p]
    library.mtlrt_image.argtypes = [
        ctypes.c_void_p, ctypes.POINTER(Pixels), ctypes.c_void_p, ctypes.c_size_t,
        ctypes.POINTER(Error)]
    return library


@pytest.fixture
def resized(library, tmp_path):
    """Resizes an array (height, width, 3), which may be a part of a wider one."""
    def run(array, width, height, channels=RGB, format=RGB8, resize=1, **more):
        model = sample_models.copy_of_pixels(width, height, channels, resize, **more)
        path = sample_models.write(tmp_path / "resize.mtl", model)
        error = Error()
        handle = library.mtlrt_open(bytes(path), None, ctypes.byref(error))
        assert handle, error.text
        out = np.empty((height, width, 1 if channels == GRAY else 3), np.float32)
        pixels = Pixels(
            ctypes.sizeof(Pixels), array.shape[1], array.shape[0], array.strides[0], format,
            array.ctypes.data)
        code = library.mtlrt_image(
            handle, ctypes.byref(pixels), out.ctypes.data, out.nbytes, ctypes.byref(error))
        library.mtlrt_close(handle)
        assert code == 0, error.text
        return out
    return run


def noise(width, height):
    return np.random.default_rng(width * height).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("size", [
    (1, 1), (1, 50), (50, 1), (2, 2), (3, 300), (95, 97), (96, 96), (120, 160), (160, 120),
    (192, 192), (448, 320), (1000, 31), (641, 1283),
])
def test_bilinear_is_opencv_s(resized, size, target):
    image = noise(*size)
    ours = resized(image, *target)
    reference = cv2.resize(image, target, interpolation=cv2.INTER_LINEAR)
    difference = np.abs(ours - reference.reshape(ours.shape).astype(float))
    assert difference.max() <= 1
    assert (ours == ours.round()).all()


def test_rows_may_be_far_apart(resized):
    wide = noise(90, 40)
    np.testing.assert_array_equal(
        resized(wide[:, :50], 33, 21), resized(np.ascontiguousarray(wide[:, :50]), 33, 21))


def test_formats_and_orders(resized):
    image = noise(60, 45)
    rgb = resized(image, 31, 17)
    np.testing.assert_array_equal(resized(image, 31, 17, channels=BGR), rgb[..., ::-1])
    np.testing.assert_array_equal(resized(image, 31, 17, format=BGR8), rgb[..., ::-1])
    gray = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (31, 17))
    ours = resized(image, 31, 17, channels=GRAY)[..., 0]
    assert np.abs(ours - gray.astype(float)).max() <= 1


def test_nearest(resized):
    image = noise(23, 40)
    columns = [(2 * i + 1) * 23 // (2 * 31) for i in range(31)]
    rows = [(2 * i + 1) * 40 // (2 * 9) for i in range(9)]
    np.testing.assert_array_equal(resized(image, 31, 9, resize=2), image[rows][:, columns])


# Pillow begins with the columns where that is less work, as with tall images whose height shrinks
# more; none of these is one.
@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (97, 95), (224, 160), (1283, 641)])
@pytest.mark.parametrize("number, method", [
    (3, Image.Resampling.BILINEAR), (4, Image.Resampling.BICUBIC)])
def test_filters_are_pillow_s(resized, size, number, method):
    image = noise(*size)
    for target in TARGETS:
        reference = np.asarray(Image.fromarray(image).resize(target, method))
        np.testing.assert_array_equal(resized(image, *target, resize=number), reference)


def center_of_resized(image, side, width, height):
    """torchvision's Resize(side) and CenterCrop((height, width))."""
    shorter = min(image.size)
    new = [side if old == shorter else int(side * old / shorter) for old in image.size]
    image = image.resize(new, Image.Resampling.BILINEAR)
    left, top = (int(round((old - wanted) / 2.0)) for old, wanted in zip(new, (width, height)))
    return np.asarray(image.crop((left, top, left + width, top + height)))


@pytest.mark.parametrize("size", [
    (1, 1), (300, 200), (200, 300), (512, 97), (640, 480), (481, 640), (256, 256), (1023, 257)])
@pytest.mark.parametrize("side, width, height", [(256, 224, 224), (232, 224, 224), (61, 60, 33)])
def test_the_center_is_torchvision_s(resized, size, side, width, height):
    image = noise(*size)
    reference = center_of_resized(Image.fromarray(image), side, width, height)
    ours = resized(image, width, height, resize=256 + 3, crop_side=side)
    np.testing.assert_array_equal(ours, reference)
