"""The image module against Pillow, and its answers to what is no image."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

import png_writer
from image_module import AS_STORED, BGR8, E_ARGUMENT, E_IMAGE, ImageError, ImageModule

SIZES = [(1, 1), (1, 9), (9, 1), (17, 13), (64, 48), (131, 77)]


@pytest.fixture(scope="session")
def module(prefix):
    return ImageModule(prefix / "lib" / "mtlrt" / "mtlrt-image.so")


def picture(width, height, channels=3):
    """Smooth colors with some noise, so that JPEG has something to do."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [127 + 90 * np.sin(x / (7 + c) + c) * np.cos(y / (9 - c)) for c in range(channels)]
    noise = np.random.default_rng(7).normal(0, 8, (height, width, channels))
    return np.clip(np.stack(waves, -1) + noise, 0, 255).astype(np.uint8)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def on_white(rgba):
    color, alpha = rgba[..., :3].astype(int), rgba[..., 3:].astype(int)
    return (color * alpha + 255 * (255 - alpha) + 127) // 255


def assert_close(ours, reference, most=0, mean=0.0):
    assert ours.shape == reference.shape
    difference = np.abs(ours.astype(int) - reference.astype(int))
    assert difference.max() <= most
    assert difference.mean() <= mean


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("options", [
    {"quality": 90, "subsampling": 0}, {"quality": 85, "subsampling": 1},
    {"quality": 75, "subsampling": 2}, {"quality": 75, "progressive": True},
    {"quality": 60, "optimize": True}, {"quality": 80, "restart_marker_blocks": 2},
])
def test_jpeg(module, size, options):
    data = saved(Image.fromarray(picture(*size)), "JPEG", **options)
    reference = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert_close(module.decode(data), reference, most=4, mean=0.1)


