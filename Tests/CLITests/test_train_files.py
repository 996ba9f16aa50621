"""What mtl-train reads and writes: folders and tables as people have them, and files that stay."""

import csv
import json
import os
import re
import resource
import signal
import subprocess
import time

import numpy as np
import pytest
from PIL import Image

LEAN = ["--net", "lean", "--epochs", 1]


@pytest.fixture(scope="module")
def garments(mtl_train, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files") / "garments"
    mtl_train("sample", folder, "--per-class", 3)
    return folder


@pytest.fixture
def pictures(garments):
    return sorted(garments.glob("*_shirt/*.png"))


def two_classes(folder, pictures):
    """red/ and blue/ with pictures of their own."""
    for index, picture in enumerate(pictures[:6]):
        target = folder / ("red", "blue")[index % 2]
        target.mkdir(parents=True, exist_ok=True)
        (target / f"{index}.png").write_bytes(picture.read_bytes())
    return folder


def counts(mtl_train, data):
    """Images of each label, as survey counts them."""
    out, err = mtl_train("survey", data)
    rows = [line.split() for line in out.split("combination")[0].splitlines()[1:] if line.strip()]
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdigit()}, err


@pytest.mark.parametrize("name", ["best.ckpt", "report.html", "report.json", "history.csv"])
def test_a_run_replaces_no_file_of_the_users(mtl_train, pictures, tmp_path, name):
    data = two_classes(tmp_path / "data", pictures)
    run = tmp_path / "run"
    run.mkdir()
    (run / name).write_text("mine")
    mtl_train.refuses("fit", data, "-o", run, *LEAN, status=2, words=[name, "another folder"])
    assert (run / name).read_text() == "mine" and len(list(run.iterdir())) == 1


def test_two_runs_do_not_share_a_folder(mtl_train, pictures, tmp_path):
    data = two_classes(tmp_path / "data", pictures)
    words = [mtl_train.path, "fit", data, "-o", tmp_path / "run", "--net", "lean",
             "--epochs", "100000"]
    first = subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE)
    try:
        assert first.stdout.readline()
        mtl_train.refuses(
            "fit", data, "-o", tmp_path / "run", *LEAN, status=2, words=["another process"])
    finally:
        first.send_signal(signal.SIGKILL)
        first.communicate()
    # What a killed run leaves is no obstacle.
    done = mtl_train.run(
        "fit", data, "-o", tmp_path / "run", *LEAN,
        *(["--resume", "--epochs", "1"] if (tmp_path / "run/last.ckpt").exists() else []))
    assert b"another process" not in done.stderr


def table(folder, pictures, labels, **form):
    path = folder / form.get("name", "labels.csv")
    divider = form.get("divider", ",")
    rows = [divider.join(["path", "answer"])]
    rows += [divider.join([str(p), labels[i % len(labels)]]) for i, p in enumerate(pictures)]
    text = form.get("end", "\n").join(row + form.get("tail", "") for row in rows)
    path.write_bytes((form.get("head", "") + text + "\n").encode(form.get("encoding", "utf-8")))
    return path


@pytest.mark.parametrize("form", [
    {}, {"head": "\ufeff"}, {"divider": ";"}, {"divider": "\t"}, {"tail": ",,"}, {"end": "\r\n"},
    {"name": "labels.CSV"}, {"name": "labels.tsv", "divider": "\t"}, {"encoding": "utf-16"},
    {"divider": " , "}, {"head": "\ufeff", "divider": ";", "tail": ";", "end": "\r\n"},
    {"tail": "\n,"},
])
def test_tables_as_programs_write_them(mtl_train, pictures, tmp_path, form):
    found, err = counts(mtl_train, table(tmp_path, pictures[:6], ["red", "blue"], **form))
    assert found == {"blue": 3, "red": 3} and err == ""


def test_paths_that_lead_upwards(mtl_train, pictures, tmp_path, garments):
    (tmp_path / "tables").mkdir()
    paths = [os.path.relpath(path, tmp_path / "tables") for path in pictures[:6]]
    assert all(path.startswith("../") for path in paths)
    found, _ = counts(mtl_train, table(tmp_path / "tables", paths, ["red", "blue"]))
    assert found == {"blue": 3, "red": 3}


