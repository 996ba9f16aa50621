"""The C API from outside: programs compiled with pkg-config's flags against an installation."""

import re

import pytest
from c_programs import MODEL, ROOT, SOURCES, VECTORS, run


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


def test_workers_may_run_on_all_cpus(program):
    done = run(program("affinity"), MODEL)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pool_of_threads_has_no_race(tmp_path):
    pool = ROOT / "Sources" / "CMTL"
    built = run(
        "cc", "-std=c11", "-g", "-O1", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
        "-fsanitize=thread", "-I", pool / "include", SOURCES / "pool.c", pool / "pool.c",
        *(pool / f"{name}.c" for name in ["affinity", "cpu", "lines", "workers"]),
        "-o", tmp_path / "pool", "-pthread",
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
    # spec/decisions/0015-size.md
    library = prefix / "lib" / "libmtlrt.so"
    size = library.resolve().stat().st_size
    plugins = {path.name: path.stat().st_size for path in (prefix / "lib" / "mtlrt").iterdir()}
    simd = [plugins[name] for name in plugins if name.startswith("mtlrt-simd-")]
    assert max([size, *simd]) <= 450 * 1024
    assert size + max(simd) + plugins["mtlrt-image.so"] <= 1_000_000
    needed = {
        line.split("[")[1].rstrip("]")
        for line in run("readelf", "-d", library).stdout.splitlines()
        if "(NEEDED)" in line
    }
    assert needed <= {"libc.so.6", "libm.so.6"}


def installed(prefix):
    return [
        path
        for folder in ["bin", "lib", "lib/mtlrt"]
        for path in sorted((prefix / folder).iterdir())
        if path.is_file() and not path.is_symlink()
    ]


def test_what_is_installed_runs_with_glibc_2_34(prefix):
    files = installed(prefix)
    assert len(files) > 9
    for path in files:
        symbols = run("readelf", "--dyn-syms", "--wide", path).stdout
        versions = {tuple(map(int, v.split("."))) for v in re.findall(r"@GLIBC_([\d.]+)", symbols)}
        assert versions and max(versions) <= (2, 34), path


def test_what_is_installed_is_bound_at_once_and_then_read_only(prefix):
    for path in installed(prefix):
        assert re.search(r"FLAGS.*\b(BIND_)?NOW\b", run("readelf", "-d", path).stdout), path
        assert "GNU_RELRO" in run("readelf", "-l", path).stdout, path


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
