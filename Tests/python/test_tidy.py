"""The house rules that a machine can check."""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What each layer may import: dependencies point one way.
LAYERS = {
    "MTLFormat": {"CMTL"},
    "MTLGraph": {"CMTL", "MTLFormat"},
    "MTLPixels": {"CMTL", "MTLFormat"},
    "MTLImage": {"CMTL", "MTLFormat", "MTLPixels", "CImageCodecs"},
    "MTLRuntime": {
        "CMTL", "CPlugins", "MTLFormat", "MTLGraph", "MTLPixels", "CBackendScalar",
        "Synchronization",
    },
    "BackendKit": {"CMTL"},
    "BackendScalar": {"CMTL", "BackendKit"},
    "BackendSIMD": {"CMTL", "BackendKit", "CBackendSIMD"},
    "TrainKernels": {"CMTL", "CBackendSIMD"},
    "BackendOpenBLAS": {"CMTL", "BackendKit", "COpenBLAS"},
    "mtl-run": {"CMTL", "CLIKit", "MTLDraw", "MTLNumpy"},
    "mtl-inspect": {"CMTL", "CLIKit"},
    "CLIKit": {"CMTL", "CArguments"},
    "MTLCheck": {
        "CBackendScalar", "CCheck", "CLIKit", "CMTL", "MTLFormat", "MTLGraph", "MTLRuntime",
        "Synchronization",
    },
    "MTLImport": {
        "CModelFiles", "CMTL", "COpenBLAS", "Glibc", "MTLExport", "MTLFormat", "MTLGraph",
        "MTLNumpy", "MTLWriter",
    },
    "mtl-check": {"CCheck", "CLIKit", "CMTL", "MTLCheck"},
    "MTLDraw": {"CMTL"},
    "MTLNumpy": set(),
    "MTLWriter": {"CMTL", "MTLFormat", "Glibc"},
}


def tracked(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def code():
    return tracked("*.swift", "*.c", "*.h", "*.py", "*.rs", "tools/*")


@pytest.mark.parametrize("layer", LAYERS)
def test_dependencies_point_one_way(layer):
    sources = tracked(f"Sources/{layer}/*.swift", f"Sources/{layer}/**/*.swift")
    assert sources, f"no sources in {layer}"
    found = set()
    for path in sources:
        found |= set(re.findall(r"^(?:@\w+ )?import (\w+)", path.read_text(), re.M))
    assert found <= LAYERS[layer]


def test_no_swift_packages():
    manifest = (ROOT / "Package.swift").read_text()
    assert ".package(" not in manifest


def test_top_level_is_what_was_agreed():
    names = {path.relative_to(ROOT).parts[0] for path in tracked(".")}
    agreed = {"Package.swift", "Sources", "Tests", "spec", "tools", "README.md", "LICENSE"}
    assert {name for name in names if not name.startswith(".")} == agreed


def test_lines_fit():
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in code()
        if "golden" not in path.stem.lower()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > 100
    ]
    assert not long


def test_files_hold_one_idea():
    big = {
        str(path.relative_to(ROOT)): count
        for path in code()
        if "golden" not in path.stem.lower() and (count := len(path.read_text().splitlines())) > 500
    }
    assert not big


def test_nothing_is_left_to_do():
    word = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in code()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if word.search(line)
    ]
    assert not found


# A comparison of a code with an operator.
COMPARISON = re.compile(r"[=!]= *(?:\w+\()?MTLRT_OP_|\.code *[=!]= *MTLRT_OP_")
CASE = re.compile(r"case\s+(\.?|UInt32\()MTLRT_OP_")


def chains_over_operators(text):
    """Numbers of lines at which a third comparison with an operator stands within ten lines."""
    lines = [number for number, line in enumerate(text.splitlines(), 1)
             for _ in COMPARISON.findall(line)]
    return [last for first, last in zip(lines, lines[2:]) if last - first < 10]


def test_no_switch_over_operators():
    """Nor a chain of ifs: what depends on the operator stands in a table."""
    found = []
    for path in tracked("Sources/*.swift", "Sources/**/*.swift", "Sources/**/*.c"):
        text = path.read_text()
        if CASE.search(text) or chains_over_operators(text):
            found.append(str(path.relative_to(ROOT)))
    assert not found


def test_a_chain_over_operators_is_found():
    chain = "if op == UInt32(MTLRT_OP_RELU) {\n  a()\n} else if op == UInt32(MTLRT_OP_CLIP) {\n"
    assert not chains_over_operators(chain)
    assert chains_over_operators(chain + "} else if next.code == MTLRT_OP_SILU {\n")
    assert CASE.search("switch op {\n  case UInt32(MTLRT_OP_RELU): 1")


def test_every_link_of_a_product_leads_to_a_layer():
    links = [path for path in (ROOT / "Sources" / "Products").glob("*/*") if path.is_symlink()]
    assert links
    for link in links:
        assert link.resolve().is_dir(), link
        assert link.resolve().parent == ROOT / "Sources", link