def test_fields_in_quotes(mtl_train, pictures, tmp_path):
    path = tmp_path / "labels.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "a\nb"])
        for index, picture in enumerate(pictures[:6]):
            writer.writerow([picture, ('say "red"', "blue, or\nnot")[index % 2]])
    run = tmp_path / "run"
    mtl_train("fit", path, "-o", run, *LEAN)
    with open(run / "history.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0][-1] == "val_a\nb" and [len(row) for row in rows] == [6, 6]


def test_one_label_in_two_tasks(mtl_train, mtl_export, mtl_run, pictures, tmp_path):
    path = tmp_path / "celeba.csv"
    lines = ["path,smiling,young"]
    for index, picture in enumerate(pictures[:8]):
        lines.append(f"{picture},{index % 2},{index // 2 % 2 if index < 6 else 'nan'}")
    path.write_text("\n".join(lines) + "\n")
    run = tmp_path / "run"
    mtl_train("fit", path, "-o", run, *LEAN)
    mtl_train("evaluate", run, path)
    mtl_export(run, "-o", tmp_path / "m.mtl")
    out, _ = mtl_run(tmp_path / "m.mtl", pictures[0], "--top", 2)
    assert "smiling  " in out and "young" in out


def test_folders_as_people_have_them(mtl_train, pictures, tmp_path):
    data = two_classes(tmp_path / "data", pictures)
    plain, _ = counts(mtl_train, data)
    (data / "red/more/deep").mkdir(parents=True)
    (data / "red/more/deep/x.png").write_bytes(pictures[7].read_bytes())
    for folder in ("red", "blue"):
        (data / folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
        (data / folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
        (data / folder / "notes.txt").write_text("none")
    for folder in ("__MACOSX/red", ".hidden", "red/__MACOSX", "red/@eaDir"):
        (data / folder).mkdir(parents=True)
        (data / folder / "._x.png").write_bytes(b"\0\5\26\7")
        (data / folder / "y.png").write_bytes(pictures[8].read_bytes())
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/z.png").write_bytes(pictures[8].read_bytes())
    (data / "green").symlink_to(tmp_path / "elsewhere")
    (data / "red/loop").symlink_to(data)
    (data / "run").mkdir()
    (data / "run/last.ckpt").write_bytes(b"")
    (data / "run/y.png").write_bytes(pictures[8].read_bytes())
    (data / "empty_folder").mkdir()
    (data / "red/loop").unlink()
    (data / "red/more/loop").symlink_to(data / "red")
    found, err = counts(mtl_train, data)
    assert found == {"red": plain["red"] + 1, "blue": plain["blue"], "green": 1}
    assert err.count("\n") == 1 and "empty_folder: no images in it" in err


def test_a_run_within_its_data(mtl_train, pictures, tmp_path):
    data = two_classes(tmp_path / "data", pictures)
    mtl_train("fit", data, "-o", data / "run", *LEAN)
    mtl_train("evaluate", data / "run", data)


def test_names_that_are_not_utf8(mtl_train, mtl_export, mtl_run, pictures, tmp_path):
    data = two_classes(tmp_path / "data", pictures)
    os.rename(data / "red", bytes(data) + b"/gr\xfcn")
    for name in os.listdir(bytes(data) + b"/gr\xfcn"):
        os.rename(bytes(data) + b"/gr\xfcn/" + name, bytes(data) + b"/gr\xfcn/\xff" + name)
    found, err = counts(mtl_train, data)
    assert found == {"gr\u00fcn": 3, "blue": 3} and "not UTF-8" in err
    run = bytes(tmp_path) + b"/l\xe4uft"
    done = subprocess.run(
        [mtl_train.path, "fit", data, "-o", run, "--net", "lean", "--epochs", "1"],
        capture_output=True)
    assert done.returncode == 0, done.stderr
    model = bytes(tmp_path) + b"/m\xf6del.mtl"
    done = subprocess.run([mtl_export.path, run, "-o", model], capture_output=True)
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(bytes(tmp_path))) == [b"data", b"l\xe4uft", b"m\xf6del.mtl"]
    done = subprocess.run([mtl_run.path, model, pictures[0]], capture_output=True)
    assert "gr\u00fcn" in done.stdout.decode()


def test_labels_do_not_lead_out_of_the_run(mtl_train, pictures, tmp_path):
    (tmp_path / "in").mkdir()
    path = table(tmp_path / "in", pictures[:9], ["a/../../../x", "/b", ".."])
    mtl_train("fit", path, "-o", tmp_path / "in/runs", *LEAN, "--cross-validate-combinations")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in"]
    assert sorted(p.name for p in (tmp_path / "in").iterdir()) == ["labels.csv", "runs"]
    assert sorted(p.name for p in (tmp_path / "in/runs").iterdir() if p.is_dir()) == [
        "_..", "_b", "a_.._.._.._x"]


@pytest.mark.parametrize("close", [False, True])
def test_output_that_gets_lost(mtl_train, mtl_export, pictures, tmp_path, close):
    data = two_classes(tmp_path / "data", pictures)
    mtl_train("fit", data, "-o", tmp_path / "run", *LEAN)
    for index, words in enumerate([
        [mtl_train.path, "survey", data], [mtl_train.path, "--help"],
        [mtl_train.path, "evaluate", tmp_path / "run", data, "--json"],
        [mtl_export.path, tmp_path / "run", "-o", tmp_path / "m.mtl"], [mtl_export.path, "--help"],
        [mtl_train.path, "fit", data, "-o", tmp_path / "other", *map(str, LEAN)],
    ]):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                words, stdout=None if close else full, stderr=subprocess.PIPE,
                preexec_fn=(lambda: os.close(1)) if close else None)
        assert done.returncode == 1, index
        assert b"cannot write the output" in done.stderr
    # What was printed is in no file.
    assert (tmp_path / "m.mtl").read_bytes()[:4] == b"\x89MTL"


def test_names_do_nothing_to_a_terminal(mtl_train, mtl_run, model, pictures, tmp_path):
    data = two_classes(tmp_path / "data", pictures)
    os.rename(data / "red", data / "r\x1b[2Jed")
    (data / "blue/b\x1b]0;x\x07\n\x9b.png").write_bytes(b"no image")
    out, err = mtl_train("survey", data, status=1)
    (tmp_path / "a\x1b[31m\nb.png").write_bytes(pictures[0].read_bytes())
    shown, told = mtl_run(
        model, tmp_path / "a\x1b[31m\nb.png", tmp_path / "no\x1b[31m\n.png", status=1)
    for text in (out, err, shown, told):
        assert not any(ord(c) < 32 and c != "\n" or 0x7f <= ord(c) < 0xa0 for c in text), text
    assert shown.count("\n") == 3 and told.count("\n") == 1 and "a\\x1b[31m\\nb.png" in shown


def test_survey_of_many_combinations(mtl_train, garments, tmp_path):
    """Each picture has labels of its own, but for a few."""
    paths = sorted(garments.glob("*/*.png")) * 4
    for index, path in enumerate(paths):
        (tmp_path / f"{index}.png").write_bytes(path.read_bytes())
    lines = ["path,a,b,c"]
    for index in range(len(paths)):
        own = max(0, index - 7)
        lines.append(f"{index}.png,{own % 5},{own // 5 % 5},{own // 25}")
    (tmp_path / "many.csv").write_text("\n".join(lines) + "\n")
    out, _ = mtl_train("survey", tmp_path / "many.csv")
    shown = out.split("combination\n")[1].split("\npictures")[0].splitlines()
    assert shown[0].split()[:2] == ["0_0_0", "8"] and len(shown) < 50
    assert f"  and {len(paths) - 7 - 40} more, of {len(paths) - 7 - 40} images in all" in shown


def test_labels_without_images_have_no_figures(mtl_train, pictures, tmp_path):
    data = two_classes(tmp_path / "data", pictures)
    mtl_train("fit", data, "-o", tmp_path / "run", *LEAN)
    (tmp_path / "some").mkdir()
    (tmp_path / "some/red").symlink_to(data / "red")
    out, _ = mtl_train("evaluate", tmp_path / "run", tmp_path / "some")
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.strip()}
    assert rows["blue"][:5] == ["–"] * 4 + ["0"] and "%" in rows["red"][0]


