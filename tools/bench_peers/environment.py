"""The Python environment with the peers, and the installation of MTL."""

import importlib.util
import json
import subprocess
import sys

from bench_peers import engines
from bench_peers.options import ROOT
from bench_peers.progress import say

REQUIREMENTS = ROOT / "tools" / "requirements-bench.txt"
# These only read and write files, in whatever version.
PLAIN = {"numpy", "onnx"}
# Of these only programs are used, which need none of the packages named as dependencies.
ALONE = {"pnnx"}
LIST = """
import importlib.metadata, json
print(json.dumps({d.metadata["Name"].lower(): d.version for d in importlib.metadata.distributions()
                  if d.metadata["Name"]}))
"""


def requirements():
    """Package to version, as pinned."""
    lines = REQUIREMENTS.read_text().split()
    return dict(line.split("==") for line in lines if "==" in line)


def python(options):
    """The interpreter to measure with, and a reason for each engine that it cannot run."""
    needs = {name: _needs(name, options) for name in options.engines}
    wanted = {package for packages in needs.values() for package in packages}
    if wanted <= PLAIN and all(importlib.util.find_spec(package) for package in PLAIN):
        return sys.executable, {}
    interpreter = options.venv / "bin" / "python"
    if not interpreter.exists():
        say(f"setting up {options.venv}")
        done = _run(sys.executable, "-m", "venv", options.venv)
        if done.returncode:
            raise SystemExit(
                f"tools/bench-peers: no environment ('apt install python3-venv' where it is "
                f"missing): {_last_line(done)}"
            )
    missing = _install(interpreter, sorted({"numpy", *wanted}))
    if "numpy" in missing and _run(interpreter, "-c", "import numpy").returncode:
        raise SystemExit(f"tools/bench-peers: numpy cannot be installed: {missing['numpy']}")
    failed = {}
    for name in options.engines:
        for package in needs[name]:
            if package in missing:
                failed[name] = f"{package} cannot be installed: {missing[package]}"
    return str(interpreter), failed


def _needs(name, options):
    more = engines.NEEDS_FOR_MODELS.get(name, []) if options.models else []
    return engines.NEEDS[name] + more


def _install(interpreter, packages):
    """Installs what is missing, one by one; returns package to reason for those that fail."""
    present = json.loads(_run(interpreter, "-c", LIST).stdout)
    missing = {}
    for package in packages:
        version = requirements()[package]
        if present.get(package.lower()) == version:
            continue
        say(f"installing {package} {version}")
        done = _run(interpreter, "-m", "pip", "install", "-q", "--disable-pip-version-check",
                    f"{package}=={version}", *(["--no-deps"] if package in ALONE else []))
        if done.returncode:
            missing[package] = _last_line(done)
    return missing


def prefix(options):
    """Where MTL is installed; builds it if no place was named."""
    if options.prefix:
        if not (options.prefix / "lib" / "libmtlrt.so").exists():
            raise SystemExit(f"tools/bench-peers: {options.prefix}: no installation of MTL")
        return options.prefix
    target = ROOT / ".build" / "install"
    say(f"building MTL into {target}")
    done = _run(ROOT / "tools" / "install", "--prefix", target)
    if done.returncode:
        raise SystemExit(f"tools/bench-peers: MTL does not build:\n{done.stdout}{done.stderr}")
    return target


def _run(*command):
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def _last_line(done):
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit status {done.returncode}"
