"""mtl-inspect."""

import json
import re

import pytest

from sample_models import RELU, chain, floats, node, tensor, write
from mtl_vectors.models import SCALE_SHIFT

LOG = 30


def test_text_names_everything(mtl_inspect, vectors):
    out, err = mtl_inspect(vectors / "accept" / "vision.mtl")
    assert err == ""
    for words in ("pool", "global_avg_pool", "(N, 1, 1, 3)", "black, blue", "bilinear",
                  "preprocessing", "self-test", "CC0-1.0"):
        assert words in out
    assert "Verified" not in out


def test_json(mtl_inspect, vectors):
    value = json.loads(mtl_inspect(vectors / "accept" / "vision.mtl", "--json")[0])
    assert [layer["op"] for layer in value["layers"]] == ["global_avg_pool", "flatten", "relu"]
    assert [task["name"] for task in value["tasks"]] == ["color", "shiny"]


def test_verify(mtl_inspect, vectors, tmp_path):
    file = vectors / "accept" / "vision.mtl"
    assert "Verified" in mtl_inspect(file, "--verify")[0]
    json.loads(mtl_inspect(file, "--verify", "--json")[0])
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    (tmp_path / "bad.mtl").write_bytes(data)
    _, err = mtl_inspect(tmp_path / "bad.mtl", "--verify", status=3)
    assert "bad.mtl" in err


def test_every_accepted_vector(mtl_inspect, vectors):
    files = sorted((vectors / "accept").glob("*.mtl"))
    assert files
    for file in files:
        assert mtl_inspect(file)[0]
        json.loads(mtl_inspect(file, "--json")[0])


def test_what_cannot_be_read(mtl_inspect, tmp_path):
    (tmp_path / "empty.mtl").write_bytes(b"")
    (tmp_path / "text.mtl").write_text("hello")
    for name in ("no.mtl", "empty.mtl", "text.mtl"):
        mtl_inspect.refuses(tmp_path / name, status=3, words=[name])


@pytest.mark.parametrize("arguments", [[], ["a.mtl", "b.mtl"], ["--frobnicate"], ["--json=1"]])
def test_wrong_usage(mtl_inspect, arguments):
    mtl_inspect.refuses(*arguments, status=2, words=["--help"])


def test_help_and_version(mtl_inspect):
    assert "--verify" in mtl_inspect("--help")[0]
    assert re.fullmatch(r"mtl-inspect \d+\.\d+\.\d+\n", mtl_inspect("--version")[0])


def test_an_answer_that_is_no_number_fails_the_self_test(mtl_inspect, tmp_path):
    """Whatever outputs follow it."""
    nodes = [node(SCALE_SHIFT, "below", [0, 1, 2], 3), node(LOG, "log", [3], 4),
             node(RELU, "relu", [0], 5)]
    tensors = [("x", [1, 2]), tensor("scale", [2], floats(1, 1)),
               tensor("shift", [2], floats(-2, -2)), ("negative", [1, 2]), ("nan", [1, 2]),
               ("fine", [1, 2])]
    for outputs, status in (([4, 5], 3), ([5, 4], 3), ([5], 0)):
        expected = [[0.0, 1.0] if output == 5 else [0.0, 0.0] for output in outputs]
        test = {"tolerance": 1e-6, "inputs": [[0, 255]], "outputs": expected}
        model = chain(tensors, nodes, outputs=outputs, self_test=test)
        mtl_inspect(write(tmp_path / "m.mtl", model), "--verify", status=status)
