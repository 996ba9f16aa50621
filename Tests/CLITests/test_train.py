"""mtl-train from pictures to a file that answers: options that need whole runs."""

import json
import os
import random
import subprocess
import time

import pytest

FINAL = ["last.ckpt", "best.ckpt", "history.csv", "report.json"]


@pytest.fixture(scope="module")
def garments(mtl_train, tmp_path_factory):
    """Nine folders of generated pictures, <color>_<product>."""
    folder = tmp_path_factory.mktemp("garments") / "data"
    mtl_train("sample", folder, "--per-class", 8)
    return folder


@pytest.fixture(scope="module")
def run(mtl_train, garments):
    """A short run of the lean network on both tasks."""
    path = garments.parent / "run"
    mtl_train("fit", garments, "-o", path, "--tasks", "color,product", "--net", "lean",
              "--epochs", 2)
    return path


def table(garments, name, header, row):
    """A CSV file of all pictures; `row` makes the cells of one from color, product and number."""
    lines = [header]
    for folder in sorted(path for path in garments.iterdir() if path.is_dir()):
        for number, file in enumerate(sorted(folder.iterdir())):
            lines.append(f"{folder.name}/{file.name}," + row(*folder.name.split("_"), number))
    path = garments / name
    path.write_text("\n".join(lines) + "\n")
    return path


def test_several_labels_may_hold(mtl_train, mtl_export, mtl_run, garments, tmp_path):
    """From cells with semicolons to answers with any number of labels."""
    def row(color, product, number):
        words = [word for word, holds in [("bright", color == "red"), ("long", product != "shirt")]
                 if holds]
        return f"{';'.join(words) or ';'},{'' if number == 3 else color}"

    labels = table(garments, "labels.csv", "path,traits,color", row)
    out, _ = mtl_train("survey", labels)
    assert "traits\n" in out and "none_black" in out and "bright;long_red" in out
    path = tmp_path / "run"
    mtl_train("fit", labels, "-o", path, "--net", "lean", "--epochs", 2, "--calibrate", "yes")
    out, _ = mtl_train("evaluate", path, labels, "--json")
    figures = json.loads(out)
    assert figures["details"]["traits"]["confusion"] is None
    assert figures["details"]["traits"]["labels"]["bright"]["images"] == 24
    assert len(figures["details"]["color"]["confusion"]) == 3

    report = json.loads((path / "report.json").read_text())
    threshold = report["calibration"]["tasks"]["traits"]["threshold"]
    model = tmp_path / "traits.mtl"
    mtl_export(path, "-o", model)
    picture = next((garments / "red_dress").iterdir())
    out, _ = mtl_run(model, picture, "--json")
    answer = json.loads(out)["tasks"]
    traits = next(task for task in answer if task["task"] == "traits")
    holding = [label for label, p in traits["probabilities"].items() if p >= threshold]
    assert sorted(traits["labels"]) == sorted(holding)


def test_compare_says_whether_sharing_helped(mtl_train, garments, tmp_path):
    arguments = ("compare", garments, "-o", tmp_path / "all", "--tasks", "color,product",
                 "--net", "lean", "--epochs", 1)
    out, _ = mtl_train(*arguments)
    lines = out[out.index("only together"):].splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["color", "product", "exact", "parameters"]
    assert "haring" in lines[-1]
    for name in ["together", "alone-color", "alone-product"]:
        assert (tmp_path / "all" / name / "best.ckpt").exists()
    again, _ = mtl_train(*arguments, "--resume")
    figures = [line for line in out.splitlines() if "%" in line and "epoch" not in line]
    assert figures and all(line in again for line in figures)
    mtl_train.refuses(*arguments, status=2, words=["--resume"])
    one = table(garments, "one.csv", "path,color", lambda color, product, number: color)
    mtl_train.refuses("compare", one, "-o", tmp_path / "one", status=2, words=["one task"])


def test_transfer_to_a_new_task(mtl_train, garments, run, tmp_path):
    """A frozen trunk of another run, and a last layer that learns something else."""
    labels = table(garments, "shirts.csv", "path,shirt",
                   lambda color, product, number: "yes" if product == "shirt" else "no")
    out, _ = mtl_train("fit", labels, "-o", tmp_path / "new", "--net", "lean", "--epochs", 1,
                       "--init", run, "--freeze", "trunk")
    # 96 features and a bias for each of two labels.
    assert "194 of them trained" in out
    out, _ = mtl_train("fit", labels, "-o", tmp_path / "new", "--epochs", 2, "--resume")
    assert "resumed after epoch 1" in out
    mtl_train.refuses("fit", labels, "-o", tmp_path / "x", "--freeze", "trunk", status=2,
                      words=["--init"])
    mtl_train.refuses("fit", labels, "-o", tmp_path / "x", "--freeze", "all", "--init", run,
                      status=2, words=["trunk"])
    mtl_train.refuses("fit", labels, "-o", tmp_path / "x", "--init", tmp_path / "none", status=1,
                      words=["none"])


def test_task_weights_are_learned(mtl_train, garments, tmp_path):
    path = tmp_path / "run"
    out, _ = mtl_train("fit", garments, "-o", path, "--tasks", "color,product", "--net", "lean",
                       "--epochs", 1, "--task-weights", "learned")
    assert "learned weights: color " in out
    weights = json.loads((path / "report.json").read_text())["task_weights"]
    assert weights["color"] > 0 and weights["product"] > 0
    mtl_train.refuses("fit", garments, "-o", path, "--tasks", "color,product", "--task-weights",
                      "color=1", "--resume", status=2, words=["--task-weights learned"])


def test_killed_runs_end_as_if_nothing_had_been(mtl_train, garments, tmp_path):
    """SIGKILL at random moments, MTL_KILLS times, then the same bytes as an undisturbed run."""
    kills = int(os.environ.get("MTL_KILLS", 3))
    random.seed(4)
    common = ["--tasks", "color,product", "--net", "lean", "--epochs", 3 + kills,
              "--calibrate", "yes"]
    start = time.monotonic()
    mtl_train("fit", garments, "-o", tmp_path / "whole", *common)
    duration = time.monotonic() - start
    path = tmp_path / "killed"
    killed = 0
    for _ in range(20 * kills):
        if killed == kills:
            break
        resume = ["--resume"] if (path / "last.ckpt").exists() else []
        words = [mtl_train.path, "fit", garments, "-o", path, *common, *resume]
        with subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(random.uniform(0, duration * 1.5 / max(1, kills ** 0.5)))
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
    resume = ["--resume"] if (path / "last.ckpt").exists() else []
    mtl_train("fit", garments, "-o", path, *common, *resume)
    for name in FINAL:
        assert (path / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert killed == kills and not list(path.glob("*.tmp"))
