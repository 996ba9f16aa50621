"""The machine code of the SIMD modules: sums stay in registers while a loop adds to them.

The compiler may at any change decide to keep an array of sums on the stack, and stores each of them
anew after every product: results are the same, at half the speed.
"""

import platform
import re
import shutil
import subprocess

import pytest

JUMP = re.compile(r"j\w+\s+([0-9a-f]+)\b")
PRODUCT = re.compile(r"vf(n?)m(add|sub)")
STACK_STORE = re.compile(r"vmov[au]ps\s+%[xyz]mm\d+,-?(0x[0-9a-f]+)?\(%r[sb]p")
# Products of the largest tile's loop: rows times vectors.
LARGEST = {"avx512": 24, "avx2": 12}

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64" or not shutil.which("objdump"),
    reason="needs objdump and x86-64")


def instructions(module):
    """Address and text of each."""
    done = subprocess.run(["objdump", "-d", "--no-show-raw-insn", module],
                          capture_output=True, text=True, check=True)
    return [(int(address, 16), text)
            for address, text in re.findall(r"^\s*([0-9a-f]+):\s+(.*)$", done.stdout, re.M)]


def innermost_loops(code, longest=400):
    """The instructions of each backward jump's loop that has no other in it."""
    place = {address: index for index, (address, _) in enumerate(code)}
    backward = []
    for index, (address, text) in enumerate(code):
        jump = JUMP.match(text)
        first = jump and place.get(int(jump.group(1), 16))
        if first is not None and first <= index < first + longest:
            backward.append((first, index))
    for first, last in backward:
        if not any(first <= one and end < last for one, end in backward):
            yield [text for _, text in code[first:last + 1]]


@pytest.mark.parametrize("name", LARGEST)
def test_sums_stay_in_registers(prefix, name):
    module = prefix / "lib" / "mtlrt" / f"mtlrt-simd-{name}.so"
    loops = list(innermost_loops(instructions(module)))
    products = [sum(bool(PRODUCT.match(text)) for text in loop) for loop in loops]
    assert products.count(LARGEST[name]) >= 3, "the largest tiles are missing"
    # Transforms have more values at hand than registers, but do not store as often as they
    # multiply.
    spilling = [
        "; ".join(loop) for count, loop in zip(products, loops)
        if count >= 8 and sum(bool(STACK_STORE.match(text)) for text in loop) >= 0.75 * count
    ]
    assert not spilling


def test_the_search_sees_a_spill():
    code = [(0, "vfmadd231ps %zmm1,%zmm2,%zmm3"), (6, "vmovups %zmm3,0x420(%rsp)"),
            (17, "jne    0 <x>")]
    (loop,) = innermost_loops(code)
    assert sum(bool(STACK_STORE.match(text)) for text in loop) == 1
    assert sum(bool(PRODUCT.match(text)) for text in loop) == 1