def noise(path, seed):
    """Another picture for each seed, with nothing to learn in it."""
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def test_copies_stay_on_one_side_of_the_split(mtl_train, tmp_path):
    """Eight pictures five times each, as files of other bytes: whatever side they are on, a
    network that knows pictures by heart does not know those of the other side."""
    for number in range(8):
        label = ("red", "blue")[number % 2]
        first = noise(tmp_path / "data" / label / f"{number}_0.png", number)
        for copy in range(1, 5):
            Image.open(first).save(
                tmp_path / "data" / label / f"{number}_{copy}.png", compress_level=copy)
    run = tmp_path / "run"
    _, err = mtl_train("fit", tmp_path / "data", "-o", run, *LEAN)
    assert err == ""
    page = (run / "report.html").read_text()
    rows = re.findall(r'scope="row">(red|blue)</th><td>20</td><td>(\d+)</td>', page)
    assert sorted(rows) == [("blue", "5"), ("red", "5")]


def test_copies_in_two_parts_and_contradictions_are_said(mtl_train, tmp_path):
    for number in range(10):
        noise(tmp_path / f"{number}.png", number)
    (tmp_path / "again.png").write_bytes((tmp_path / "0.png").read_bytes())
    (tmp_path / "wrong.png").write_bytes((tmp_path / "2.png").read_bytes())
    rows = [f"{n}.png,{('red', 'blue')[n % 2]},{'val' if n > 7 else 'train'}" for n in range(10)]
    rows += ["again.png,red,val", "wrong.png,blue,train"]
    (tmp_path / "labels.csv").write_text("\n".join(["path,color,split", *rows]) + "\n")
    _, err = mtl_train("fit", tmp_path / "labels.csv", "-o", tmp_path / "run", *LEAN)
    contradiction, shared = err.splitlines()
    assert "1 pictures" in contradiction and "contradict" in contradiction
    assert "2.png, wrong.png" in contradiction
    assert "more than one part" in shared and "0.png in train, again.png in val" in shared


