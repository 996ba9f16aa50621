"""The network in each engine's format, and the inputs with their true answers.

Whatever was made before stays good as long as nothing that it was made from has changed.
"""

import hashlib
import json
import pathlib
import subprocess
import sys

import numpy

from bench_peers import engines, machine
from bench_peers.process import Failed
from bench_peers.progress import say
from reference_network.forward import forward
from reference_network.network import reference_network

# Larger batches repeat their images.
DIFFERENT = 32
TOOLS = pathlib.Path(__file__).resolve().parents[1]


def images(count, size, seed=7):
    """Inputs in [0, 1]: noise around a color and a slope of each image's own."""
    random = numpy.random.default_rng(seed)
    slope = numpy.linspace(-0.5, 0.5, size)[:, None]
    stack = numpy.empty((count, size, size, 3), "f")
    for image in stack:
        color, along, across = random.uniform(0, 1, 3), *random.normal(0, 0.5, (2, 3))
        image[:] = color + slope[:, None] * along + slope[None] * across
        image += random.normal(0, 0.2, image.shape)
    return numpy.clip(stack, 0, 1)


def inputs(folder, count, shape):
    """Files with images and answers; shape: (size of the image, factor on the widths)."""
    size, width = shape
    stem = folder / f"inputs-{size}-{width}-{count}-{_digest('inputs')}"
    paths = {"images": f"{stem}.images.npy", "answers": f"{stem}.answers.npy"}
    if not pathlib.Path(paths["answers"]).exists():
        say(f"the answers to {count} images in double precision")
        stack = images(min(count, DIFFERENT), size)
        answers = forward(reference_network(size=size, width=width), stack)
        numpy.save(paths["images"], numpy.resize(stack, (count, *stack.shape[1:])))
        numpy.save(paths["answers"], numpy.resize(answers, (count, *answers.shape[1:])))
    return paths


def converted(name, folder, shape=(96, 1)):
    """Storage to path of the model for an engine, converted in a process of its own."""
    size, width = shape
    target = folder / f"{name}-{size}-{width}"
    stamp = target / "stamp.json"
    digest = _digest(name)
    if stamp.exists():
        known = json.loads(stamp.read_text())
        if known["digest"] == digest:
            return known["paths"]
    say(f"the model for {engines.module(name).TITLE}")
    target.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "bench_peers.models", name, str(target), str(size), str(width)],
        capture_output=True, text=True, check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise Failed(f"cannot be converted: {lines[-1][-300:]}")
    paths = json.loads(done.stdout.splitlines()[-1])
    paths.setdefault("16", paths["f32"])
    stamp.write_text(json.dumps({"digest": digest, "paths": paths}))
    return paths


def _digest(name):
    """Of everything that a converted model depends on."""
    sources = [*(TOOLS / "reference_network").glob("*.py"),
               *(TOOLS / "mtl_vectors").glob("builder.py")]
    if name == "inputs":
        sources.append(pathlib.Path(__file__))
    else:
        sources += (TOOLS / "bench_peers").glob("*_file.py")
        sources.append(pathlib.Path(engines.module(name).__file__))
    text = b"".join(path.read_bytes() for path in sorted(sources))
    version = machine.version(name).encode() if name in engines.NAMES else b""
    return hashlib.sha256(text + version).hexdigest()[:16]


def main(name, folder, size, width):
    network = reference_network(size=int(size), width=int(width))
    paths = engines.module(name).convert(network, pathlib.Path(folder))
    print()
    print(json.dumps({storage: str(path) for storage, path in paths.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
