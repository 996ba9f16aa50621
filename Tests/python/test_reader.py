"""Two readers of model files, in Swift and in Python, against the vectors and each other."""

import csv
import hashlib
import os
import pathlib
import random
import resource
import struct
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
VECTORS = ROOT / "spec" / "vectors"
sys.path.insert(0, str(TOOLS))

from mtl_reader import Broken, read, verify  # noqa: E402
from mtl_reader.checksum import crc32c  # noqa: E402


def manifest(folder=VECTORS):
    with open(folder / "manifest.csv", newline="") as file:
        return list(csv.DictReader(file))


def expected(row):
    if row["verdict"] == "accept":
        return "accept - - -"
    return f"reject {row['code']} {row['offset']} {row['stage']}"


def verdict(data):
    """What the Python reader says, in the words of mtl-verdict."""
    stage = "open"
    try:
        model = read(data)
        stage = "content"
        verify(data, model)
    except Broken as broken:
        return f"reject {broken.code} {broken.offset} {stage}"
    return "accept - - -"


@pytest.fixture(scope="module")
def swift_program():
    """Path of mtl-verdict."""
    named = os.environ.get("MTL_VERDICT")
    places = [ROOT / ".build" / mode / "mtl-verdict" for mode in ("debug", "release")]
    found = [pathlib.Path(named)] if named else [path for path in places if path.exists()]
    if not found:
        pytest.skip("mtl-verdict is not built: swift build --product mtl-verdict")
    return found[0]


@pytest.fixture(scope="module")
def swift(swift_program):
    """A function from files' bytes to what the Swift reader says about each."""
    def judge(files):
        stream = b"".join(struct.pack("<I", len(data)) + data for data in files)
        result = subprocess.run([swift_program, "--stream"], input=stream, capture_output=True)
        assert result.returncode == 0, result.stderr.decode()
        lines = result.stdout.decode().splitlines()
        assert len(lines) == len(files)
        return lines

    return judge


def accepted():
    """Bytes of the vectors that are accepted and not large."""
    files = [(VECTORS / row["file"]).read_bytes() for row in manifest()
             if row["verdict"] == "accept"]
    return [data for data in files if len(data) < 20_000]


def assert_agree(files, lines):
    for data, line in zip(files, lines):
        assert line == verdict(data), data[:4096].hex()


@pytest.mark.parametrize("row", manifest(), ids=lambda row: row["file"])
def test_python_reader(row):
    data = (VECTORS / row["file"]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == row["sha256"]
    assert verdict(data) == expected(row)


def test_swift_reader(swift):
    rows = manifest()
    lines = swift([(VECTORS / row["file"]).read_bytes() for row in rows])
    assert [(r["file"], line) for r, line in zip(rows, lines)] == [
        (r["file"], expected(r)) for r in rows]


def judge_within(memory, swift_program, files):
    """What the Swift reader says about mapped files with so many bytes of memory of its own."""
    def limit():
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))

    result = subprocess.run([swift_program, *files], capture_output=True, preexec_fn=limit)
    assert result.returncode == 0, result.stderr.decode()
    return [line.rsplit(" ", 1)[0] for line in result.stdout.decode().splitlines()]


def test_little_memory(swift_program):
    """A count or size alone makes nothing grow: 16 MiB suffice for every vector."""
    rows = manifest()
    lines = judge_within(16 << 20, swift_program, [VECTORS / row["file"] for row in rows])
    assert lines == [expected(row) for row in rows]


def test_vectors_are_what_the_generator_makes(tmp_path):
    subprocess.run([sys.executable, TOOLS / "make_vectors.py", "--to", tmp_path], check=True)
    assert (tmp_path / "manifest.csv").read_text() == (VECTORS / "manifest.csv").read_text()
    for row in manifest():
        assert (tmp_path / row["file"]).read_bytes() == (VECTORS / row["file"]).read_bytes()


def test_large_files(swift_program, tmp_path):
    """At the limits, in memory that is a small multiple of the file."""
    subprocess.run([sys.executable, TOOLS / "make_vectors.py", "--large", tmp_path], check=True)
    for row in manifest(tmp_path):
        path = tmp_path / row["file"]
        data = path.read_bytes()
        memory = (16 << 20) + 20 * len(data)
        assert judge_within(memory, swift_program, [path]) == [expected(row)], row["file"]
        assert verdict(data) == expected(row), row["file"]


