"""mtl-export --packed: model files with weights as backends pack them."""

import hashlib
import json
import shutil

import numpy as np
import pytest

from mtl_reader import read
from mtl_reader.checksum import crc32c
from mtl_vectors.builder import build, floats, node, tensor
from mtl_vectors.models import CONV, chain
from reference_network.mtl_file import mtl_file
from reference_network.network import reference_network

BACKENDS = ["simd-avx512", "simd-avx2", "simd-sse2"]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The reference network for small images."""
    path = tmp_path_factory.mktemp("packed") / "plain.mtl"
    path.write_bytes(mtl_file(reference_network(seed=5, size=24), "i16"))
    return path


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    path = tmp_path_factory.mktemp("images") / "x.npy"
    np.save(path, np.random.default_rng(1).random((3, 24, 24, 3), np.float32))
    return path


@pytest.fixture
def usable(mtl_run):
    listed = json.loads(mtl_run("--list-backends", "--json")[0])["backends"]
    names = [backend["name"] for backend in listed if backend["usable"]]
    return [name for name in BACKENDS if name in names]


@pytest.fixture
def packed(mtl_export, plain, tmp_path):
    path = tmp_path / "packed.mtl"
    out, err = mtl_export(plain, "-o", path, "--packed", "simd")
    assert err == "" and "steps of simd-" in out
    return path


def answers(mtl_run, model, images, tmp_path, *options):
    mtl_run(model, "--input", images, "--output", tmp_path / "y.npy", *options)
    return np.load(tmp_path / "y.npy").tobytes()


def steps(mtl_inspect, model):
    return json.loads(mtl_inspect(model, "--json")[0]).get("packed")


def test_answers_have_the_same_bits(mtl_run, mtl_inspect, plain, packed, images, tmp_path):
    found = steps(mtl_inspect, packed)
    assert found["found"] == found["steps"] >= 8
    assert steps(mtl_inspect, plain) is None
    assert f"{found['found']} of {found['steps']} steps" in mtl_inspect(packed)[0]
    for options in ([], ["--threads", "1"], ["--backend", "scalar"], ["--backend", "simd-sse2"]):
        assert answers(mtl_run, packed, images, tmp_path, *options) == answers(
            mtl_run, plain, images, tmp_path, *options)
    assert "Verified" in mtl_inspect(packed, "--verify")[0]


def test_the_weights_stay_as_they_are(mtl_export, plain, packed, tmp_path):
    model = read(packed.read_bytes())
    assert model.version == (1, 1) and len(model.packed) >= 8
    before = read(plain.read_bytes())
    assert [s.hash for s in model.sections[:-1]] == [s.hash for s in before.sections]
    # Packed again, by itself and in place, it is the same file.
    data = packed.read_bytes()
    mtl_export(packed, "-o", packed, "--packed", "simd")
    assert packed.read_bytes() == data


def test_several_backends(mtl_export, mtl_run, mtl_inspect, usable, plain, images, tmp_path):
    target = tmp_path / "all.mtl"
    out, _ = mtl_export(plain, "-o", target, "--packed", ",".join(usable))
    assert all(f"steps of {name}" in out for name in usable)
    assert steps(mtl_inspect, target)["found"] >= 8
    for name in usable:
        assert answers(mtl_run, target, images, tmp_path, "--backend", name) == answers(
            mtl_run, plain, images, tmp_path, "--backend", name)


def flip(path, target, offset):
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x40
    target.write_bytes(data)
    return target


def test_what_is_not_its_own_is_not_used(mtl_run, mtl_inspect, plain, packed, images, tmp_path):
    """Another build, another chain, other weights: for the library just another key."""
    model = read(packed.read_bytes())
    start = model.sections[-1].offset + 4
    for record in range(len(model.packed)):
        # The last byte of a key: the order stays.
        other = flip(packed, tmp_path / "other.mtl", start + 48 * record + 31)
        found = steps(mtl_inspect, other)
        assert found["found"] == found["steps"] - 1
        assert answers(mtl_run, other, images, tmp_path) == answers(
            mtl_run, plain, images, tmp_path)


def test_weights_of_another_model_are_not_used(mtl_inspect, packed, tmp_path):
    """Equal shapes, and so equal places, but other weights behind the same records."""
    other = mtl_file(reference_network(seed=6, size=24), "i16")
    model, source = read(packed.read_bytes()), packed.read_bytes()
    data = bytearray(source)
    for mine, theirs in zip(model.sections, read(other).sections):
        data[mine.offset:mine.offset + mine.length] = (
            other[theirs.offset:theirs.offset + theirs.length])
        # The entry, with another checksum and hash.
        data[mine.place:mine.place + 64] = (
            source[mine.place:mine.place + 24] + other[theirs.place + 24:theirs.place + 64])
    repaired = tmp_path / "other.mtl"
    repaired.write_bytes(with_checksums(data, len(model.sections)))
    found = steps(mtl_inspect, repaired)
    assert found["found"] == 0 and found["steps"] >= 8


@pytest.mark.parametrize("left", [64, 63, 1, 0])
def test_the_weights_may_move(mtl_export, mtl_inspect, tmp_path, left):
    """The entry of the packed section moves what follows the table, and the weights by a page where
    fewer than its 64 bytes were left before them."""
    def model(text):
        kernel = tensor("w", [32, 3, 3, 16], floats(*range(32 * 9 * 16)))
        return bytes(build(chain(
            [("x", [1, 12, 12, 16]), kernel, ("y", [1, 12, 12, 32])],
            [node(CONV, "conv", [0, 1, None], 2, [1] * 9)], metadata=[("k", "t" * text)]))[0])

    section = read(model(1)).sections[2]
    path = tmp_path / "plain.mtl"
    path.write_bytes(model(1 + 4096 - left - (section.offset + section.length) % 4096))
    metadata, weights = read(path.read_bytes()).sections[2:]
    assert weights.offset - metadata.offset - metadata.length == left
    target = tmp_path / "packed.mtl"
    mtl_export(path, "-o", target, "--packed", "simd")
    found = steps(mtl_inspect, target)
    assert found["found"] == found["steps"] == 1
    moved = read(target.read_bytes()).sections[3].offset - weights.offset
    assert moved == (0 if left >= 64 else 4096)


def with_checksums(data, sections):
    data[28:32] = crc32c(bytes(data[64:64 + 64 * sections])).to_bytes(4, "little")
    data[56:60] = crc32c(bytes(data[:56])).to_bytes(4, "little")
    return bytes(data)


def test_false_packed_weights_are_found(mtl_inspect, mtl_run, packed, images, tmp_path):
    """They change answers, as false weights would; whoever asks for the hashes is told."""
    section = read(packed.read_bytes()).sections[-1]
    bad = flip(packed, tmp_path / "bad.mtl", section.offset + section.length // 2)
    answers(mtl_run, bad, images, tmp_path)
    assert "checksum" in mtl_inspect(bad, "--verify", status=3)[1]
    # With checksum and hash of its own, too.
    data = bytearray(bad.read_bytes())
    content = bytes(data[section.offset:])
    data[section.place + 24:section.place + 28] = crc32c(content).to_bytes(4, "little")
    data[section.place + 32:section.place + 64] = hashlib.sha256(content).digest()
    bad.write_bytes(with_checksums(data, len(read(packed.read_bytes()).sections)))
    err = mtl_inspect(bad, "--verify", status=3)[1]
    assert "bad.mtl" in err and "are not those of its weights" in err


@pytest.mark.parametrize("words, said", [
    (["--packed", ""], "--packed"),
    ([], "--packed is missing"),
    (["--packed", "auto", "--weights", "i16"], "--weights"),
    (["--packed", "auto", "--task", "a=b"], "--task"),
])
def test_wrong_usage(mtl_export, plain, tmp_path, words, said):
    mtl_export.refuses(plain, "-o", tmp_path / "y.mtl", *words, status=2, words=[said])
    assert not (tmp_path / "y.mtl").exists()


def test_packed_is_for_model_files(mtl_export, tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"")
    mtl_export.refuses(tmp_path / "m.onnx", "-o", tmp_path / "y.mtl", "--packed", "auto", status=2,
                       words=["export first"])


@pytest.mark.parametrize("source, backend, status, said", [
    ("plain", "simd-of-the-future", 1, "simd-of-the-future"),
    ("plain", "scalar", 1, "packs none"),
    ("missing", "auto", 3, "missing.mtl"),
    ("cut", "auto", 3, "cut.mtl"),
    ("vector", "auto", 3, "type 8 is unknown"),
])
def test_failures_leave_no_file(
        mtl_export, vectors, plain, tmp_path, source, backend, status, said):
    path = plain if source == "plain" else tmp_path / f"{source}.mtl"
    if source == "cut":
        path.write_bytes(plain.read_bytes()[:-1])
    if source == "vector":
        shutil.copy(vectors / "accept" / "unknown-optional-sections.mtl", path)
    err = mtl_export(path, "-o", tmp_path / "y.mtl", "--packed", backend, status=status)[1]
    assert said in err
    assert not list(tmp_path.glob("y.mtl*"))