@pytest.mark.parametrize("progressive", [False, True])
def test_gray_jpeg(module, progressive):
    data = saved(Image.fromarray(picture(50, 41)[..., 0]), "JPEG", progressive=progressive)
    assert_close(module.decode(data), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


def test_cmyk_jpeg_has_the_right_colors(module):
    # Stripes of cyan, magenta, yellow, black, white, red.
    inks = np.array([[255, 0, 0, 0], [0, 255, 0, 0], [0, 0, 255, 0], [0, 0, 0, 255],
                     [0, 0, 0, 0], [0, 255, 255, 0]], np.uint8)
    colors = np.array([[0, 255, 255], [255, 0, 255], [255, 255, 0], [0, 0, 0],
                       [255, 255, 255], [255, 0, 0]])
    cmyk = np.repeat(np.repeat(inks[None], 16, 0), 16, 1)
    data = saved(Image.fromarray(cmyk, "CMYK"), "JPEG", quality=95)
    ours = module.decode(data)
    assert_close(ours, np.repeat(np.repeat(colors[None], 16, 0), 16, 1), most=6, mean=2)
    assert_close(ours, np.asarray(Image.open(io.BytesIO(data)).convert("RGB")), most=3, mean=1)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("color_type,depth", [
    (png_writer.GRAY, 1), (png_writer.GRAY, 2), (png_writer.GRAY, 4), (png_writer.GRAY, 8),
    (png_writer.GRAY, 16), (png_writer.RGB, 8), (png_writer.RGB, 16),
    (png_writer.GRAY_ALPHA, 8), (png_writer.GRAY_ALPHA, 16), (png_writer.RGBA, 8),
    (png_writer.RGBA, 16),
])
def test_png(module, size, color_type, depth, interlaced):
    width, height = size
    channels = png_writer.CHANNELS[color_type]
    samples = np.random.default_rng(3).integers(0, 1 << depth, (height, width, channels))
    data = png_writer.png(samples, color_type, depth, interlaced)
    eight = samples >> 8 if depth == 16 else samples * 255 // ((1 << depth) - 1)
    rgba = np.full((height, width, 4), 255)
    rgba[..., :3] = eight[..., :3] if channels > 2 else eight[..., :1]
    if channels in (2, 4):
        rgba[..., 3] = eight[..., -1]
    assert_close(module.decode(data), on_white(rgba))
    if depth <= 8 and channels in (1, 3):
        assert_close(module.decode(data), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palette_png(module, depth, interlaced):
    rng = np.random.default_rng(5)
    palette = rng.integers(0, 256, (1 << depth, 3), dtype=np.uint8)
    alpha = rng.integers(0, 256, (1 << depth) - 1, dtype=np.uint8)
    samples = rng.integers(0, 1 << depth, (19, 23, 1))
    opaque = png_writer.png(
        samples, png_writer.PALETTE, depth, interlaced, [(b"PLTE", palette.tobytes())])
    assert_close(module.decode(opaque), palette[samples[..., 0]])
    clear = png_writer.png(
        samples, png_writer.PALETTE, depth, interlaced,
        [(b"PLTE", palette.tobytes()), (b"tRNS", alpha.tobytes())])
    rgba = np.concatenate([palette, np.append(alpha, 255)[:, None]], 1)[samples[..., 0]]
    assert_close(module.decode(clear), on_white(rgba))


def test_png_with_a_transparent_color(module):
    samples = picture(12, 9).astype(int)
    key = samples[4, 5]
    data = png_writer.png(samples, png_writer.RGB, 8, extra=[(b"tRNS", struct.pack(">3H", *key))])
    expected = samples.copy()
    expected[(samples == key).all(-1)] = 255
    assert_close(module.decode(data), expected)


@pytest.mark.parametrize("size", SIZES)
def test_webp(module, size):
    rgb = Image.fromarray(picture(*size))
    rgba = Image.fromarray(picture(*size, channels=4))
    lossless = saved(rgb, "WEBP", lossless=True)
    assert_close(module.decode(lossless), np.asarray(rgb))
    lossy = saved(rgb, "WEBP", quality=80)
    assert_close(
        module.decode(lossy), np.asarray(Image.open(io.BytesIO(lossy)).convert("RGB")), 2, 0.2)
    for options in ({"lossless": True, "exact": True}, {"quality": 80}):
        data = saved(rgba, "WEBP", **options)
        reference = on_white(np.asarray(Image.open(io.BytesIO(data)).convert("RGBA")))
        assert_close(module.decode(data), reference, 2, 0.2)


def exif_block(orientation, big_endian=False, form="H"):
    """`form` says how the number is written: the letter of struct."""
    order = ">" if big_endian else "<"
    kind = {"B": 1, "H": 3, "I": 4, "b": 6, "h": 8, "i": 9}[form]
    return ((b"MM" if big_endian else b"II") + struct.pack(order + "HI", 42, 8)
            + struct.pack(order + "H", 2)
            + struct.pack(order + "HHII", 271, 2, 3, 0)
            + struct.pack(order + "HHI", 274, kind, 1)
            + struct.pack(order + form, orientation).ljust(4, b"\0")
            + struct.pack(order + "I", 0))


@pytest.mark.parametrize("size", [(37, 21), (130, 70), (1, 5)])
@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("orientation", range(0, 10))
def test_orientation(module, orientation, big_endian, size):
    """By content of the EXIF block; a value that does not exist changes nothing."""
    image = Image.fromarray(picture(*size))
    block = exif_block(orientation, big_endian)
    files = [
        saved(image, "PNG", exif=b"Exif\0\0" + block),
        png_writer.png(np.asarray(image), png_writer.RGB, 8, after=[(b"eXIf", block)]),
        saved(image, "WEBP", lossless=True, exif=block),
        saved(image, "JPEG", quality=95, subsampling=0, exif=b"Exif\0\0" + block),
    ]
    for data in files:
        stored = module.decode(data, flags=AS_STORED)
        pillow = Image.fromarray(stored)
        pillow.getexif()[274] = orientation
        upright = np.asarray(ImageOps.exif_transpose(pillow))
        assert_close(module.decode(data), upright)


@pytest.mark.parametrize("form", "BHIbhi")
@pytest.mark.parametrize("big_endian", [False, True])
def test_orientation_as_any_whole_number(module, form, big_endian):
    image = Image.fromarray(picture(20, 10))
    for orientation in (3, 6, 8, 100):
        block = exif_block(orientation, big_endian, form)
        stored = module.decode(saved(image, "JPEG"), flags=AS_STORED)
        turned = {3: np.rot90(stored, 2), 6: np.rot90(stored, -1), 8: np.rot90(stored)}
        data = saved(image, "JPEG", exif=b"Exif\0\0" + block)
        assert_close(module.decode(data), turned.get(orientation, stored))
        png = png_writer.png(np.asarray(image), png_writer.RGB, 8, extra=[(b"eXIf", block)])
        for data in (saved(image, "WEBP", lossless=True, exif=block), png):
            assert module.decode(data).shape[:2] == (
                (20, 10) if orientation in (6, 8) else (10, 20))


def test_orientation_that_is_no_number_is_none(module):
    image = Image.fromarray(picture(20, 10))
    for kind, count in ((2, 2), (5, 1), (7, 4), (3, 3), (4, 2), (3, 0xFFFFFFFF)):
        block = bytearray(exif_block(6))
        at = block.index(struct.pack("<HH", 274, 3))
        block[at + 2:at + 8] = struct.pack("<HI", kind, count)
        data = saved(image, "JPEG", exif=b"Exif\0\0" + bytes(block))
        assert module.decode(data).shape == (10, 20, 3)


def segment(marker, data):
    return bytes((0xFF, marker)) + struct.pack(">H", 2 + len(data)) + data


@pytest.mark.parametrize("ahead", [
    segment(0xFE, b"hello"), segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>"),
    segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(200)), segment(0xE2, b"MPF\0" + bytes(60)),
    segment(0xED, b"Photoshop 3.0\0"), segment(0xE1, b"Exif"), b"\xff\xff\xff\xff",
    b"".join(segment(0xE0 + n, bytes(65533 if n == 4 else n)) for n in range(3, 14)),
])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_with_other_segments_before_exif(module, ahead, progressive):
    image = Image.fromarray(picture(20, 10))
    data = saved(image, "JPEG", exif=b"Exif\0\0" + exif_block(6), progressive=progressive)
    at = data.index(b"\xff\xe1")
    assert module.decode(data).shape == (20, 10, 3)
    assert_close(module.decode(data[:at] + ahead + data[at:]), module.decode(data))
    # Without the JFIF segment, as cameras write it, and with what follows the picture.
    bare = data[:2] + ahead + data[at:]
    for tail in (b"", bytes(1000), data, b"\xff\xe1\0\x08Exif\0\0", b"MOTION" * 100):
        assert_close(module.decode(bare + tail), module.decode(data))


def test_ycck_and_rgb_by_adobe_marker(module):
    """Adobe's marker says whether the components are as they are or were transformed."""
    cmyk = saved(Image.fromarray(picture(40, 24, 4), "CMYK"), "JPEG", quality=95)
    at = cmyk.index(b"Adobe") + 11
    rgb = saved(Image.fromarray(picture(40, 24)), "JPEG", quality=95, subsampling=0)
    files = [cmyk[:at] + bytes([kind]) + cmyk[at + 1:] for kind in (0, 2)]
    start = rgb.index(b"\xff\xdb")
    files += [rgb[:2] + segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([kind])) + rgb[start:]
              for kind in (0, 1)]
    for data in files:
        reference = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        assert_close(module.decode(data), reference, most=4, mean=1)


