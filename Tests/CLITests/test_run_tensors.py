"""mtl-run --input x.npy --output y.npy."""

import os
import stat

import numpy as np
import pytest

import sample_models
from mtl_vectors.builder import node
from mtl_vectors.models import ADD, chain


def images(count, dtype=np.float32):
    shape = (count, sample_models.SIZE, sample_models.SIZE, 3)
    numbers = np.random.default_rng(count).random(shape)
    return (numbers * (255 if dtype == np.uint8 else 1)).astype(dtype)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
@pytest.mark.parametrize("count", [1, 7, 70])
def test_any_batch_type_and_version(mtl_run, model, tmp_path, count, dtype, version):
    x = images(count, dtype)
    with open(tmp_path / "x.npy", "wb") as file:
        np.lib.format.write_array(file, x, version)
    out, err = mtl_run(model, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy")
    assert out == err == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "x.npy", "y.color.npy", "y.tags.npy"]
    for name, expected in zip(("color", "tags"), sample_models.mean_colors(x)):
        y = np.load(tmp_path / f"y.{name}.npy")
        assert y.dtype == np.float32 and y.flags["C_CONTIGUOUS"]
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


def test_one_output_goes_where_it_was_told(mtl_run, tmp_path):
    model = sample_models.write(tmp_path / "copy.mtl", sample_models.copy_of_pixels(3, 2))
    x = np.random.default_rng(2).random((5, 2, 3, 3)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    mtl_run(model, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), x)
    assert (tmp_path / "y.npy").stat().st_size % 64 == x.nbytes % 64


def test_several_inputs_in_their_order(mtl_run, tmp_path):
    adds = chain([("a", [1, 2]), ("b", [1, 2]), ("y", [1, 2])], [node(ADD, "add", [0, 1], 2)],
                 inputs=[0, 1])
    model = sample_models.write(tmp_path / "add.mtl", adds)
    np.save(tmp_path / "a.npy", np.float32([[1, 2], [3, 4]]))
    np.save(tmp_path / "b.npy", np.float32([[10, 20], [30, 40]]))
    both = ["--input", tmp_path / "a.npy", "--input", tmp_path / "b.npy"]
    mtl_run(model, *both, "--output", tmp_path / "y.npy")
    assert np.load(tmp_path / "y.npy").tolist() == [[11, 22], [33, 44]]
    mtl_run.refuses(
        model, *both[:2], "--output", tmp_path / "z.npy", status=2, words=["2 inputs"])
    np.save(tmp_path / "b.npy", np.float32([[10, 20]]))
    mtl_run.refuses(
        model, *both, "--output", tmp_path / "z.npy", status=1, words=["1 rows"])
    assert not (tmp_path / "z.npy").exists()


def saved(path, array):
    np.save(path, array)
    return path.read_bytes()


def test_bad_input(mtl_run, model, tmp_path):
    good = saved(tmp_path / "good.npy", images(2))
    shape = b"(2, 8, 8, 3)"
    assert shape in good
    bad = [
        (None, "No such file"), (b"", "not a .npy"), (b"hello, world", "not a .npy"),
        (good[:20], "header"), (good[:-1], "cut short"),
        (good.replace(b"NUMPY\x01", b"NUMPY\x09"), "version 9"),
        (good.replace(shape, b"(2, 8, 8, 4)"), "cut short"),
        (good.replace(shape, b"(2, 8, 8)   "), "its shape is (2, 8, 8), the input 'image'"),
        (good.replace(shape, b"(0, 8, 8, 3)"), "its shape"),
        (good.replace(shape, b"(2, 8, 8, -3"), "header"),
        (good.replace(shape, b"(99999999999"), "header"),
        (saved(tmp_path / "t.npy", images(1)[..., :2]), "(1, 8, 8, 2)"),
        (saved(tmp_path / "t.npy", np.asfortranarray(images(2))), "Fortran"),
        (saved(tmp_path / "t.npy", images(1).astype(">f4")), ">f4"),
        (saved(tmp_path / "t.npy", images(1).astype(np.int64)), "<i8"),
        (saved(tmp_path / "t.npy", np.float32(3)), "its shape is ()"),
    ]
    for number, (data, words) in enumerate(bad):
        path = tmp_path / f"bad{number}.npy"
        if data is not None:
            path.write_bytes(data)
        mtl_run.refuses(
            model, "--input", path, "--output", tmp_path / "y.npy", status=1,
            words=[path.name, words])
    assert not list(tmp_path.glob("y*"))


def test_output_that_cannot_be_written(mtl_run, model, tmp_path):
    np.save(tmp_path / "x.npy", images(1))
    mtl_run.refuses(
        model, "--input", tmp_path / "x.npy", "--output", tmp_path / "no" / "y.npy", status=1,
        words=["cannot write", "No such file"])
    (tmp_path / "y.color.npy").mkdir()
    mtl_run.refuses(
        model, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy", status=1,
        words=["cannot write", "y.color.npy"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.npy", "y.color.npy"]


def test_devices_and_pipes_are_written_to_not_replaced(mtl_run, tmp_path):
    model = sample_models.write(tmp_path / "copy.mtl", sample_models.copy_of_pixels(3, 2))
    np.save(tmp_path / "x.npy", np.zeros((1, 2, 3, 3), np.float32))
    # A node of the same kind as /dev/full: it is no loss if it is replaced.
    full = tmp_path / "full"
    try:
        os.mknod(full, 0o666 | stat.S_IFCHR, os.stat("/dev/full").st_rdev)
    except PermissionError:
        pytest.skip("only root makes devices")
    mtl_run.refuses(
        model, "--input", tmp_path / "x.npy", "--output", full, status=1, words=["full", "space"])
    assert stat.S_ISCHR(os.stat(full).st_mode)
    assert {path.name for path in tmp_path.iterdir()} == {"copy.mtl", "x.npy", "full"}
