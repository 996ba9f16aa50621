"""mtl-export --labels names.pkl: classes of scikit-learn's encoders, without running a pickle."""

import os
import pickle
import sys
import types

import numpy as np
import pytest

import onnx_models

LABELS = ["black", "blue", "dress", "jeans", "r\u00f6d", "shirt"]


@pytest.fixture
def binarizer(monkeypatch):
    """A class by the name of scikit-learn's, so that the pickle says what its pickles say."""
    module = types.ModuleType("sklearn.preprocessing._label")
    made = type("MultiLabelBinarizer", (), {"__module__": module.__name__})
    module.MultiLabelBinarizer = made
    monkeypatch.setitem(sys.modules, "sklearn", types.ModuleType("sklearn"))
    monkeypatch.setitem(
        sys.modules, "sklearn.preprocessing", types.ModuleType("sklearn.preprocessing"))
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def make(classes):
        made_one = made()
        made_one.classes, made_one.sparse_output = None, False
        made_one._cached_dict, made_one.classes_ = None, classes
        return made_one
    return make


def export(mtl_export, tmp_path, data, **options):
    source = onnx_models.classifier(labels=6)
    path = onnx_models.save(source, tmp_path / "m.onnx")
    (tmp_path / "mlb.pkl").write_bytes(data)
    return mtl_export(
        path, "-o", tmp_path / "m.mtl", "--labels", tmp_path / "mlb.pkl",
        "--task", "color=black,blue,r\u00f6d", "--task", "product=dress,jeans,shirt", **options)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", [object, "U"])
def test_classes_of_a_binarizer(mtl_export, tmp_path, binarizer, protocol, dtype):
    encoder = binarizer(np.array(LABELS, dtype=dtype))
    export(mtl_export, tmp_path, pickle.dumps(encoder, protocol))
    file = (tmp_path / "m.mtl").read_bytes()
    assert b"color" in file and "r\u00f6d".encode() in file


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_plain_list(mtl_export, tmp_path, protocol):
    export(mtl_export, tmp_path, pickle.dumps(LABELS, protocol))


class Hostile:
    def __init__(self, witness):
        self.witness = witness

    def __reduce__(self):
        return os.system, (f"touch {self.witness}",)


def refused(mtl_export, tmp_path, data, words=""):
    out, err = export(mtl_export, tmp_path, data, status=1)
    assert out == "" and "mlb.pkl" in err and words in err
    assert not (tmp_path / "m.mtl").exists()


def test_nothing_in_a_pickle_is_run(mtl_export, tmp_path):
    witness = tmp_path / "witness"
    refused(mtl_export, tmp_path, pickle.dumps(Hostile(witness)), "no list of labels")
    refused(mtl_export, tmp_path, pickle.dumps([*LABELS[:5], Hostile(witness)]), "no text")
    assert not witness.exists()


def test_damaged_pickles(mtl_export, tmp_path, binarizer):
    data = pickle.dumps(binarizer(np.array(LABELS, object)))
    for length in range(0, len(data), 7):
        refused(mtl_export, tmp_path, data[:length])
    for bad in (b"", b"hello", b".", b"(((((.", b"]h\x00.", b"\x8c\xff.", b"\x8e" + b"\xff" * 8,
                b"(" * 5000 + b".", b"]" + b"2a" * 1000 + b"."):
        refused(mtl_export, tmp_path, bad)
    refused(mtl_export, tmp_path, pickle.dumps({"classes_": LABELS}))
    refused(mtl_export, tmp_path, pickle.dumps(LABELS[:5] + LABELS[:1]), "twice")
