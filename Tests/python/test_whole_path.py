"""From a folder of photographs to an answer, with the installed commands alone."""

import json
import pathlib
import subprocess

import numpy
import pytest
from reference_model import reference_model

BATCHES = [1, 2, 7, 32]


def run(*command, code=0):
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=900
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def tools(prefix):
    return lambda name: prefix / "bin" / name


@pytest.fixture(scope="module")
def garments(tools, tmp_path_factory):
    """A small generated data set."""
    folder = tmp_path_factory.mktemp("whole") / "garments"
    run(tools("mtl-train"), "sample", folder, "--per-class", 12, "--seed", 3)
    return folder


@pytest.fixture(scope="module")
def reference(tools, garments):
    """The reference network after one epoch: weights of the real kind, whatever it knows."""
    folder = garments.parent
    run(
        tools("mtl-train"), "fit", garments, "-o", folder / "run", "--tasks", "color,product",
        "--epochs", 1, "--seed", 1,
    )
    run(tools("mtl-export"), folder / "run", "-o", folder / "reference.mtl")
    return folder / "reference.mtl"


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    """The reference network with weights whose answers are spread between 0 and 1."""
    path = tmp_path_factory.mktemp("untrained") / "untrained.mtl"
    path.write_bytes(reference_model())
    return path


def usable_backends(tools):
    listed = run(tools("mtl-run"), "--list-backends").stdout.splitlines()
    return [line.split()[0] for line in listed if "usable" in line]


def predict(tools, model, x, folder, *options):
    numpy.save(folder / "x.npy", x)
    run(
        tools("mtl-run"), model, "--input", folder / "x.npy", "--output", folder / "y.npy",
        *options,
    )
    return numpy.load(folder / "y.npy")


@pytest.mark.parametrize("batch", BATCHES)
def test_backends_agree_on_the_reference_network(tools, untrained, tmp_path, batch):
    x = numpy.random.default_rng(batch).random((batch, 96, 96, 3), dtype=numpy.float32)
    answers = {
        name: predict(tools, untrained, x, tmp_path, "--backend", f"{name},scalar")
        for name in usable_backends(tools)
    }
    assert "scalar" in answers and "openblas" in answers
    assert numpy.all((answers["scalar"] > 0.01) & (answers["scalar"] < 0.99))
    for name, answer in answers.items():
        assert answer.shape == (batch, 6)
        worst = max(numpy.abs(answer - other).max() for other in answers.values())
        assert worst <= 1e-5, f"{name} differs by {worst}"


def test_same_bits_for_one_and_two_threads(tools, untrained, tmp_path):
    x = numpy.random.default_rng(0).random((9, 96, 96, 3), dtype=numpy.float32)
    for name in usable_backends(tools):
        one, two = (
            predict(
                tools, untrained, x, tmp_path, "--backend", f"{name},scalar", "--threads", threads)
            for threads in (1, 2)
        )
        assert one.tobytes() == two.tobytes(), name


def test_same_run_same_bytes(tools, reference):
    again = reference.with_name("again.mtl")
    run(tools("mtl-export"), reference.with_name("run"), "-o", again)
    assert again.read_bytes() == reference.read_bytes()


def test_the_exported_file_verifies(tools, reference):
    run(tools("mtl-inspect"), reference, "--verify")


def test_a_flipped_bit_in_the_weights_is_found(tools, reference, tmp_path):
    damaged = tmp_path / "damaged.mtl"
    content = bytearray(reference.read_bytes())
    content[len(content) // 2] ^= 4
    damaged.write_bytes(content)
    run(tools("mtl-inspect"), damaged, code=0)
    run(tools("mtl-inspect"), damaged, "--verify", code=3)


def test_images_and_tensors_give_the_same_answers(tools, reference, garments, tmp_path):
    """What --json says of an image is what its preprocessed pixels give as a tensor."""
    cv2 = pytest.importorskip("cv2")
    images = sorted(garments.glob("*/*"))[:5]
    listed = run(tools("mtl-run"), reference, *images, "--json").stdout.splitlines()
    pixels = numpy.stack([
        cv2.resize(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), (96, 96))
        for path in images
    ])
    tensor = predict(tools, reference, pixels.astype(numpy.float32) / 255, tmp_path)
    for path, line, row in zip(images, listed, tensor):
        answer = json.loads(line)
        assert pathlib.Path(answer["image"]) == path
        found = [
            value for task in answer["tasks"] for value in task["probabilities"].values()
        ]
        # Resizing may differ by one grey level.
        assert numpy.abs(numpy.array(found) - row).max() < 0.02


def test_real_photographs(tools, reference, fashion):
    """Every file of `odd` is decoded and answered."""
    odd = sorted((fashion / "odd").iterdir())
    lines = run(tools("mtl-run"), reference, *odd, "--json").stdout.splitlines()
    assert [json.loads(line)["image"] for line in lines] == [str(path) for path in odd]
