"""Many cycles, many threads, and hosts that are built with sanitizers."""

import os

import pytest
from c_programs import MODEL, ROOT, VECTORS, run

IMAGE = ROOT / "Tests" / "FuzzSeeds" / "decoder" / "baseline_12x9_6.jpg"
VISION = VECTORS / "vision.mtl"
# Programs and what they are called with. Those that replace malloc or a system call, that confine
# themselves, or that measure memory, leave no room for a sanitizer.
PROGRAMS = {
    "three_calls": [VISION],
    "many_threads": [MODEL, "simd"],
    "cancel": [MODEL, "simd"],
    "batches": [VISION, "simd"],
    "float_state": [MODEL, "simd", 2],
    "thousand_threads": [VISION, 200],
    "fork": [MODEL, "simd"],
}


def test_cycles_leave_nothing_behind(program):
    done = run(program("open_close", "-O1"), VISION, IMAGE, 3000)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("model", [VISION, MODEL])
def test_a_thousand_threads_leave_nothing_behind(program, model):
    done = run(program("thousand_threads"), model, 1000)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("1000 threads, 0 wrong")


@pytest.mark.parametrize("name", PROGRAMS)
def test_hosts_with_address_sanitizer(program, name):
    done = run(program(name, "-fsanitize=address,undefined"), *PROGRAMS[name])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(set(PROGRAMS) - {"fork"}))
def test_hosts_with_thread_sanitizer(program, name):
    """It sees no atomic operation of the library, so it is told to watch the host alone; the
    library's own threads are watched in test_the_pool_of_threads_has_no_race. It has no support for
    threads in forked children."""
    options = dict(os.environ, TSAN_OPTIONS="ignore_noninstrumented_modules=1")
    # Addresses at random may not suit it.
    done = run(
        "setarch", "--addr-no-randomize", program(name, "-fsanitize=thread"), *PROGRAMS[name],
        env=options,
    )
    assert done.returncode == 0, done.stdout + done.stderr
