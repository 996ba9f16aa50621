"""What is measured on, and which versions."""

import importlib.metadata
import os
import pathlib
import platform

from bench_peers import engines

INTERESTING = ["sse4_2", "avx", "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512bw",
               "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "asimddp", "fphp", "sve"]


def description():
    """CPU name, instruction sets, cores, memory, kernel."""
    fields = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    flags = set(fields.get("flags", fields.get("Features", "")).split())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": fields.get("model name", platform.processor() or platform.machine()),
        "family_model_stepping": "/".join(
            fields.get(key, "?") for key in ("cpu family", "model", "stepping")
        ),
        "instruction_sets": [flag for flag in INTERESTING if flag in flags],
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def version(name):
    """Of an engine's package, or of libmtlrt.so."""
    module = engines.module(name)
    if module.PACKAGE:
        return importlib.metadata.version(module.PACKAGE)
    number = module.library().mtlrt_version()
    return f"{number >> 16}.{number >> 8 & 255}.{number & 255}"


def installed_bytes(name):
    """Of the files of an engine's package alone, without the packages that it needs in turn."""
    module = engines.module(name)
    if not module.PACKAGE:
        return module.installed_bytes()
    files = importlib.metadata.distribution(module.PACKAGE).files or []
    paths = {path.locate().resolve() for path in files if path.suffix != ".pyc"}
    return sum(path.stat().st_size for path in paths if path.is_file())
