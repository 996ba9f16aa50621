"""The network in each engine's format, and the inputs with their true answers.

Whatever was made before stays good as long as nothing that it was made from has changed.
"""

import json
import pathlib
import subprocess
import sys

import numpy

from bench_peers import engines, machine
from bench_peers.process import Failed
from bench_peers.progress import say
from bench_peers.subjects import TOOLS, digest_of
from bench_peers.subjects import subject as make_subject

# Larger batches repeat their images.
DIFFERENT = 32


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


def inputs(folder, count, subject):
    """Files with images and answers."""
    stem = folder / f"inputs-{subject.key}-{count}-{_digest(subject)}"
    paths = {"images": f"{stem}.images.npy", "answers": f"{stem}.answers.npy"}
    if not pathlib.Path(paths["answers"]).exists():
        say(f"the right answers to {count} images")
        stack = images(min(count, DIFFERENT), subject.size)
        answers = subject.answers(stack)
        numpy.save(paths["images"], numpy.resize(stack, (count, *stack.shape[1:])))
        numpy.save(paths["answers"], numpy.resize(answers, (count, *answers.shape[1:])))
    return paths


def converted(name, folder, subject):
    """Storage to path of the model for an engine, converted in a process of its own."""
    target = folder / f"{name}-{subject.key}"
    stamp = target / "stamp.json"
    digest = _digest(subject, name)
    if stamp.exists():
        known = json.loads(stamp.read_text())
        if known["digest"] == digest:
            return known["paths"]
    say(f"the model for {engines.module(name).TITLE}")
    target.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "bench_peers.models", name, str(target), subject.text],
        capture_output=True, text=True, check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise Failed(f"cannot be converted: {lines[-1][-300:]}")
    paths = json.loads(done.stdout.splitlines()[-1])
    paths.setdefault("16", paths["f32"])
    stamp.write_text(json.dumps({"digest": digest, "paths": paths}))
    return paths


def _digest(subject, name=None):
    """Of everything that the answers depend on, or the model as converted for an engine."""
    if name is None:
        return digest_of(subject.digest.encode(), pathlib.Path(__file__))
    module = engines.module(name)
    sources = [*sorted((TOOLS / "bench_peers").glob("*_file.py")), pathlib.Path(module.__file__),
               *getattr(module, "converters", list)()]
    return digest_of(subject.digest.encode(), machine.version(name).encode(), *sources)


def main(name, folder, text):
    paths = make_subject(text).convert(engines.module(name), pathlib.Path(folder))
    print()
    print(json.dumps({storage: str(path) for storage, path in paths.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
