"""tools/bench-peers without the peers, and the network in double precision that judges all."""

import json
import pathlib
import subprocess
import sys

import numpy
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "tools" / "bench-peers"
sys.path.insert(0, str(ROOT / "tools"))

from bench_peers import measure, models, process, rounds, subjects  # noqa: E402
from bench_peers.engines import litert_engine, ours_engine  # noqa: E402
from mtl_vectors import builder  # noqa: E402
from reference_network.fast_checksum import LANES, crc32c  # noqa: E402
from reference_network.forward import forward  # noqa: E402
from reference_network.mtl_file import mtl_file  # noqa: E402
from reference_network.network import reference_network  # noqa: E402


def run(*words):
    command = [sys.executable, *[str(word) for word in words]]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def bench(prefix, tmp_path, *words):
    report = tmp_path / "report.json"
    done = run(PROGRAM, "--engines", "ours", "--quick", "--prefix", prefix, "--work",
               tmp_path / "work", "--json", report, *words)
    return done, json.loads(report.read_text()) if report.exists() else None


def test_measures_ours(prefix, tmp_path):
    done, report = bench(prefix, tmp_path, "--threads", "1,2", "--batches", "1,3")
    assert done.returncode == 0, done.stderr
    configurations = [(row["storage"], row["threads"], row["batch"]) for row in report["rows"]]
    assert configurations == [(s, t, b) for s in ("f32", "16") for t in (1, 2) for b in (1, 3)]
    for row in report["rows"]:
        figures = row["engines"]["ours"]
        assert 0 < figures["p10_ms"] <= figures["median_ms"] <= figures["p99_ms"]
        assert 0 <= figures["difference"] <= 1e-4
        assert row["ratio"] is None and 0 <= row["others_share"] <= 1
    first = report["first_answer"]
    for storage in ("f32", "16"):
        for name in ("ours", "ours-packed"):
            value = first[storage][name]
            assert 0 < value["open_and_answer_ms"] < value["process_ms"]
            assert 0 < value["bare_kib"] < value["peak_kib"]
            alone = first[f"without_python_{storage}"][name]
            assert alone["mtl_run_ms"] > 0 and alone["peak_kib"] > alone["model_kib"] > 15_000
    assert first["installed_bytes"]["ours"] > 100_000
    assert report["versions"]["ours"] and report["machine"]["cores"] >= 1
    assert "MTL" in done.stdout and "1 thread, batch 3" in done.stdout


def test_measures_how_ours_scales(prefix, tmp_path):
    words = ["--scale", "--threads", "2", "--storages", "16"]
    done, report = bench(prefix, tmp_path, *words)
    assert done.returncode == 0, done.stderr
    part = report["scale"]["16"]
    assert list(part["throughput"]["batches"]) == ["32", "64", "128", "256"]
    together = part["throughput"]["callers"]
    assert together["count"] == 16 and together["calls"] >= 16
    assert together["median_ms"] <= together["p99_ms"]
    assert all(row["nets"]["reference"]["gflops"] > 0 for row in part["nets"])


def test_a_backend_by_name(prefix, tmp_path):
    words = ["--threads", "1", "--batches", "1", "--storages", "f32", "--no-first"]
    done, _ = bench(prefix, tmp_path, *words, "--backend", "simd-of-the-future")
    assert done.returncode == 1
    assert "simd-of-the-future" in done.stdout + done.stderr
    done, report = bench(prefix, tmp_path, *words, "--backend", "simd-sse2")
    assert done.returncode == 0 and report["backend"] == "simd-sse2"


def test_a_backend_that_packs_nothing(prefix, tmp_path):
    words = ["--threads", "1", "--batches", "1", "--storages", "16", "--backend", "scalar"]
    done, report = bench(prefix, tmp_path, *words)
    assert done.returncode == 0 and "Traceback" not in done.stderr
    assert "packs none of its weights" in done.stderr
    assert set(report["first_answer"]["16"]) == {"ours"}


@pytest.mark.parametrize("words, said", [
    (["--engines", "ours,abacus"], "abacus"),
    (["--threads", "0"], "'0'"),
    (["--batches", "1,many"], "'many'"),
    (["--storages", "f64"], "f64"),
    (["--prefix", "/nowhere"], "/nowhere"),
    (["--json", "/nowhere/report.json"], "/nowhere"),
])
def test_wrong_usage_is_named(words, said):
    done = run(PROGRAM, "--engines", "ours", *words)
    assert done.returncode != 0 and said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("storage, limit", [("f32", 2e-6), ("i16", 1e-4), ("f16", 1e-3)])
