"""mtl-check: on our modules, on a backend in C, and on backends with a fault each."""

import json
import pathlib
import platform
import re
import shutil
import subprocess

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
EXAMPLE = TESTS / "example-backend" / "example.c"
BROKEN = TESTS / "broken-backends" / "broken.c"

# A fault of broken.c, and words of what is said about it on standard output.
FAULTS = {
    "VALUE": ["relu", "FAILED", "the same number is right"],
    "NAN": ["hostile input", "scalar gives nan"],
    "UNWRITTEN": ["is not written"],
    "ORDER": ["parts for 2 threads, in reverse order"],
    "THREADS": ["parts for 2 threads, in reverse order", "with parts in order"],
    "ANSWER": ["run answers 2"],
    "TAKE": ["plan takes"],
    "BATCH": ["packed bytes for a batch of"],
    "PLAN": ["another plan for the same operators"],
    "PACK": ["pack writes something else the second time"],
    "VARIANT": ["alone, though the module says that it is batch invariant"],
    "ROUNDING": ["another rounding"],
    "EXPORT": ["it exports 1 symbols beside mtlrt_module_v1: another_symbol"],
}

# Those that end the check at once, and words of what is said on standard error.
CRASHES = {
    "BEYOND": ["writes 0 bytes beyond the end of the result of relu"],
    "BEFORE": ["writes 4 bytes before the beginning of the result of relu"],
    "READ": ["beyond the end of input 0"],
    "INPUT": ["writes at byte 0 of input 0"],
    "SCRATCH": ["beyond the end of scratch memory"],
    "CHAIN": ["of the chain"],
    "INDEX": ["random bytes for packed constants"],
    "ABORT": ["Aborted"],
}


def compile_module(prefix, source, target, *flags):
    """With the installed headers alone, as a stranger would."""
    command = [
        "cc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared",
        "-fvisibility=hidden", f"-I{prefix / 'include'}", *flags, source, "-o", target, "-lm",
    ]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    target.chmod(0o755)
    return target


@pytest.fixture
def broken(prefix, tmp_path):
    """Makes a module with one fault."""
    return lambda *flags: compile_module(prefix, BROKEN, tmp_path / "broken.so", *flags)


@pytest.fixture(scope="module")
def example(prefix, tmp_path_factory):
    folder = tmp_path_factory.mktemp("modules")
    folder.chmod(0o755)
    shutil.copy(prefix / "lib" / "mtlrt" / "mtlrt-image.so", folder)
    return compile_module(prefix, EXAMPLE, folder / "mtlrt-example.so")


def modules(prefix):
    """Our modules that backends are, apart from the one for images."""
    return sorted(
        path for path in (prefix / "lib" / "mtlrt").glob("mtlrt-*.so") if path.stem != "mtlrt-image"
    )


