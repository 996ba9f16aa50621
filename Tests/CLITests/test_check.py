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
    "ANSWER": ["run answers 2", "out of luck at 0.0"],
    "TAKE": ["plan takes"],
    "BATCH": ["packed bytes for a batch of"],
    "PLAN": ["another plan for the same operators"],
    "PACK": ["pack writes something else the second time"],
    "VARIANT": ["alone, though the module says that it is batch invariant"],
    "ROUNDING": ["run leaves another floating-point environment"],
    "TRAPS": ["run leaves another floating-point environment"],
    "PLAN_ROUNDING": ["plan leaves another floating-point environment"],
    "PLAN_STATIC": ["plan answers otherwise when several threads call it at once"],
    "PACK_STATIC": ["called by several threads at once, pack writes something else"],
    "OPEN_TWICE": ["opened a second time: open answers 2: it is open"],
    "CLOSE": ["after another instance was closed: the results are others"],
    "REOPEN": ["after another instance was closed: the results are others"],
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
    "KEEP": ["memory that is not its own, or no longer is"],
    "ABORT": ["Aborted"],
}


# What it changes of the process, and what is said about it.
TRACES = {
    "THREAD": "a thread that it started runs on",
    "FILE": "is left open",
    "CLOSE": "file descriptor 0 is closed",
    "SIGNAL": "(Broken pipe) is handled otherwise",
    "MASK": "(User defined signal 1) is blocked otherwise",
    "UMASK": "umask",
    "ENVIRONMENT": "an environment variable is another",
    "FOLDER": "the working directory is another",
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
    return lambda *flags: compile_module(prefix, BROKEN, tmp_path / "mtlrt-broken.so", *flags)


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


@pytest.mark.parametrize("place", ["OPEN", "RUN"])
@pytest.mark.parametrize("trace", TRACES)
def test_traces_in_the_process_are_found(mtl_check, broken, trace, place):
    module = broken(f"-DTRACE_{trace}", f"-DTRACE_AT_{place}", "-pthread")
    out, _ = mtl_check(module, "--op", "relu", status=1)
    what = {"OPEN": "open", "RUN": "a check of relu"}[place]
    assert f"{what} leaves a trace: " in out and TRACES[trace] in out, out
    assert re.search(r"^contract +FAILED", out, re.M)


def test_traces_of_a_constructor_are_found(mtl_check, broken):
    module = broken("-DTRACE_SIGNAL", "-DFAULT_CONSTRUCTOR")
    out, _ = mtl_check(module, "--op", "relu", status=1)
    assert "loading it leaves a trace: signal" in out


@pytest.mark.parametrize("place", ["OPEN", "RUN"])
def test_what_it_prints_is_found(mtl_check, broken, place):
    module = broken("-DTRACE_PRINT", f"-DTRACE_AT_{place}")
    out, _ = mtl_check(module, "--op", "relu", "--json", status=1)
    assert any(
        "prints: hello from the backend" in breach
        for breach in json.loads(out)["contract"]["breaches"])


@pytest.mark.skipif(platform.machine() != "x86_64", reason="MMX is x86's")
def test_registers_in_use_are_found(mtl_check, broken):
    out, _ = mtl_check(broken("-DFAULT_MMX"), "--op", "relu", status=1)
    assert "run leaves another floating-point environment" in out


@pytest.mark.parametrize(
    "fault, words", [("TEXT", "does not end with a zero"), ("LATIN", "is not UTF-8")])
def test_texts_that_cannot_be_shown_are_found(mtl_check, broken, fault, words):
    out, _ = mtl_check(broken(f"-DFAULT_{fault}"), "--op", "add", status=1)
    assert f"plan leaves an error text that {words}" in out


def test_an_explanation_without_an_end_is_found(mtl_check, broken):
    module = broken("-DFAULT_ANSWER", "-DFAULT_EXPLAIN")
    out, _ = mtl_check(module, "--op", "relu", status=1)
    assert "explain leaves an error text that does not end with a zero" in out


def test_the_longest_sequence_is_offered(mtl_check, broken):
    out, _ = mtl_check(broken("-DFAULT_LENGTH"), "--op", "chains", status=1)
    assert "plan answers 2" in out


@pytest.mark.parametrize(
    "flag, words", [
        ("-DFLAGS=(1ull<<40)", "its flags have bits that mean nothing: 0x10000000000"),
        ('-DBUILD="' + 48 * "b" + '"', "the build in its constant does not end with a zero"),
    ])
def test_faults_of_the_constant_are_found(mtl_check, broken, flag, words):
    out, _ = mtl_check(broken(flag), "--op", "relu", status=1)
    assert words in out


def test_packed_that_lasts_needs_a_build_id(mtl_check, broken):
    flags = ["-DFLAGS=MTLRT_MODULE_PACKED_LASTS", "-Wl,--build-id=none"]
    out, _ = mtl_check(broken(*flags), "--op", "relu", status=1)
    assert "has no build ID" in out and "-Wl,--build-id" in out
    flags[1] = "-Wl,--build-id"
    out, _ = mtl_check(broken(*flags), "--op", "relu")
    assert "build ID" not in out


def test_what_auto_never_chooses_is_told(mtl_check, broken):
    out, _ = mtl_check(broken(), "--op", "relu")
    assert "note: `auto` never chooses it" in out
    out, _ = mtl_check(broken("-DFLAGS=MTLRT_MODULE_GENERAL", "-DRANK=0"), "--op", "relu")
    assert "note: `auto` prefers every other backend to it" in out
    out, _ = mtl_check(broken("-DFLAGS=MTLRT_MODULE_GENERAL"), "--op", "relu")
    assert "note" not in out


@pytest.mark.parametrize(
    "file, name, words", [
        ("broken.so", "broken", "mtlrt-<name>.so"),
        ("libmtlrt-broken.so", "broken", "mtlrt-<name>.so"),
        ("mtlrt-.so", "", "1 to 15 letters"),
        ("mtlrt-bro ken.so", "bro ken", "1 to 15 letters"),
        ("mtlrt-sixteen-letters-.so", "sixteen-letters-", "1 to 15 letters"),
        ("mtlrt-sixteen-letters.so", "sixteen-letters-", "does not end with a zero"),
        ("mtlrt-mended.so", "broken", "called mended, its constant says 'broken'"),
        ("mtlrt-Broken.so", "broken", "called Broken, its constant says 'broken'"),
        ("mtlrt-scalar.so", "scalar", "keeps the name 'scalar'"),
        ("mtlrt-auto.so", "auto", "keeps the name 'auto'"),
        ("mtlrt-image.so", "image", "keeps the name 'image'"),
    ])
def test_names_that_the_runtime_refuses(mtl_check, prefix, tmp_path, file, name, words):
    module = compile_module(prefix, BROKEN, tmp_path / file, f'-DNAME="{name}"')
    mtl_check.refuses(module, "--op", "relu", status=3, words=[words])


def test_the_name_counts_and_not_what_it_is_a_link_to(mtl_check, broken, tmp_path):
    module = broken().rename(tmp_path / "stored-elsewhere")
    (tmp_path / "mtlrt-broken.so").symlink_to(module)
    mtl_check(tmp_path / "mtlrt-broken.so", "--op", "relu")


def test_a_failure_can_be_repeated(mtl_check, broken):
    module = broken("-DFAULT_VALUE")
    out, _ = mtl_check(module, "--op", "relu", "--seed", "7", status=1)
    number, text = re.search(r"case (\d+): (.*)", out).groups()
    assert f"--op relu --seed 7 --case {number}" in out
    again, _ = mtl_check(module, "--op", "relu", "--seed", "7", "--case", number, status=1)
    assert text in again and "1 of 1 cases" in again


def test_constructors_are_told(mtl_check, broken):
    out, _ = mtl_check(broken(), "--op", "relu")
    assert "warning" not in out
    for flags in [
        ["-DFAULT_CONSTRUCTOR"], ["-DFAULT_INIT", "-Wl,-init,begin"],
        ["-DFAULT_CONSTRUCTOR", "-nostartfiles"],
    ]:
        out, _ = mtl_check(broken(*flags), "--op", "relu")
        assert "warning: 1 function runs while it is loaded" in out, flags


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