@pytest.mark.parametrize("subsampling", [0, 2])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_progressive_jpeg_without_end_mark(module, channels, subsampling):
    pixels = picture(40, 30, channels)
    image = Image.fromarray(
        pixels[..., 0] if channels == 1 else pixels, {1: "L", 3: "RGB", 4: "CMYK"}[channels])
    data = saved(image, "JPEG", progressive=True, subsampling=subsampling)
    assert data.endswith(b"\xff\xd9")
    whole = module.decode(data)
    for tail in (b"", b"\xff", b"\0" * 30, b"\xff\xe1"):
        assert_close(module.decode(data[:-2] + tail), whole)
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if channels == 3:
        assert_close(whole, bgr[..., ::-1], most=4, mean=0.1)
    scans = [at for at in range(len(data)) if data[at:at + 2] == b"\xff\xda"]
    for at in scans[1:]:
        refused(module, data[:at], "cut short")


def test_scans_of_one_component_each(module):
    """Three gray pictures as the red, green and blue of one that is not progressive."""
    pixels = picture(32, 24)
    planes = [saved(Image.fromarray(pixels[..., c]), "JPEG", quality=90) for c in range(3)]
    start = planes[0].index(b"\xff\xc0")
    scan = planes[0].index(b"\xff\xda")
    header = (b"\xff\xd8" + segment(0xEE, b"Adobe\0\x64\0\0\0\0\0")
              + planes[0][planes[0].index(b"\xff\xdb"):start]
              + segment(0xC0, struct.pack(">BHHB", 8, 24, 32, 3)
                        + b"".join(bytes((c + 1, 0x11, 0)) for c in range(3)))
              + planes[0][start + 13:scan])
    scans = [segment(0xDA, bytes((1, c + 1, 0, 0, 63, 0)))
             + plane[plane.index(b"\xff\xda") + 10:-2] for c, plane in enumerate(planes)]
    whole = header + b"".join(scans)
    expected = np.stack([module.decode(plane)[..., 0] for plane in planes], -1)
    for tail in (b"\xff\xd9", b"", bytes(9)):
        assert_close(module.decode(whole + tail), expected)
    refused(module, header + scans[0] + scans[1], "cut short")
    refused(module, header + scans[0], "cut short")