def test_our_modules_pass(prefix):
    """All at once, as most of the time is the scalar backend's. Status 4: not on this CPU."""
    running = [
        subprocess.Popen(
            [prefix / "bin" / "mtl-check", module, "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for module in modules(prefix)
    ]
    checked = 0
    for process in running:
        out, err = process.communicate(timeout=600)
        if process.returncode == 4:
            assert "this CPU lacks" in err
            continue
        assert process.returncode == 0, (process.args, out, err)
        result = json.loads(out)
        assert result["contract"]["breaches"] == []
        taken = {row["name"]: row["taken"] for row in result["operators"]}
        assert taken["conv"] > 0 and taken["dense"] > 0 and taken["chains"] > 0, taken
        checked += 1
    assert checked > 0


def test_simd_modules_run_nothing_before_the_cpu_is_checked(prefix, mtl_check):
    for module in modules(prefix):
        if "-simd-" not in module.stem:
            continue
        command = [mtl_check.path, module, "--op", "relu", "--json"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 4:
            assert json.loads(done.stdout)["contract"]["warnings"] == []


def test_example_backend_passes(mtl_check, example):
    out, _ = mtl_check(example)
    assert re.search(r"^relu +ok +(\d+) of \1 cases", out, re.M), out
    assert re.search(r"^dense +ok", out, re.M), out
    assert "as one step: dense+relu" in out
    assert re.search(r"^conv +- +not taken: relu and dense are all that it knows$", out, re.M), out
    assert "warning" not in out
    assert len(EXAMPLE.read_text().splitlines()) < 150


def test_example_backend_predicts(mtl_run, model, noise, example, monkeypatch):
    monkeypatch.setenv("MTLRT_MODULE_DIR", str(example.parent))
    out, _ = mtl_run("--list-backends")
    assert "example" in out
    by_example, _ = mtl_run(model, noise[0], "--backend", "example", "--json")
    by_scalar, _ = mtl_run(model, noise[0], "--backend", "scalar", "--json")
    for a, b in zip(json.loads(by_example)["tasks"], json.loads(by_scalar)["tasks"], strict=True):
        assert a["label"] == b["label"]
        assert a["probability"] == pytest.approx(b["probability"], abs=1e-5)


def test_faultless_backend_passes(mtl_check, broken):
    out, _ = mtl_check(broken(), "--op", "relu,add")
    assert "FAILED" not in out


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found(mtl_check, broken, fault):
    out, err = mtl_check(broken(f"-DFAULT_{fault}"), "--op", "relu", status=1)
    for words in FAULTS[fault]:
        assert words in out
    assert "Traceback" not in err


@pytest.mark.parametrize("fault", CRASHES)
def test_faults_of_memory_are_found(mtl_check, broken, fault):
    _, err = mtl_check(broken(f"-DFAULT_{fault}"), "--op", "relu", status=1)
    assert re.search(r"mtl-check: relu case \d+, seed 1, \w+ input", err), err
    for words in CRASHES[fault]:
        assert words in err


def test_a_failure_can_be_repeated(mtl_check, broken):
    module = broken("-DFAULT_VALUE")
    out, _ = mtl_check(module, "--op", "relu", "--seed", "7", status=1)
    number, text = re.search(r"case (\d+): (.*)", out).groups()
    assert f"--op relu --seed 7 --case {number}" in out
    again, _ = mtl_check(module, "--op", "relu", "--seed", "7", "--case", number, status=1)
    assert text in again and "1 of 1 cases" in again


def test_constructors_are_told(mtl_check, broken):
    out, _ = mtl_check(broken("-DFAULT_CONSTRUCTOR"), "--op", "relu")
    assert "warning: 1 function runs while it is loaded" in out


@pytest.mark.parametrize(
    "flag, words", [
        ("-DABI=2u", "it is made for module contract 2, this runtime has 1"),
        ("-DMAGIC=7u", "wrong magic"), ("-DFAULT_NO_RUN", "lacks plan or run"),
    ])
def test_what_is_no_module_of_this_runtime_is_refused(mtl_check, broken, flag, words):
    if flag == "-DFAULT_NO_RUN":
        flag = ["-DFAULT_NO_RUN", "-Wno-unused-function"]
    else:
        flag = [flag]
    mtl_check.refuses(broken(*flag), status=3, words=[words])


def test_a_cpu_that_lacks_something_is_told_before_any_code_runs(mtl_check, broken):
    module = broken("-DNEED=(1ull<<63)", "-DFAULT_CONSTRUCTOR")
    mtl_check.refuses(module, status=4, words=["this CPU lacks feature 0:63"])


def test_files_that_are_no_modules(mtl_check, tmp_path, prefix):
    text = tmp_path / "text.so"
    text.write_text("no module")
    mtl_check.refuses(text, status=3, words=["not a shared object"])
    mtl_check.refuses(tmp_path / "missing.so", status=3, words=["No such file"])
    mtl_check.refuses(prefix / "lib" / "libmtlrt.so", status=3, words=["not a module"])
    library = (prefix / "lib" / "libmtlrt.so").read_bytes()
    for size in (10, 64, 100, len(library) // 2, len(library) - 10):
        text.write_bytes(library[:size])
        mtl_check.refuses(text, status=3)


@pytest.mark.parametrize(
    "arguments", [
        [], ["a.so", "b.so"], ["a.so", "--op", "nonsense"], ["a.so", "--case", "1"],
        ["a.so", "--seed", "x"], ["--nonsense"],
    ])
def test_wrong_usage(mtl_check, arguments):
    _, err = mtl_check(*arguments, status=2)
    assert "mtl-check" in err


def test_cases_that_are_not_there(mtl_check, example):
    mtl_check(example, "--op", "relu", "--case", "100000", status=2)


def test_help_and_list(mtl_check):
    assert "Examples:" in mtl_check("--help")[0]
    listed = mtl_check("--list")[0]
    for name in ("conv", "softmax", "chains"):
        assert re.search(rf"^{name} +\d+ cases$", listed, re.M)


def test_bench_relates_speed_to_the_machine(mtl_check, example):
    out, _ = mtl_check(example, "--bench", "--op", "relu", "--json")
    result = json.loads(out)
    assert result["peak_gflops"] > 0 and result["memory_gbps"] > 0
    assert [row["operator"] for row in result["kernels"]] == ["relu", "relu"]
    for row in result["kernels"]:
        assert row["ms"] > 0 and row["gbps"] > 0 and row["times_scalar"] > 0
    out, _ = mtl_check(example, "--bench", "--op", "relu", "--threads", "2")
    assert "2 threads" in out
    if platform.machine() == "x86_64":
        assert "of peak" in out
