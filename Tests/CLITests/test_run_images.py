"""mtl-run on images: answers, formats of output, bad input, exit statuses."""

import csv
import json
import re
import resource
import subprocess

import cv2
import numpy as np
import pytest
from PIL import Image

import sample_models


def answers(text):
    return [json.loads(line) for line in text.splitlines()]


def test_json_has_the_agreed_form_and_the_right_numbers(mtl_run, model, noise):
    path, pixels = noise
    out, err = mtl_run(model, path, "--json")
    assert err == "" and out.count("\n") == 1
    answer = json.loads(out)
    assert set(answer) == {"image", "tasks", "ms"}
    assert answer["image"] == str(path)
    assert set(answer["ms"]) == {"decode", "predict"} and min(answer["ms"].values()) >= 0
    small = cv2.resize(pixels, (sample_models.SIZE,) * 2) / 255
    color, tags = (row[0] for row in sample_models.mean_colors(small[None]))
    first, second = answer["tasks"]
    assert first["task"] == "color" and second["task"] == "tags"
    assert list(first["probabilities"]) == ["red", "green", "blue"]
    np.testing.assert_allclose(list(first["probabilities"].values()), color, atol=1e-6)
    np.testing.assert_allclose(list(second["probabilities"].values()), tags, atol=1e-6)
    assert first["label"] == ["red", "green", "blue"][int(color.argmax())]
    assert first["probability"] == max(first["probabilities"].values())
    assert "labels" not in first
    assert second["labels"] == [
        name for name, share in second["probabilities"].items() if share >= 0.5]


def test_text_is_one_aligned_block_for_each_image(mtl_run, model, images):
    out, err = mtl_run(model, images / "a.png", images / "c.webp")
    assert err == ""
    assert out.splitlines() == [
        f"{images}/a.png",
        "  color  red  100.0%  green    0.0%  blue   0.0%",
        "  tags   dark  88.1%  bright  11.9%",
        f"{images}/c.webp",
        "  color  blue 100.0%  red      0.0%  green   0.0%",
        "  tags   dark  88.1%  bright  11.9%",
    ]


def test_top(mtl_run, model, images):
    out, _ = mtl_run(model, images / "a.png", "--top", 1)
    assert out.splitlines()[1] == "  color  red  100.0%"
    out, _ = mtl_run(model, images / "a.png", "--top", "2", "--json")
    assert list(answers(out)[0]["tasks"][0]["probabilities"]) == ["red", "green"]


def test_no_label_holds(mtl_run, tmp_path, images):
    model = sample_models.colors()
    model["tasks"][1]["threshold"] = 0.99
    path = sample_models.write(tmp_path / "strict.mtl", model)
    out, _ = mtl_run(path, images / "a.png")
    assert re.match(r"  tags   -  +dark", out.splitlines()[2])
    out, _ = mtl_run(path, images / "a.png", "--json")
    tags = answers(out)[0]["tasks"][1]
    assert tags["labels"] == [] and tags["label"] == "dark"


def test_folder_means_every_image_in_it_and_below(mtl_run, model, images):
    for given in (images, f"{images}/"):
        out, err = mtl_run(model, given, "--json")
        assert err == ""
        found = answers(out)
        assert [answer["image"] for answer in found] == [
            f"{images}/{name}"
            for name in ("a.png", "b.jpg", "c.webp", "more/d.png", "named_wrongly.txt")]
        assert [answer["tasks"][0]["label"] for answer in found] == [
            "red", "green", "blue", "red", "red"]


def test_standard_input(mtl_run, model, images):
    out, _ = mtl_run(model, "-", "--json", input=(images / "b.jpg").read_bytes())
    answer = answers(out)[0]
    assert answer["image"] == "-" and answer["tasks"][0]["label"] == "green"
    mtl_run.refuses(model, "-", status=1, words=["-: it is empty"], input=b"")


def test_orientation_is_applied_unless_the_model_says_no(mtl_run, tmp_path):
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, :8] = 255
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[274] = 6
    path = tmp_path / "turned.png"
    image.save(path, exif=exif)
    for orientation, expected in ((1, [[255, 255], [0, 0]]), (0, [[255, 0], [255, 0]])):
        model = sample_models.copy_of_pixels(2, 2, channels=3)
        model["preprocessing"]["orientation"] = orientation
        file = sample_models.write(tmp_path / f"{orientation}.mtl", model)
        out, _ = mtl_run(file, path, "--json")
        numbers = list(answers(out)[0]["tasks"][0]["probabilities"].values())
        assert np.reshape(numbers, (2, 2)).tolist() == expected