def test_labels_without_images_of_a_part_are_said(mtl_train, tmp_path):
    for number in range(12):
        noise(tmp_path / f"{number}.png", number)
    labels = ["red", "blue", "red", "blue", "red", "blue", "red", "blue", "green", "red", "blue",
              "pink"]
    rows = [f"{n}.png,{label},{'val' if n in (8, 9, 10) else 'train'}"
            for n, label in enumerate(labels)]
    (tmp_path / "labels.csv").write_text("\n".join(["path,color,split", *rows]) + "\n")
    run = tmp_path / "run"
    _, err = mtl_train("fit", tmp_path / "labels.csv", "-o", run, *LEAN)
    train, val = err.splitlines()
    assert "part train has the labels green" in train and "cannot be learned" in train
    assert "part val has the labels pink" in val
    page = (run / "report.html").read_text()
    assert re.search(r">pink</th><td>0</td>" + "<td>–</td>" * 4, page)
    assert re.search(r">green</th><td>1</td><td>(–|0.0%)</td><td>0.0%</td><td>0.0%</td>", page)
    found = json.loads(mtl_train("evaluate", run, tmp_path / "labels.csv", "--part", "val",
                                 "--json")[0])
    pink = found["details"]["color"]["labels"]["pink"]
    assert pink == {"images": 0, "precision": None, "recall": None, "f1": None,
                    "average_precision": None}