def refused(module, data, *words, **limits):
    with pytest.raises(ImageError) as caught:
        module.decode(data, **limits)
    assert caught.value.code == E_IMAGE
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("name,kind", [("GIF", "GIF"), ("BMP", "BMP"), ("TIFF", "TIFF"),
                                       ("JPEG2000", "JPEG 2000"), ("ICO", "icon")])
def test_other_formats_are_named(module, name, kind):
    refused(module, saved(Image.fromarray(picture(32, 32)), name), kind, "not supported")


def test_what_is_no_image(module):
    refused(module, b"", "empty")
    refused(module, b"hello, world\n", "not a JPEG, PNG or WebP")
    refused(module, b"\xff", "not a JPEG")
    refused(module, b"<!DOCTYPE html><html></html>", "HTML")
    refused(module, b"\0\0\0\x20ftypheic" + bytes(40), "HEIC")
    refused(module, b"\0\0\0\x20ftypavif" + bytes(40), "AVIF")


def riff(*chunks):
    """A WebP of these chunks."""
    body = b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for name, data in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def animation(canvas, frames, *, ahead=(), behind=(), flags=0x12):
    """`frames`: (x, y, a still WebP); x and y are even. By its flags it has alpha."""
    def three(*numbers):
        return b"".join(struct.pack("<I", number)[:3] for number in numbers)
    chunks = [(b"VP8X", struct.pack("<I", flags) + three(canvas[0] - 1, canvas[1] - 1)),
              (b"ANIM", struct.pack("<IH", 0xFF0000FF, 0)), *ahead]
    for x, y, still in frames:
        image = Image.open(io.BytesIO(still))
        content = still[12:]
        if content[:4] == b"VP8X":
            content = content[18:]
        chunks.append((b"ANMF", three(x // 2, y // 2, image.width - 1, image.height - 1, 40)
                       + b"\0" + content))
    return riff(*chunks, *behind)


@pytest.mark.parametrize("options", [
    {"lossless": True}, {"quality": 80}, {"lossless": True, "minimize_size": True}])
@pytest.mark.parametrize("channels", [3, 4])
def test_of_an_animated_webp_the_first_frame(module, options, channels):
    frames = [Image.fromarray(picture(37, 26, channels)) for _ in range(3)]
    frames[1:] = [Image.fromarray(np.asarray(frame)[::-1]) for frame in frames[1:]]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=50,
                 **options)
    reference = Image.open(io.BytesIO(data))
    assert reference.n_frames > 1
    assert_close(module.decode(data), on_white(np.asarray(reference.convert("RGBA"))), 2, 0.2)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_first_frame_that_is_smaller_than_the_canvas(module, orientation):
    still = saved(Image.fromarray(picture(15, 11, 4)), "WEBP", lossless=True, exact=True)
    other = saved(Image.fromarray(picture(40, 30)), "WEBP", quality=50)
    data = animation(
        (40, 30), [(22, 8, still), (0, 0, other)], ahead=[(b"ICCP", b"odd")],
        behind=[(b"EXIF", exif_block(orientation))])
    expected = on_white(np.asarray(Image.open(io.BytesIO(data)).convert("RGBA")))
    assert_close(module.decode(data, flags=AS_STORED), expected)
    if orientation == 6:
        expected = np.rot90(expected, -1)
    assert_close(module.decode(data), expected)