def test_photographs_of_phones(mtl_run, tmp_path):
    """108 million pixels, taken upright: there is room for one copy of them, not for two."""
    tile = np.random.default_rng(2).integers(0, 256, (47, 64, 3), dtype=np.uint8)
    path = tmp_path / "phone.jpg"

    def photograph():
        return Image.fromarray(tile).resize((12032, 9024), Image.Resampling.NEAREST)

    exif = Image.Exif()
    exif[274] = 6
    photograph().save(path, quality=70, exif=exif)
    model = sample_models.write(tmp_path / "m.mtl", sample_models.copy_of_pixels(3, 4))
    out, _ = mtl_run(
        model, path, "--json", "--threads", 1, "--backend", "scalar",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (450 << 20, 450 << 20)))
    numbers = list(answers(out)[0]["tasks"][0]["probabilities"].values())
    upright = np.rot90(np.asarray(photograph()), -1)
    expected = cv2.resize(np.ascontiguousarray(upright), (3, 4))
    assert np.abs(np.reshape(numbers, (4, 3, 3)) - expected).max() <= 8


def test_what_fails_is_one_line_and_the_rest_goes_on(mtl_run, model, images, tmp_path):
    whole = (images / "b.jpg").read_bytes()
    bad = {
        "missing.jpg": (None, "No such file"),
        "empty.jpg": (b"", "it is empty"),
        "text.png": (b"just words\n", "not a JPEG, PNG or WebP"),
        "short.jpg": (whole[:len(whole) // 2], "cut short"),
        "moving.gif": (b"GIF89a" + bytes(20), "it is a GIF, which is not supported"),
    }
    for name, (data, _) in bad.items():
        if data is not None:
            (tmp_path / name).write_bytes(data)
    names = [tmp_path / name for name in bad]
    out, err = mtl_run(model, *names[:2], images / "a.png", *names[2:], "--json", status=1)
    assert [answer["image"] for answer in answers(out)] == [f"{images}/a.png"]
    lines = err.splitlines()
    assert len(lines) == len(bad)
    for line, (name, (_, words)) in zip(lines, bad.items()):
        assert line.startswith(f"mtl-run: {tmp_path}/{name}: ") and words in line


def test_bad_files_in_a_folder_are_named(mtl_run, model, images):
    (images / "broken.jpeg").write_bytes(b"\xff\xd8\xff\xe0")
    (images / "old.gif").write_bytes(b"GIF89a" + bytes(20))
    out, err = mtl_run(model, images, "--json", status=1)
    assert len(answers(out)) == 5
    assert "broken.jpeg: the JPEG" in err and "old.gif: it is a GIF" in err


def test_folder_without_images(mtl_run, model, tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    mtl_run.refuses(model, tmp_path, status=1, words=["there are no images in this folder"])


@pytest.mark.parametrize("arguments,words", [
    ([], "which model"), (["MODEL"], "which images"), (["--frobnicate"], "frobnicate"),
    (["MODEL", "x.png", "--top", "0"], "--top 0"), (["MODEL", "x.png", "--top", "x"], "--top x"),
    (["MODEL", "x.png", "--top"], "top"), (["MODEL", "x.png", "--threads", "-1"], "--threads -1"),
    (["MODEL", "x.png", "--threads", "99999999999999999999"], "--threads"),
    (["MODEL", "--bench", "--seconds", "soon"], "--seconds soon"),
    (["MODEL", "--bench", "--seconds", "nan"], "--seconds nan"),
    (["MODEL", "--bench", "--batch", "0"], "--batch 0"), (["MODEL", "--bench", "x.png"], "--bench"),
    (["MODEL", "x.png", "--backend", ""], "--backend"), (["MODEL", "--input", "x.npy"], "--output"),
    (["MODEL", "--output", "y.npy"], "--input"),
    (["MODEL", "x.png", "--input", "x.npy", "--output", "y.npy"], "--input"),
])
def test_wrong_usage(mtl_run, model, arguments, words):
    arguments = [model if argument == "MODEL" else argument for argument in arguments]
    mtl_run.refuses(*arguments, status=2, words=[words])


def test_help_and_version(mtl_run):
    out, err = mtl_run("--help")
    assert err == "" and "mtl-run MODEL IMAGE..." in out and "Examples:" in out
    out, _ = mtl_run("--version")
    assert re.fullmatch(r"mtl-run \d+\.\d+\.\d+\n", out)


def test_models_that_cannot_be_read(mtl_run, vectors, images, tmp_path, model):
    image = images / "a.png"
    mtl_run.refuses(tmp_path / "no.mtl", image, status=3, words=["no.mtl", "No such file"])
    for name, data in [("empty.mtl", b""), ("text.mtl", b"hello\n"),
                       ("short.mtl", model.read_bytes()[:-1])]:
        (tmp_path / name).write_bytes(data)
        mtl_run.refuses(tmp_path / name, image, status=3, words=[name])
    mtl_run.refuses(tmp_path, image, status=3)
    with open(vectors / "manifest.csv", encoding="utf-8", newline="") as manifest:
        rejected = [vectors / row["file"] for row in csv.DictReader(manifest)
                    if row["verdict"] == "reject" and row["stage"] == "open"]
    assert rejected
    for vector in rejected[::20]:
        mtl_run.refuses(vector, image, status=3, words=[vector.name])


def test_models_that_take_no_image(mtl_run, vectors, images):
    mtl_run.refuses(
        vectors / "accept" / "minimal.mtl", images / "a.png", status=1,
        words=["does not say how images become its input"])
    mtl_run.refuses(
        vectors / "accept" / "inputs-most.mtl", images / "a.png", status=2, words=["--input"])
    mtl_run.refuses(
        vectors / "accept" / "dimension-largest.mtl", images / "a.png", status=2,
        words=["--input"])


def test_backends(mtl_run, model, images):
    out, _ = mtl_run("--list-backends")
    assert re.search(r"^scalar .*usable", out, re.M)
    report = json.loads(mtl_run("--list-backends", "--json")[0])
    names = [backend["name"] for backend in report["backends"]]
    assert "scalar" in names
    plain, _ = mtl_run(model, images / "a.png")
    for backend in report["backends"]:
        if backend["usable"]:
            out, _ = mtl_run(model, images / "a.png", "--backend", backend["name"])
            assert out == plain
    for name in ("nonesuch", "../scalar"):
        mtl_run.refuses(
            model, images / "a.png", "--backend", name, status=4, words=["backend"])


def test_threads(mtl_run, model, noise):
    alone, _ = mtl_run(model, noise[0], "--threads", 1)
    assert mtl_run(model, noise[0], "--threads", "3")[0] == alone


def test_labels_of_any_script_and_paths_of_any_bytes(mtl_run, tmp_path, images):
    labels = ("größe", "赤い\"\\", "d\u200bx")
    path = sample_models.write(tmp_path / "words.mtl", sample_models.colors(labels))
    odd = bytes(tmp_path) + b"/\xff\n.png"
    with open(odd, "wb") as file:
        file.write((images / "a.png").read_bytes())
    out, _ = mtl_run(path, "--json", tmp_path)
    found = [a for a in answers(out) if "\ufffd" in a["image"]]
    assert len(found) == 1 and list(found[0]["tasks"][0]["probabilities"]) == list(labels)


def test_output_that_cannot_be_written(mtl_run, model, images):
    with open("/dev/full", "w") as full:
        for arguments in ([model, images], [model, images, "--json"], ["--help"]):
            done = subprocess.run(
                [mtl_run.path, *arguments], stdout=full, stderr=subprocess.PIPE)
            assert done.returncode == 1
            assert b"cannot write the output: No space left" in done.stderr


def test_bench(mtl_run, model):
    out, _ = mtl_run(
        model, "--bench", "--batch", 3, "--threads", 2, "--seconds", "0.05", "--json",
        "--backend", "scalar")
    result = json.loads(out)
    assert list(result) == [
        "batch", "threads", "backend", "ms", "images_per_second", "open_ms", "first_ms"]
    assert (result["batch"], result["threads"], result["backend"]) == (3, 2, "scalar")
    times = result["ms"]
    assert list(times) == ["median", "p10", "p99"]
    assert 0 < times["p10"] <= times["median"] <= times["p99"]
    assert result["images_per_second"] == pytest.approx(3000 / times["median"], rel=0.05)
    assert "images/s" in mtl_run(model, "--bench", "--seconds", "0.05")[0]


def test_odd_files_are_all_answered(mtl_run, model, fashion):
    out, err = mtl_run(model, *sorted((fashion / "odd").iterdir()), "--json")
    assert err == ""
    assert len(answers(out)) == len(list((fashion / "odd").iterdir()))


@pytest.mark.parametrize("batch", [1, 3])
def test_profile(mtl_run, model, batch):
    out, err = mtl_run(
        model, "--profile", "--batch", batch, "--threads", 2, "--seconds", "0.05", "--json",
        "--backend", "scalar")
    assert err == ""
    told = json.loads(out)
    assert (told["batch"], told["threads"], told["backend"]) == (batch, 2, "scalar")
    steps = told["steps"]
    assert told["runs"] >= 5 and len(steps) > 1
    assert told["operations"] == sum(step["operations"] for step in steps)
    assert told["bytes"] == sum(step["bytes"] for step in steps)
    assert all(step["shape"][0] == batch and step["nodes"] for step in steps)
    assert sum(step["ms"] for step in steps) > 0 and told["ms"]["total"] > 0
    out, _ = mtl_run(model, "--profile", "--seconds", "0.05", "--backend", "scalar")
    lines = out.splitlines()
    assert lines[0].startswith("batch 1, ") and lines[-1].startswith("total ")
    assert len(lines) == len(steps) + 5