def test_a_task_of_which_nothing_is_known_has_no_figures(mtl_train, tmp_path):
    for number in range(10):
        noise(tmp_path / f"{number}.png", number)
    rows = [f"{n}.png,{('red', 'blue')[n % 2]},{('hat', 'coat')[n % 2] if n < 8 else ''},"
            f"{'val' if n > 7 else 'train'}" for n in range(10)]
    (tmp_path / "labels.csv").write_text("\n".join(["path,color,kind,split", *rows]) + "\n")
    run = tmp_path / "run"
    out, _ = mtl_train("fit", tmp_path / "labels.csv", "-o", run, *LEAN)
    assert "exact –" in out and "kind –" in out and "color –" not in out
    with open(run / "history.csv", newline="", encoding="utf-8") as file:
        row = next(csv.DictReader(file))
    assert row["val_exact"] == "" and row["val_kind"] == "" and float(row["val_color"]) >= 0
    report = json.loads((run / "report.json").read_text())
    assert report["best"]["val_kind"] is None and report["best"]["val_exact"] is None
    assert "–, calibration error –" in (run / "report.html").read_text()
    out, _ = mtl_train("evaluate", run, tmp_path / "labels.csv", "--part", "val")
    assert re.search(r"^kind +–$", out, re.M) and re.search(r"^exact match +–$", out, re.M)
    assert "calibration error –; by chance alone it would be –" in out
    out, _ = mtl_train("fit", tmp_path / "labels.csv", "-o", run, *LEAN, "--resume",
                       "--epochs", 2)
    assert "kind –" in out


def test_memory_follows_the_images_not_the_batch(mtl_train, pictures, tmp_path):
    data = two_classes(tmp_path / "data", pictures)

    def limited():
        resource.setrlimit(resource.RLIMIT_DATA, (3 << 30, 3 << 30))

    out, _ = mtl_train("fit", data, "-o", tmp_path / "run", "--epochs", 1, "--batch", 4096,
                       "--threads", 2, preexec_fn=limited)
    assert "batch 4096" in out
    mtl_train("fit", data, "-o", tmp_path / "run", "--batch", 4096, "--resume", "--threads", 2,
              preexec_fn=limited)


@pytest.fixture
def photographs(tmp_path):
    """Enough to read for some seconds."""
    pixels = np.random.default_rng(1).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize((4000, 3000)).save(tmp_path / "one.jpg", quality=90)
    for label in ("red", "blue"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(200):
            (tmp_path / "data" / label / f"{number}.jpg").symlink_to(tmp_path / "one.jpg")
    return tmp_path / "data"


def test_reading_images_hears_ctrl_c(mtl_train, photographs, tmp_path):
    run = tmp_path / "run"
    child = subprocess.Popen(
        [mtl_train.path, "fit", photographs, "-o", run, "--net", "lean"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.7)
    assert child.poll() is None, "it has ended before"
    start = time.monotonic()
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=20)
    assert time.monotonic() - start < 0.2
    assert child.returncode == 130 and out == b""
    assert b"stopped while images were read" in err
    assert [path for path in run.iterdir() if not path.name.startswith(".")] == []


def test_reading_images_is_shown_on_a_terminal(mtl_train, photographs, tmp_path):
    ours, theirs = os.openpty()
    child = subprocess.Popen(
        [mtl_train.path, "survey", photographs], stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"left" not in shown:
        shown += os.read(ours, 4096)
    child.kill()
    child.wait()
    os.close(ours)
    assert re.search(rb"\r\x1b\[Kreading images: \d+ of 400, [\d.]+ images/s, \d+ s left", shown)


def test_large_photographs_are_not_held_all_at_once(mtl_train, tmp_path):
    """Of 200 million pixels each two have no room."""
    pixels = np.random.default_rng(3).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    large = Image.fromarray(pixels).resize((16320, 12240), Image.Resampling.NEAREST)
    large.save(tmp_path / "large.jpg", quality=60)
    del large
    for label in ("red", "blue"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(2):
            (tmp_path / "data" / label / f"{number}.jpg").symlink_to(tmp_path / "large.jpg")
    out, err = mtl_train(
        "survey", tmp_path / "data", "--threads", 4,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (1000 << 20, 1000 << 20)))
    assert "4 images" in out and "memory" not in err