def test_animations_that_are_none(module):
    still = saved(Image.fromarray(picture(16, 12)), "WEBP", lossless=True)
    refused(module, animation((16, 12), []), "first frame")
    refused(module, animation((16, 12), [(2, 0, still)]), "16x12 at 2, 0")
    refused(module, animation((14, 12), [(0, 0, still)]), "is not within 14x12")
    whole = animation((16, 12), [(0, 0, still)])
    claims = bytearray(whole)
    at = whole.index(b"ANMF") + 8 + 6
    claims[at] = 7
    refused(module, bytes(claims), "8x12", "16x12")
    nested = animation((16, 12), [])
    refused(module, riff((b"VP8X", whole[20:30]), (b"ANMF", whole[whole.index(b"ANMF") + 8:][:16]
                                                   + nested)), "damaged")
    for count in range(len(whole)):
        try:
            module.decode(whole[:count])
            assert count == len(whole)
        except ImageError as error:
            assert error.code == E_IMAGE


@pytest.mark.parametrize("kind,options", [
    ("JPEG", {"quality": 90}), ("JPEG", {"progressive": True}), ("PNG", {}),
    ("WEBP", {"lossless": True}), ("WEBP", {"quality": 80}),
])
def test_cut_short(module, kind, options):
    """Every shorter file is refused, unless all of the picture is there."""
    data = saved(Image.fromarray(picture(40, 30)), kind, **options)
    whole = module.decode(data)
    answered = 0
    for count in range(len(data)):
        try:
            assert_close(module.decode(data[:count]), whole)
            answered += 1
        except ImageError as error:
            assert error.code == E_IMAGE
    assert answered <= 20
    refused(module, data[:len(data) * 2 // 3], "cut short")


def test_damaged(module):
    """A flipped bit may go unseen in a picture, but never ends in anything but an answer."""
    rng = np.random.default_rng(11)
    for kind, options in [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}),
                          ("WEBP", {"lossless": True}), ("WEBP", {})]:
        data = saved(Image.fromarray(picture(24, 18)), kind, **options)
        failures = 0
        for _ in range(300):
            bad = bytearray(data)
            bad[rng.integers(0, len(bad))] ^= 1 << rng.integers(0, 8)
            try:
                module.decode(bytes(bad), max_pixels=1_000_000)
            except ImageError as error:
                assert error.code == E_IMAGE
                failures += 1
        assert failures > 0


def test_limits(module):
    data = saved(Image.fromarray(picture(30, 20)), "PNG")
    assert module.decode(data, max_pixels=600, max_side=30).shape == (20, 30, 3)
    refused(module, data, "30x20", "599", max_pixels=599)
    refused(module, data, "30x20", "29", max_side=29)


def bomb(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_writer.chunk(b"IHDR", header)
            + png_writer.chunk(b"IDAT", zlib.compress(bytes(100)))
            + png_writer.chunk(b"IEND", b""))


def test_bombs(module):
    refused(module, bomb(50_000, 50_000), "50000x50000", "256000000")
    refused(module, bomb(70_000, 1), "65535")
    refused(module, bomb(0x7FFFFFFF, 0x7FFFFFFF), "65535")
    refused(module, bomb(0, 5), "no pixels")
    jpeg = bytearray(saved(Image.fromarray(picture(8, 8)), "JPEG"))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at:at + 4] = struct.pack(">HH", 60_000, 60_000)
    refused(module, bytes(jpeg), "60000x60000", "256000000")


def test_encode_png(module):
    for size in SIZES:
        pixels = picture(*size)
        data = module.encode_png(pixels)
        assert_close(np.asarray(Image.open(io.BytesIO(data))), pixels)
        assert_close(module.decode(data), pixels)
    with pytest.raises(ImageError) as caught:
        module.encode_png(picture(4, 4), format=BGR8)
    assert caught.value.code == E_ARGUMENT


def test_odd_files(module, fashion):
    """Files as they come from the web, wrong names and all."""
    files = sorted((fashion / "odd").iterdir())
    assert files
    for file in files:
        reference = ImageOps.exif_transpose(Image.open(file))
        if "A" in reference.getbands() or "transparency" in reference.info:
            expected = on_white(np.asarray(reference.convert("RGBA")))
        else:
            expected = np.asarray(reference.convert("RGB"))
        assert_close(module.decode(file.read_bytes()), expected, most=6, mean=0.2)


def test_data_set(module, fashion):
    """Every photograph decodes; each twentieth is compared."""
    files = sorted((fashion / "dataset").glob("*/*"))
    assert files
    for index, file in enumerate(files):
        ours = module.decode(file.read_bytes())
        if index % 20 == 0:
            reference = np.asarray(ImageOps.exif_transpose(Image.open(file)).convert("RGB"))
            assert_close(ours, reference, most=6, mean=0.2)
