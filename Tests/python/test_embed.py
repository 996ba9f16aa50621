"""The C API from outside: programs compiled with pkg-config's flags against an installation."""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "Tests" / "c"
VECTORS = ROOT / "spec" / "vectors" / "accept"
MODEL = VECTORS / "every-operator.mtl"
BACKENDS = ["scalar", "openblas", "simd", "simd-sse2"]


def run(*command, **options):
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=600, **options
    )


@pytest.fixture(scope="module")
def program(prefix, tmp_path_factory):
    """Compiles a program of Tests/c once."""
    folder = tmp_path_factory.mktemp("programs")
    environment = dict(os.environ, PKG_CONFIG_PATH=str(prefix / "lib" / "pkgconfig"))
    flags = run("pkg-config", "--cflags", "--libs", "mtlrt", env=environment)
    assert flags.returncode == 0, flags.stderr

    def build(name):
        target = folder / name
        if not target.exists():
            done = run(
                "cc", "-std=c11", "-Wall", "-Wextra", "-Werror", SOURCES / f"{name}.c",
                "-o", target, *flags.stdout.split(), "-pthread", "-lm",
                f"-Wl,-rpath,{prefix / 'lib'}",
            )
            assert done.returncode == 0, done.stderr
        return target

    return build


@pytest.fixture(params=BACKENDS)
def backend(request, prefix):
    """A backend that runs nodes of MODEL on this machine: being loaded alone proves nothing."""
    name = request.param
    if not usable(prefix, name):
        pytest.skip(f"this machine cannot run {name}")
    timed = run(
        prefix / "bin" / "mtl-run", MODEL, "--bench", "--seconds", "0.01", "--json",
        "--backend", name,
    )
    assert timed.returncode == 0, timed.stderr
    assert name in json.loads(timed.stdout)["backend"]
    return name


def usable(prefix, name):
    """Whether this machine can run the backend."""
    listed = run(prefix / "bin" / "mtl-run", "--list-backends")
    assert listed.returncode == 0, listed.stderr
    return any(
        line.startswith(name) and "usable" in line for line in listed.stdout.splitlines()
    )


def test_headers_are_plain_c(prefix):
    for header in ["mtlrt.h", "mtlrt_module.h", "mtlrt_image_module.h"]:
        for language in ["-std=c11", "-std=c99"]:
            done = run(
                "cc", language, "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                "-x", "c", prefix / "include" / header,
            )
            assert done.returncode == 0, done.stderr


def test_attributes_have_names(program, prefix):
    done = run(program("attributes"))
    assert done.returncode == 0, done.stdout
    assert "conv groups 8" in done.stdout
    # C++ reads the same headers.
    done = run(
        "c++", "-std=c++17", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
        "-x", "c++", prefix / "include" / "mtlrt_module.h")
    assert done.returncode == 0, done.stderr


def test_the_operators_are_installed_with_the_headers(prefix):
    installed = prefix / "share" / "doc" / "mtlrt" / "operators.md"
    assert installed.read_bytes() == (ROOT / "spec" / "operators.md").read_bytes()


def test_three_calls(program):
    done = run(program("three_calls"), VECTORS / "vision.mtl")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()


def test_no_error_and_no_leak(program):
    done = run(
        # Modules stay loaded for the life of the process: what they keep is "still reachable".
        "valgrind", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect,possible",
        "--error-exitcode=9", program("three_calls"), VECTORS / "vision.mtl",
    )
    assert done.returncode == 0, done.stderr


def test_many_threads_share_a_handle(program, backend):
    done = run(program("many_threads"), MODEL, backend)
    assert done.returncode == 0, done.stdout + done.stderr


def test_helpers_may_run_on_all_cpus(program):
    done = run(program("affinity"), MODEL)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pool_of_threads_has_no_race(tmp_path):
    pool = ROOT / "Sources" / "CMTL"
    built = run(
        "cc", "-std=c11", "-g", "-O1", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
        "-fsanitize=thread", "-I", pool / "include", SOURCES / "pool.c", pool / "pool.c",
        pool / "cpu.c", "-o", tmp_path / "pool", "-pthread",
    )
    assert built.returncode == 0, built.stderr
    # Addresses at random may not suit ThreadSanitizer.
    done = run("setarch", "--addr-no-randomize", tmp_path / "pool", 3)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_forked_child_predicts(program, backend):
    done = run(program("fork"), MODEL, backend)
    assert done.returncode == 0, done.stdout + done.stderr


def test_children_forked_from_a_busy_process_predict(program, backend):
    done = run(program("fork_busy"), MODEL, backend)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cancelled_runs_end_even_in_the_queue(program, backend):
    done = run(program("cancel"), MODEL, backend)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("model", ["every-operator.mtl", "vision.mtl"])
def test_images_in_a_batch_get_the_answers_they_get_alone(program, backend, model):
    done = run(program("batches"), VECTORS / model, backend)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("threads", [1, 2])
def test_predictions_allocate_nothing(program, backend, threads):
    done = run(program("no_allocation"), MODEL, backend, threads)
    assert done.returncode == 0, done.stdout + done.stderr


def test_library_is_small_and_needs_libc_alone(prefix):
    library = prefix / "lib" / "libmtlrt.so"
    # spec/decisions/0015-size.md
    size = library.resolve().stat().st_size
    assert size <= 360 * 1024
    modules = (prefix / "lib" / "mtlrt").glob("mtlrt-simd-*.so")
    assert size + sum(module.stat().st_size for module in modules) <= 1_000_000
    needed = {
        line.split("[")[1].rstrip("]")
        for line in run("readelf", "-d", library).stdout.splitlines()
        if "(NEEDED)" in line
    }
    assert needed <= {"libc.so.6", "libm.so.6"}


def test_library_exports_its_functions_alone(prefix):
    names = {
        line.split()[-1].split("@")[0]
        for line in run("nm", "-D", "--defined-only", prefix / "lib" / "libmtlrt.so")
        .stdout.splitlines()
        if line.split()[-2].isupper()
    }
    functions = {name for name in names if name != "MTLRT_1"}
    assert functions and all(name.startswith("mtlrt_") for name in functions)
    header = (prefix / "include" / "mtlrt.h").read_text()
    assert all(f"{name}(" in header for name in functions), functions
