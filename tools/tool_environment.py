"""Where tools that compare with other engines find MTL and Python packages."""

import importlib.util
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(tool, packages, parser, arguments, work):
    """The exit status of `work(options, installation)`, run where the packages are."""
    if not all(importlib.util.find_spec(package) for package in packages):
        return again_in_tests_environment(tool, arguments)
    options = parser.parse_args(arguments)
    return work(options, installation(tool))


def installation(tool):
    """The folder that MTL_PREFIX names, or that of the tests; ends the program without one."""
    prefix = pathlib.Path(os.environ.get("MTL_PREFIX", ROOT / ".build" / "install"))
    if not (prefix / "bin" / "mtl-export").exists():
        leave(tool, f"run tools/install --prefix {prefix} first")
    return prefix


def again_in_tests_environment(tool, arguments):
    """The tool once more, with the packages that tools/setup --tests installs; its exit status."""
    python = ROOT / ".build" / "venv" / "bin" / "python"
    if pathlib.Path(sys.prefix) == python.parents[1] or not python.exists():
        leave(tool, "Python packages are missing; tools/setup --tests installs them")
    command = [python, ROOT / "tools" / tool, *arguments]
    return subprocess.run(command, check=False).returncode


def leave(tool, why):
    """Ends the program: it cannot begin."""
    print(f"tools/{tool}: {why}", file=sys.stderr)
    raise SystemExit(2)
