"""What is a plugin, which backend runs what, and the options for that."""

import json
import os
import subprocess

import pytest
from plugin_host import (  # noqa: F401 (fixtures)
    MODEL, STRICT, binary, compile_plugin, copy, host, image, library, place, plugins,
    runs_fast,
)


# MARK: What is no plugin


def wrong_machine(content):
    return content[:18] + (243).to_bytes(2, "little") + content[20:]


DAMAGES = {
    "empty": lambda content: b"",
    "head": lambda content: content[:64],
    "half": lambda content: content[:len(content) // 2],
    "tenth": lambda content: content[:len(content) // 10],
    "page": lambda content: content[:4096],
    "script": lambda content: b"#!/bin/sh\nexit 0\n",
    "machine": wrong_machine,
    "zeros": lambda content: content[:64] + bytes(len(content) - 64),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["simd-sse2", "image"])
def test_damaged_files_are_refused(host, copy, image, damage, name):
    path = plugins(copy) / f"mtlrt-{name}.so"
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    out, _ = host(
        "load", library(copy), "backends", "simd-sse2", "flags",
        STRICT if name == "simd-sse2" else "0", "open", MODEL, "decode", image)
    if name == "image":
        assert out[1].startswith("decode 4") and "it does not load" in out[1]
    else:
        assert out[0].startswith("open 4") and "it does not load" in out[0]


@pytest.mark.parametrize("kind", ["pipe", "folder", "dangling", "device"])
def test_what_is_no_regular_file_is_refused(host, copy, kind):
    path = plugins(copy) / "mtlrt-acme.so"
    culprit = {"dangling": "nothing", "device": "/dev/zero"}.get(kind, str(path))
    if kind == "pipe":
        os.mkfifo(path, 0o600)
    elif kind == "folder":
        path.mkdir(mode=0o755)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.symlink_to("nothing")
    words = ["load", library(copy), "backends", "acme"]
    out, _ = host(*words, "open", MODEL, "fallback", "flags", STRICT, "open", MODEL)
    assert runs_fast(out[0]) and out[1].startswith("fallback 4") and culprit in out[1]
    assert out[2].startswith("open 4")


def test_every_length_of_a_file_is_refused_or_right(host, prefix, copy):
    path = compile_plugin(prefix, plugins(copy) / "mtlrt-acme.so")
    content = path.read_bytes()
    words = []
    for index, length in enumerate(range(0, len(content), max(1, len(content) // 40))):
        folder = copy / f"cut{index}"
        folder.mkdir(mode=0o755)
        (folder / "mtlrt-acme.so").write_bytes(content[:length])
        words += ["dir", folder, "open", MODEL]
    out, _ = host("load", library(copy), *words)
    assert len(out) >= 40 and all(line.startswith("open 0") for line in out)


def test_no_code_runs_before_the_cpu_is_checked(host, prefix, copy):
    acme = plugins(copy) / "mtlrt-acme.so"
    for flags in (["-DNEED=(1ull<<63)"], ["-Wl,--hash-style=sysv", "-DNEED=(1ull<<63)"]):
        compile_plugin(prefix, acme, "-DCONSTRUCTOR", "-DRANK=5000", *flags)
        out, err = host(
            "load", library(copy), "open", MODEL, "report", "fallback",
            "flags", STRICT, "backends", "acme", "open", MODEL)
        assert runs_fast(out[0]) and err == []
        reasons = {b["name"]: b.get("reason") for b in json.loads(out[1])["backends"]}
        assert reasons["acme"] == "this CPU lacks feature 0:63"
        assert out[2].startswith("fallback 0")
        assert "this CPU lacks feature 0:63" in out[3]


def test_the_list_of_backends_runs_no_plugin(prefix, copy):
    compile_plugin(prefix, plugins(copy) / "mtlrt-acme.so", "-DCONSTRUCTOR", "-DRANK=77")
    done = subprocess.run(
        [copy / "bin" / "mtl-run", "--list-backends", "--json"], capture_output=True, text=True)
    rows = {b["name"]: b for b in json.loads(done.stdout)["backends"]}
    assert rows["acme"]["usable"] and rows["acme"]["rank"] == 77
    assert rows["acme"]["build"] == "1" and done.stderr == ""


@pytest.mark.parametrize("file, name, reason", [
    ("abcdefghijklmno", "abcdefghijklmnop", "more than 15 letters"),
    ("abcdefghijklmnop", "abcdefghijklmno", "not a name"),
    ("acme", "", "more than 15 letters, or none"), ("acme", "acne", "another name, acne"),
    ("acme", "scalar", "another name"), ("scalar", "scalar", "the runtime needs"),
    ("auto", "auto", "the runtime needs"),
])
def test_names_are_those_of_the_file(host, prefix, copy, file, name, reason):
    compile_plugin(
        prefix, plugins(copy) / f"mtlrt-{file}.so", f'-DNAME="{name}"', "-DCONSTRUCTOR",
        "-DRANK=5000")
    out, err = host("load", library(copy), "report", "open", MODEL)
    assert err == [] and runs_fast(out[1])
    rows = [b for b in json.loads(out[0])["backends"] if b["path"].endswith(f"mtlrt-{file}.so")]
    assert len(rows) == 1 and not rows[0]["usable"] and reason in rows[0]["reason"]
    if file == "acme":
        out, err = host("load", library(copy), "backends", "acme", "open", MODEL, "report")
        assert err == [] and runs_fast(out[0])
        assert json.loads(out[1])["backends"][-1]["path"] == "(linked in)"


# MARK: Which backend runs what


def steps(line):
    report = json.loads(line)
    return {node["op"]: step["backend"] for step in report["steps"] for node in step["nodes"]}


def test_the_rank_decides(host, prefix, copy):
    acme = plugins(copy) / "mtlrt-acme.so"
    words = ["load", library(copy), "open", MODEL, "report", "predict"]
    compile_plugin(prefix, acme, "-DRANK=5000")
    out, _ = host(*words)
    chosen = steps(out[1])
    assert chosen["global_avg_pool"] == "acme" and chosen["dense"].startswith("simd")
    assert "openblas" not in chosen.values() and out[2].startswith("predict 0")
    compile_plugin(prefix, acme, "-DRANK=1")
    out, err = host(*words)
    assert "acme" not in steps(out[1]).values() and err == []
    # Where nothing general is, the one that is left runs what it can.
    for path in plugins(copy).glob("mtlrt-simd-*"):
        path.unlink()
    out, _ = host(*words)
    chosen = steps(out[1])
    assert chosen["global_avg_pool"] == "acme" and chosen["dense"] == "openblas"
    assert chosen["softmax"] == "scalar"


@pytest.mark.parametrize("backends, pool, dense, softmax", [
    ("acme", "acme", "simd", "simd"), ("acme,scalar", "acme", "scalar", "scalar"),
    ("acme,simd-sse2", "acme", "simd-sse2", "simd-sse2"),
    ("simd-sse2,acme", "simd-sse2", "simd-sse2", "simd-sse2"),
    ("acme,openblas,scalar", "acme", "openblas", "scalar"),
    ("acme,openblas", "acme", "openblas", "simd"), ("scalar", "scalar", "scalar", "scalar"),
    ("nonesuch,acme", "acme", "simd", "simd"), (",", "simd", "simd", "simd"),
])
def test_what_the_named_ones_decline_the_best_of_the_others_runs(
    host, prefix, copy, backends, pool, dense, softmax
):
    compile_plugin(prefix, plugins(copy) / "mtlrt-acme.so", "-DRANK=1")
    out, _ = host("load", library(copy), "backends", backends, "open", MODEL, "report")
    chosen = steps(out[1])
    for operator, backend in (
        ("global_avg_pool", pool), ("dense", dense), ("softmax", softmax)
    ):
        assert chosen[operator].startswith(backend), (operator, chosen)


def test_a_plugin_is_opened_once_for_all_models(host, prefix, copy):
    compile_plugin(prefix, plugins(copy) / "mtlrt-acme.so", "-DRANK=5000")
    _, err = host(
        "load", library(copy), "open", MODEL, "open", MODEL, "predict", "close", "predict",
        "open", MODEL, "close", "close", "open", MODEL, "close")
    assert err == ["acme opened", "acme closed"] * 2


def test_a_plugin_that_does_not_open(host, prefix, copy):
    compile_plugin(prefix, plugins(copy) / "mtlrt-acme.so", "-DRANK=5000", "-DNO_OPEN")
    out, err = host("load", library(copy), "open", MODEL, "fallback", "open", MODEL, "predict")
    assert err == ["acme opened"] * 2
    assert runs_fast(out[0]) and "it does not open: not today" in out[1]
    assert out[3].startswith("predict 0")


THREADS = """
import ctypes, sys, threading
library = ctypes.CDLL(sys.argv[1])
library.mtlrt_open.restype = ctypes.c_void_p
begin = threading.Barrier(16)
def work():
    begin.wait()
    for _ in range(50):
        model = library.mtlrt_open(sys.argv[2].encode(), None, None)
        assert model
        library.mtlrt_close(ctypes.c_void_p(model))
threads = [threading.Thread(target=work) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_many_threads_open_a_plugin(prefix, copy):
    compile_plugin(prefix, plugins(copy) / "mtlrt-acme.so", "-DRANK=5000")
    done = subprocess.run(
        ["python3", "-c", THREADS, library(copy), MODEL], capture_output=True, text=True,
        timeout=300)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) % 2 == 0 and lines == ["acme opened", "acme closed"] * (len(lines) // 2)


def test_run_says_why_it_failed(host, prefix, copy):
    compile_plugin(prefix, plugins(copy) / "mtlrt-acme.so", "-DRANK=5000", "-DFAILS")
    out, _ = host("load", library(copy), "open", MODEL, "predict")
    assert out[1].startswith("predict 7 node '")
    assert "backend acme failed: the device is gone, op " in out[1]
    assert out[1].endswith("stage 0, part 0")


# MARK: Options that cannot be meant


def test_folders_that_are_not_there_are_errors(host, copy):
    words = ["load", library(copy)]
    out, _ = host(*words, "dir", "/nowhere/mtlrt", "open", MODEL)
    assert out[0].startswith("open 4") and "module_dir '/nowhere/mtlrt'" in out[0]
    for value, code in (("/nowhere/mtlrt", 4), (str(MODEL), 4), ("lib/mtlrt", 1)):
        out, _ = host(*words, "open", MODEL, env={"MTLRT_MODULE_DIR": value}, cwd=copy)
        assert out[0].startswith(f"open {code} MTLRT_MODULE_DIR '{value}'"), out


def test_no_backend_at_all_is_an_error_where_that_is_strict(host, copy):
    for names in ("", ",", ",,"):
        out, _ = host(
            "load", library(copy), "backends", names, "flags", STRICT, "open", MODEL,
            "flags", "0", "open", MODEL)
        assert out[0].startswith("open 4") and runs_fast(out[1])


def test_reserved_options_are_errors(host, copy):
    out, _ = host("load", library(copy), "reserved", "1", "open", MODEL)
    assert out[0].startswith("open 1 ")


LATER = """
import ctypes, struct, sys
library = ctypes.CDLL(sys.argv[1])
library.mtlrt_open.restype = ctypes.c_void_p
error = ctypes.create_string_buffer(256)
for last, code in ((0, 0), (1, 1)):
    options = struct.pack("IIIIQQQQ", 48, 0, 0, 0, 0, 0, 0, last)
    model = library.mtlrt_open(sys.argv[2].encode(), options, error)
    assert struct.unpack("i", error[:4])[0] == code and bool(model) == (code == 0), error.value
"""


def test_options_of_a_later_header_are_errors_unless_zero(copy):
    done = subprocess.run(["python3", "-c", LATER, library(copy), MODEL], capture_output=True)
    assert done.returncode == 0, done.stderr


def test_a_folder_without_plugins_is_told(host, copy):
    folder = copy / "empty"
    folder.mkdir(mode=0o755)
    words = ["load", library(copy), "dir", folder]
    out, _ = host(
        *words, "open", MODEL, "fallback", "backends", "scalar", "open", MODEL, "fallback")
    assert out[0] == "open 0 scalar" and out[1].startswith("fallback 4")
    assert str(folder) in out[1]
    assert out[2] == "open 0 scalar" and out[3].startswith("fallback 0")


def test_the_command_warns_once(copy, prefix):
    plugins(copy).chmod(0o777)
    command = [copy / "bin" / "mtl-run", MODEL, "--bench", "--seconds", "0.01", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert json.loads(done.stdout)["backend"] == "scalar"
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("mtl-run: warning: backend '")
    assert "not trusted" in done.stderr and str(plugins(copy)) in done.stderr
    done = subprocess.run([*command, "--backend", "scalar"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
