"""What `mtl-train` prints and writes, on a small generated data set."""

import json
import subprocess

import pytest


@pytest.fixture(scope="module")
def train(prefix):
    def run(*words, status=0):
        done = subprocess.run(
            [str(word) for word in [prefix / "bin" / "mtl-train", *words]],
            capture_output=True, text=True, timeout=600,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


@pytest.fixture(scope="module")
def garments(train, tmp_path_factory):
    folder = tmp_path_factory.mktemp("train") / "garments"
    train("sample", folder, "--per-class", 6, "--seed", 5)
    return folder


SHORT = ["--tasks", "color,product", "--net", "lean", "--epochs", "1"]


def test_a_run_says_how_it_went(train, garments, tmp_path):
    text = train("fit", garments, "-o", tmp_path / "run", *SHORT, "--hold-out", "red_dress")
    assert "held out: red_dress: 6 images, exact " in text
    page = (tmp_path / "run" / "report.html").read_text()
    assert "red_dress (held out)" in page and "http" not in page
    found = json.loads(train("evaluate", tmp_path / "run", garments, "--json"))
    assert found["images"] == 54 and set(found["tasks"]) == {"color", "product"}
    low, high = found["exact_95"]
    assert low <= found["exact"] <= high
    details = found["details"]["product"]
    assert sum(map(sum, details["confusion"])) == 54
    assert {label["images"] for label in details["labels"].values()} == {18}
    only = tmp_path / "only"
    only.mkdir()
    (only / "red_dress").symlink_to(garments / "red_dress")
    found = json.loads(train("evaluate", tmp_path / "run", only, "--json"))
    assert found["images"] == 6 and sum(map(sum, found["details"]["product"]["confusion"])) == 6


def test_each_combination_is_held_out_in_turn(train, garments, tmp_path):
    text = train(
        "fit", garments, "-o", tmp_path / "runs", *SHORT, "--cross-validate-combinations"
    )
    table = text[text.index("held out  "):].splitlines()
    assert len(table) == 11 and table[-1].startswith("mean")
    assert sorted(line.split()[0] for line in table[1:-1]) == sorted(
        path.name for path in garments.iterdir()
    )
    assert (tmp_path / "runs" / "blue_shirt" / "best.ckpt").exists()


def test_a_table_of_images_with_unknown_answers(train, garments, tmp_path):
    rows = ["path,color,product,split"]
    for number, path in enumerate(sorted(garments.glob("*/*.png"))):
        color, product = path.parent.name.split("_")
        part = "val" if number % 5 == 0 else "train"
        known = color if number % 2 or part == "val" else ""
        rows.append(f"{path.relative_to(garments)},{known},{product},{part}")
    table = garments / "labels.csv"
    table.write_text("\n".join(rows) + "\n")
    try:
        text = train("fit", table, "-o", tmp_path / "run", "--net", "lean", "--epochs", "1")
        assert "images: train 43, val 11" in text
        text = train("evaluate", tmp_path / "run", table, "--part", "val")
        assert text.split()[:2] == ["images", "11"]
    finally:
        table.unlink()


def test_pictures_that_are_there_twice_are_listed(train, garments, tmp_path):
    data = tmp_path / "twice"
    for folder in ["red_dress", "blue_shirt"]:
        (data / folder).mkdir(parents=True)
        for path in (garments / folder).iterdir():
            (data / folder / path.name).write_bytes(path.read_bytes())
    some = sorted((data / "red_dress").iterdir())[0]
    (data / "blue_shirt" / "wrong.png").write_bytes(some.read_bytes())
    text = train("survey", data, "--tasks", "color,product")
    assert "pictures with answers that contradict each other: 1\n" in text
    assert f"blue_shirt/wrong.png  red_dress/{some.name}" in text


@pytest.mark.parametrize("words", [
    ["--hold-out", "green_dress"], ["--color-tasks", "size"], ["--task-weights", "color"],
    ["--task-weights", "size=2"], ["--task-weights", "color=-1"], ["--balance", "perhaps"],
    ["--cross-validate-combinations", "--hold-out", "red_dress"],
])
def test_wrong_usage_is_named(train, garments, tmp_path, words):
    text = train("fit", garments, "-o", tmp_path / "run", *SHORT, *words, status=2)
    assert words[-1].split("=")[0] in text or words[0] in text
