"""Writes Tests/ImageTests/ResizeGolden.swift: what OpenCV and Pillow make of generated pixels.

Run by hand when a case is added: python3 Tests/python/golden_resize.py
"""

import pathlib

import cv2
import numpy as np
from PIL import Image

# channels, source width and height, target width and height
CASES = [
    (3, 7, 5, 7, 5), (3, 7, 5, 12, 9), (3, 12, 10, 6, 5), (3, 160, 213, 11, 12),
    (3, 213, 160, 9, 4), (3, 1, 1, 5, 3), (3, 1, 40, 4, 7), (3, 40, 1, 7, 4),
    (3, 33, 21, 1, 1), (3, 97, 95, 1, 9), (1, 50, 37, 13, 11), (1, 2, 2, 9, 9),
    (4, 31, 64, 8, 8), (4, 5, 6, 10, 7), (3, 2109, 17, 10, 6), (1, 17, 2247, 6, 12),
]

FILTERED = [
    (3, 12, 10, 6, 5), (3, 50, 31, 7, 9), (1, 50, 37, 13, 11), (3, 5, 6, 10, 7), (1, 1, 40, 4, 7),
    (3, 9, 1, 7, 4), (1, 200, 3, 1, 3), (3, 8, 8, 8, 8),
]


def opencv(image, size):
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)


def pillow(method):
    def resize(image, size):
        plain = image[..., 0] if image.shape[2] == 1 else image
        return np.asarray(Image.fromarray(plain).resize(size, method))
    return resize


METHODS = [
    ("bilinear", opencv, CASES),
    ("antialiased", pillow(Image.Resampling.BILINEAR), FILTERED),
    ("bicubic", pillow(Image.Resampling.BICUBIC), FILTERED),
]


def generated(channels, width, height):
    """The same bytes as `generatedPixels` in ResizeTests.swift."""
    state, out = 12345, bytearray()
    for _ in range(channels * width * height):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out.append(state >> 24)
    return np.frombuffer(bytes(out), np.uint8).reshape(height, width, channels)


def golden(method, resize, case):
    channels, width, height, target_width, target_height = case
    text = resize(generated(channels, width, height), (target_width, target_height)).tobytes().hex()
    lines = [f"        {text[i:i + 88]}\\" for i in range(0, len(text), 88)]
    lines[-1] = lines[-1][:-1]
    return [
        "    ResizeGolden(",
        f"      method: .{method}, channels: {channels}, width: {width}, height: {height},",
        f"      targetWidth: {target_width}, targetHeight: {target_height},",
        '      expected: """', *lines, '        """),']


def main():
    lines = [
        "import MTLFormat",
        "",
        "/// What OpenCV's and Pillow's `resize` make of generated pixels, by",
        "/// Tests/python/golden_resize.py.",
        "struct ResizeGolden {",
        "  let method: Preprocessing.Resize",
        "  let channels, width, height, targetWidth, targetHeight: Int",
        "  /// The target's bytes in hexadecimal.",
        "  let expected: String",
        "",
        "  static let cases: [ResizeGolden] = [",
    ]
    for method, resize, cases in METHODS:
        for case in cases:
            lines += golden(method, resize, case)
    lines += ["  ]", "}", ""]
    target = pathlib.Path(__file__).parents[1] / "ImageTests" / "ResizeGolden.swift"
    target.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
