"""mtl-run --annotate."""

import resource
import signal

import numpy as np
import pytest
from PIL import Image

import sample_models


def annotated(mtl_run, model, folder, *images):
    _, err = mtl_run(model, *images, "--annotate", folder)
    assert err == ""
    return {path.name: np.asarray(Image.open(path)) for path in folder.iterdir()}


def test_names_and_files(mtl_run, model, images, tmp_path):
    (images / "more" / "a.jpg").write_bytes((images / "b.jpg").read_bytes())
    found = annotated(mtl_run, model, tmp_path / "out", images)
    assert sorted(found) == [
        "a.annotated-2.png", "a.annotated.png", "b.annotated.png", "c.annotated.png",
        "d.annotated.png", "named_wrongly.annotated.png"]
    for pixels in found.values():
        assert pixels.dtype == np.uint8 and pixels.shape[2] == 3


def test_a_second_time_replaces_nothing(mtl_run, model, images, tmp_path):
    first = annotated(mtl_run, model, tmp_path / "out", images / "a.png")
    second = annotated(mtl_run, model, tmp_path / "out", images / "a.png")
    assert list(first) == ["a.annotated.png"]
    assert sorted(second) == ["a.annotated-2.png", "a.annotated.png"]
    for pixels in second.values():
        np.testing.assert_array_equal(first["a.annotated.png"], pixels)


@pytest.mark.parametrize("color", [0, 128, 255])
def test_words_can_be_read_on_any_background(mtl_run, model, tmp_path, color):
    Image.new("RGB", (640, 480), (color,) * 3).save(tmp_path / "x.png")
    pixels = annotated(mtl_run, model, tmp_path / "out", tmp_path / "x.png")["x.annotated.png"]
    assert pixels.shape == (480, 640, 3)
    assert (pixels[:200] == color).all()
    panel = pixels[-30:, :60].max(2)
    assert panel.min() < 90
    bright = pixels.min(2) > 230
    changed = (pixels != color).any(2)
    assert (bright & changed).sum() > 300 if color < 255 else bright[-60:, :200].sum() > 300


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (28, 28), (3000, 20), (700, 500)])
def test_any_size(mtl_run, model, tmp_path, size):
    Image.new("RGB", size, (40, 90, 200)).save(tmp_path / "x.png")
    pixels = annotated(mtl_run, model, tmp_path / "out", tmp_path / "x.png")["x.annotated.png"]
    assert pixels.shape[0] >= 120 and pixels.shape[1] >= 240
    assert max(pixels.shape) >= 320
    assert (pixels == (40, 90, 200)).all(2).any()
    assert (pixels > 220).all(2).any(), "no words"


@pytest.mark.parametrize("labels", [
    ("größe", "naïve", "Žluťoučký"), ("rock ’n’ roll – “loud”", "a\u00a0b", "−1"),
    ("x" * 4096, "y" * 4096, "é" * 2048),
    ("e\u0301", "\u200b", " "),
])
def test_any_label(mtl_run, tmp_path, images, labels):
    model = sample_models.write(
        tmp_path / "words.mtl", sample_models.colors(labels, names=("ñame" * 40, "tags")))
    pixels = annotated(mtl_run, model, tmp_path / "out", images / "a.png")["a.annotated.png"]
    assert (pixels > 220).all(2).any()


def test_labels_that_cannot_be_drawn_are_named_once(mtl_run, tmp_path, images):
    model = sample_models.write(
        tmp_path / "words.mtl", sample_models.colors(("赤い", "青い", "緑"), names=("色", "tags")))
    out, err = mtl_run(model, images / "a.png", images / "a.png", images / "b.jpg",
                       "--annotate", tmp_path / "out")
    assert "赤い" in out
    lines = err.splitlines()
    assert len(lines) == 3 and all("boxes" in line for line in lines)
    assert 'task "色"' in lines[0]
    assert 'label "赤い" of task "色"' in lines[1] and 'label "青い" of task "色"' in lines[2]
    pixels = np.asarray(Image.open(tmp_path / "out" / "a.annotated.png"))
    assert (pixels > 220).all(2).any()
    _, err = mtl_run(model, images / "a.png")
    assert err == ""


def test_more_tasks_than_there_is_room_for(mtl_run, tmp_path, images):
    model = sample_models.colors()
    model["tasks"] = [
        sample_models.task("t" * 4000 + str(index), ["label"], first=index, kind=2)
        for index in range(3)]
    model["tasks"] += [
        sample_models.task(str(index), ["yes"], first=index, kind=2, output=1)
        for index in range(2)]
    path = sample_models.write(tmp_path / "many.mtl", model)
    Image.new("RGB", (400, 40), (200, 0, 0)).save(tmp_path / "low.png")
    pixels = annotated(mtl_run, path, tmp_path / "out", tmp_path / "low.png")["low.annotated.png"]
    assert (pixels > 220).all(2).any()


def test_folder_that_cannot_be_used(mtl_run, model, images, tmp_path):
    (tmp_path / "file").write_text("")
    for folder in ("file", "file/below", "no/such"):
        mtl_run.refuses(
            model, images / "a.png", "--annotate", tmp_path / folder, status=2,
            words=["--annotate", folder])


def limited_files():
    """As on a full disk: no file grows beyond 100 bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def test_full_disk_leaves_no_half_written_file(mtl_run, model, images, tmp_path):
    out, err = mtl_run(
        model, images / "a.png", "--annotate", tmp_path / "out", status=1,
        preexec_fn=limited_files, restore_signals=False)
    assert "red  100.0%" in out
    assert err.count("\n") == 1 and "cannot write" in err and "a.png" in err
    assert list((tmp_path / "out").iterdir()) == []


def blank_columns(pixels):
    """Widest run of columns without letters between the first letter and the last one."""
    used = np.flatnonzero((pixels.min(2) > 140).any(0))
    return int(np.diff(used).max())


@pytest.mark.parametrize("shape", ["square", "wide", "narrow"])
def test_words_that_fit_are_whole_at_every_size(mtl_run, tmp_path, shape):
    """Words that are cut end in two dots, which leaves a wider space behind them."""
    model = sample_models.write(
        tmp_path / "words.mtl",
        sample_models.colors(("rWWWW", "g", "b"), names=("colWWW", "tWW")))
    (tmp_path / "in").mkdir()
    for side in range(240, 1000, 5):
        width, height = {
            "square": (side, side), "wide": (2 * side, side), "narrow": (240, 2 * side)}[shape]
        Image.new("RGB", (width, height), (255, 0, 0)).save(
            tmp_path / "in" / f"{side}.png", compress_level=1)
    found = annotated(mtl_run, model, tmp_path / "out", tmp_path / "in")
    assert len(found) == 152
    cut = []
    for name, pixels in found.items():
        letters = max(8, min(pixels.shape[:2]) / 26)
        gap = blank_columns(pixels[-int(6 * letters):])
        if gap > 1.5 * letters + 2:
            cut.append((name, gap))
    assert not cut