def test_every_rule_has_a_vector(tmp_path):
    from mtl_reader.rules import NAMES

    covered = {int(row["code"]) for row in manifest() if row["code"]}
    assert set(NAMES) - covered == {122}, "122 takes 64 MiB: make_vectors.py --large"


def test_cut_short(swift):
    """Every prefix of every accepted file is refused, by both readers with the same words."""
    files = [data[:size] for data in accepted() if len(data) < 2000 for size in range(len(data))]
    lines = swift(files)
    assert all(line.startswith("reject") for line in lines)
    assert_agree(files, lines)


def test_single_bits(swift):
    """Every flipped bit in header and table is found; elsewhere the readers agree."""
    files, places = [], []
    for data in accepted()[:8]:
        table_end = 64 + 64 * struct.unpack_from("<I", data, 24)[0]
        for offset in range(min(len(data), table_end + 512)):
            flipped = bytearray(data)
            flipped[offset] ^= 1 << (offset % 8)
            files.append(bytes(flipped))
            places.append(offset < table_end)
    lines = swift(files)
    assert_agree(files, lines)
    assert all(line.startswith("reject") for line, inside in zip(lines, places) if inside)


def seal(data):
    """Makes all checksums right again, as far as header and table still make sense."""
    data = bytearray(data)
    count = min(struct.unpack_from("<I", data, 24)[0], (len(data) - 64) // 64)
    for place in range(64, 64 + 64 * count, 64):
        offset, length = struct.unpack_from("<QQ", data, place + 8)
        content = data[offset:offset + length]
        struct.pack_into("<I", data, place + 24, crc32c(content))
        data[place + 32:place + 64] = hashlib.sha256(content).digest()
    struct.pack_into("<I", data, 28, crc32c(data[64:64 + 64 * count]))
    struct.pack_into("<I", data, 56, crc32c(data[:56]))
    return bytes(data)


INTERESTING = [0, 1, 2, 7, 8, 9, 64, 65, 127, 128, 255]


def mutate(data, chance):
    """One to three bytes or words changed, checksums right."""
    data = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        # The header's magic is left alone, as there is nothing behind it to be found.
        place = chance.randrange(8, len(data))
        kind = chance.randrange(4)
        if kind == 0:
            data[place] = chance.choice(INTERESTING)
        elif kind == 1:
            data[place] ^= 1 << chance.randrange(8)
        else:
            size = 4 if kind == 2 else 8
            place = min(place // 4 * 4, len(data) - size)
            value = chance.choice(INTERESTING + [2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1])
            data[place:place + size] = (value % 2**(8 * size)).to_bytes(size, "little")
    return seal(data)


def test_mutations(swift):
    """What breaks several rules has one verdict: the order of checks is the same."""
    chance = random.Random(1)
    seeds = [data for data in accepted() if len(data) < 8000]
    files = [mutate(chance.choice(seeds), chance) for _ in range(20_000)]
    lines = swift(files)
    assert_agree(files, lines)
    codes = {line.split()[1] for line in lines}
    assert len(codes) > 60, "the mutations reach too few rules to mean much"


def test_command(tmp_path):
    """Output and exit status of tools/mtl_read.py."""
    def run(*arguments):
        return subprocess.run([sys.executable, TOOLS / "mtl_read.py", *arguments],
                              capture_output=True, text=True)

    good = VECTORS / "accept" / "vision.mtl"
    bad = VECTORS / "reject" / "107-cut-short.mtl"
    hash_ = VECTORS / "reject" / "130-graph.mtl"
    assert run(good).stdout == f"accept - - - {good}\n"
    result = run(good, bad)
    assert result.returncode == 1
    assert result.stdout.splitlines()[1] == f"reject 107 16 file-size {bad}"
    assert run(hash_).returncode == 0
    assert run("--verify", hash_).stdout.startswith("reject 130 ")
    assert run(tmp_path / "absent.mtl").returncode == 3
    assert run().returncode == 2
    assert '"channels": "rgb"' in run("--json", good).stdout
