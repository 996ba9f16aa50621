"""No command writes onto a file of the user's: neither onto its input nor onto anything that it did
not write itself."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image

import onnx_models
import sample_models


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def kept(before, folder):
    now = contents(folder)
    assert {path: now.get(path) for path in before} == before
    return sorted(str(path.relative_to(folder)) for path in set(now) - set(before))


def test_annotated_copies_beside_the_photographs(mtl_run, model, images):
    for name in ("c.png", "b.annotated-2.png"):
        (images / name).write_bytes((images / "a.png").read_bytes())
    before = contents(images)
    out, err = mtl_run(model, "a.png", "b.jpg", "c.webp", "c.png", "--annotate", ".", cwd=images)
    assert err == "" and "green 100.0%" in out and "blue 100.0%" in out
    assert kept(before, images) == [
        "a.annotated.png", "b.annotated.png", "c.annotated-2.png", "c.annotated.png"]
    before = contents(images)
    out, _ = mtl_run(model, ".", "--annotate", ".", cwd=images)
    # Copies are no photographs.
    assert out.count("./") == 6 and "annotated" not in out
    added = kept(before, images)
    assert len(added) == 6 and "b.annotated-3.png" in added and "a.annotated-2.png" in added


@pytest.mark.parametrize("make", [os.symlink, os.link])
def test_annotated_copies_never_follow_links(mtl_run, model, images, tmp_path, make):
    out = tmp_path / "out"
    out.mkdir()
    make(images / "a.png", out / "a.annotated.png")
    before = contents(images)
    mtl_run(model, images / "a.png", "--annotate", out)
    assert kept(before, images) == []
    assert sorted(path.name for path in out.iterdir()) == [
        "a.annotated-2.png", "a.annotated.png"]


def test_annotated_copies_of_long_names(mtl_run, model, images, tmp_path):
    for name in ("x" * 251 + ".png", "é" * 125 + ".png"):
        (images / name).write_bytes((images / "a.png").read_bytes())
    mtl_run(model, images, "--annotate", tmp_path / "out")
    mtl_run(model, images, "--annotate", tmp_path / "out")
    names = [path.name for path in (tmp_path / "out").iterdir()]
    assert len(names) == 14 and all(len(name.encode()) <= 255 for name in names)


@pytest.fixture
def tensors(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((1, 8, 8, 3), np.float32))
    return path


def test_tensors_are_not_written_onto_what_is_read(mtl_run, tensors, tmp_path):
    model = sample_models.write(tmp_path / "copy.mtl", sample_models.copy_of_pixels(8, 8))
    os.symlink(tensors, tmp_path / "soft.npy")
    os.link(tensors, tmp_path / "hard.npy")
    os.symlink(tmp_path, tmp_path / "folder")
    before = contents(tmp_path)
    for target in ("x.npy", "./x.npy", "folder/x.npy", "soft.npy", "hard.npy", "copy.mtl"):
        mtl_run.refuses(
            model, "--input", "x.npy", "--output", target, status=2, cwd=tmp_path,
            words=["--output", target])
        assert kept(before, tmp_path) == []


def test_none_of_several_outputs_is_written_onto_an_input(mtl_run, model, tensors, tmp_path):
    shutil.copy(tensors, tmp_path / "y.color.npy")
    mtl_run.refuses(
        model, "--input", tmp_path / "y.color.npy", "--output", tmp_path / "y.npy", status=2,
        words=["--output", "y.color.npy"])


@pytest.mark.parametrize("target", [
    "m.onnx", "./m.onnx", "soft", "hard", "names.txt", "folder/m.onnx"])
def test_models_are_not_written_onto_what_is_read(mtl_export, tmp_path, target):
    onnx_models.save(onnx_models.classifier(), tmp_path / "m.onnx")
    (tmp_path / "names.txt").write_text("a\nb\nc\nd\ne\n")
    os.symlink("m.onnx", tmp_path / "soft")
    os.link(tmp_path / "m.onnx", tmp_path / "hard")
    os.symlink(tmp_path, tmp_path / "folder")
    before = contents(tmp_path)
    mtl_export.refuses(
        "m.onnx", "-o", target, "--labels", "names.txt", status=2, cwd=tmp_path, words=[target])
    assert kept(before, tmp_path) == []