def test_double_precision_agrees_with_the_scalar_backend(prefix, tmp_path, storage, limit):
    network = reference_network(seed=3, size=24)
    images = models.images(2, 24)
    path = tmp_path / "network.mtl"
    path.write_bytes(mtl_file(network, storage))
    numpy.save(tmp_path / "x.npy", images)
    done = subprocess.run(
        [prefix / "bin" / "mtl-run", path, "--input", tmp_path / "x.npy", "--output",
         tmp_path / "y.npy", "--backend", "scalar"], capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stderr
    expected = forward(network, images)
    assert numpy.ptp(expected) > 0.1
    assert numpy.abs(numpy.load(tmp_path / "y.npy") - expected).max() <= limit


def test_an_engine_that_fails_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tools"))
    monkeypatch.setenv("MTL_PREFIX", str(tmp_path))
    inputs = {name: str(tmp_path / f"{name}.npy") for name in ("images", "answers")}
    numpy.save(inputs["images"], numpy.zeros((1, 96, 96, 3), "f"))
    numpy.save(inputs["answers"], numpy.zeros((1, 6)))
    plan = {"engine": "ours", "path": "none", "threads": 1, "batch": 1, "storage": "f32", **inputs}
    measured, failed, _ = rounds.measure({"ours": plan}, 1, 1, tmp_path)
    assert measured == {} and "libmtlrt.so" in failed["ours"]
    with pytest.raises(process.Failed):
        process.Worker(dict(plan, engine="abacus"), tmp_path / "log")


@pytest.mark.parametrize("name, storage, difference, wrong", [
    ("ours", "16", 2e-4, True), ("ours", "f32", 9e-5, False), ("ncnn", "f32", 2e-4, True),
    ("ncnn", "16", 2e-4, False), ("ncnn", "16", 2e-2, True), ("ours", "f32", float("nan"), True),
])
def test_answers_that_differ_too_much(name, storage, difference, wrong):
    row = {"model": "reference", "storage": storage, "threads": 1, "batch": 1,
           "engines": {name: {"difference": difference}}}
    assert bool(measure.wrong_answers({"rows": [row]})) == wrong


def test_ratio_is_to_the_best_peer():
    row = {"ours": {"median_ms": 2.0}, "ncnn": {"median_ms": 5.0}, "mnn": {"median_ms": 4.0}}
    assert rounds.best_peer(row) == "mnn" and rounds.ratio(row) == 2.0
    assert rounds.ratio({"ours": {"median_ms": 2.0}}) is None


@pytest.mark.parametrize("count", [0, 1, 1000, LANES * 8 - 1, LANES * 8, LANES * 9 + 5])
def test_fast_checksum(count):
    data = numpy.random.default_rng(count).bytes(count)
    assert crc32c(data) == builder.crc32c(data)


def test_measures_other_models(prefix, tmp_path):
    """A classifier converted by mtl-export gives ONNX Runtime's answers in the measuring loop."""
    pytest.importorskip("onnxruntime")
    classifier = subjects.chosen(["squeezenet"], tmp_path)[0]
    assert classifier.size == 224 and classifier.name == "squeezenet"
    paths = models.inputs(tmp_path, 1, classifier)
    path = ours_engine.convert_onnx(classifier.path, tmp_path)["f32"]
    engine = ours_engine.Engine(path, 1, 1, "f32")
    engine.prepare(numpy.load(paths["images"]))
    answers = engine.run(None)
    expected = numpy.load(paths["answers"])
    assert answers.shape == expected.shape == (1, 1000) and expected.max() > 0.01
    assert numpy.abs(answers - expected).max() <= 1e-5
    litert = subjects.subject(classifier.text)
    with pytest.raises(RuntimeError, match="takes no ONNX"):
        litert.convert(litert_engine, tmp_path)


def test_models_that_are_not_there_are_named():
    done = run(PROGRAM, "--engines", "ours", "--model", "resnet50,none.onnx")
    assert done.returncode == 2 and "none.onnx" in done.stderr and "densenet121" in done.stderr
