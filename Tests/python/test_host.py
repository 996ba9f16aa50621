"""The library in other people's processes: no memory, cancelled threads, other ways of rounding."""

import os
import subprocess

import pytest
from c_programs import MODEL, ROOT, VECTORS, run
from reference_model import reference_model

IMAGES = ROOT / "Tests" / "FuzzSeeds" / "decoder"


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The reference network, random weights."""
    path = tmp_path_factory.mktemp("reference") / "reference.mtl"
    path.write_bytes(reference_model())
    return path


@pytest.mark.parametrize("name", ["vision.mtl", "elementwise.mtl", "packed.mtl"])
def test_every_allocation_may_fail(program, backend, name):
    image = IMAGES / "baseline_12x9_6.jpg"
    done = run(program("no_memory"), VECTORS / name, backend, image, "warm", 5)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "open: 0" not in done.stdout


@pytest.mark.parametrize(
    # libwebp 1.2.4 itself ends the process where an alpha channel finds no memory.
    "image", ["progressive_12x9_1.jpg", "palette_12x9_8.png", "lossy_12x9_3.webp"]
)
def test_every_allocation_of_a_codec_may_fail(program, image):
    done = run(program("no_memory"), VECTORS / "vision.mtl", "auto", IMAGES / image, "warm", 50)
    assert done.returncode == 0, done.stdout + done.stderr


def test_allocations_of_a_first_open_may_fail(program, backend):
    done = run(program("no_memory"), MODEL, backend, "-", "cold", 23)
    assert done.returncode == 0, done.stdout + done.stderr


def test_allocations_of_a_larger_network_may_fail(program, reference):
    image = IMAGES / "baseline_12x9_6.jpg"
    done = run(program("no_memory"), reference, "auto", image, "warm", 199)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("threads", [1, 2])
def test_results_do_not_depend_on_the_floating_point_state(program, backend, threads):
    done = run(program("float_state"), MODEL, backend, threads)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cancelled_threads_leave_the_library_usable(program, backend):
    done = run(program("cancelled_threads"), MODEL, backend)
    assert done.returncode == 0, done.stdout + done.stderr


def test_memory_files_and_contexts_live_as_long_as_they_should(
    program, backend, tmp_path
):
    done = run(program("lifetimes"), MODEL, backend, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_batches_of_many_sizes_share_memory(program, reference):
    done = run(program("batch_sizes"), reference, "simd")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_model_that_is_refused_leaves_nothing_behind(program):
    for path in sorted((ROOT / "spec" / "vectors" / "reject").glob("*.mtl"))[::9]:
        done = run("valgrind", "--leak-check=full", "--error-exitcode=9", "-q",
                   "--errors-for-leak-kinds=definite,indirect,possible",
                   program("three_calls"), path)
        # What verifying alone finds is opened.
        assert done.returncode in (0, 1), done.stdout + done.stderr


def test_texts_are_utf8_whatever_bytes_a_path_has(program, prefix, tmp_path):
    folder = os.fsencode(tmp_path) + b"/pl\xe9ug"
    os.mkdir(folder)
    environment = {**os.environb, b"MTLRT_MODULE_DIR": folder}
    listed = subprocess.run(
        [prefix / "bin" / "mtl-run", "--list-backends"], capture_output=True, env=environment
    )
    assert listed.returncode == 0, listed.stderr
    assert "pl\ufffdug" in listed.stdout.decode()
    # Cut off in the middle of what is not UTF-8, and before it.
    for length in [0, 100, 190, 191, 192, 193, 194]:
        path = os.fsencode(tmp_path) + b"/" + b"x" * length + b"\xe9\xe9.mtl"
        done = subprocess.run([program("three_calls"), path], capture_output=True)
        assert done.returncode == 1
        assert done.stderr.decode().startswith(str(tmp_path))
