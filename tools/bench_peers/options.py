"""The command line."""

import argparse
import pathlib

from bench_peers import engines

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Networks of classifiers.py.
CLASSIFIERS = [
    "mobilenetv2", "resnet50", "efficientnet_b0", "densenet121", "squeezenet", "vit_tiny"]

DESCRIPTION = """\
Runs MTL and other inference runtimes on the same network and the same inputs, in turn and in one
run, and prints how fast each is. Sets up its own Python environment and builds MTL if need be.
"""

EPILOG = """\
How it measures: each engine runs in a process of its own, all through Python with the same loop.
Rounds go A B C, A B C ...: in its turn an engine runs a few times unmeasured, then measured; while
it waits its process is stopped. Every figure is a median over all rounds: at least 200 runs for
batch 1, 60 runs for batches up to 16, 40 runs for larger ones (so at least 200 images always).
The share of the machine that others took meanwhile, a hypervisor among them, is printed: with more
than a few percent believe the ratios, not the times, and none of the 99th percentiles.
A run is one batch from an input in the engine's own layout to answers in memory.

Every answer is compared with the reference network in double precision, those of --model with
ONNX Runtime, all optimisations off. A largest difference of probabilities over 1e-4 is an error:
of MTL always, of the others with f32 weights. With 16-bit weights the others may differ by 1e-2,
and the table shows what they do.

First answers are those of fresh processes with the model's file in the page cache and memory at
hand: the whole from the start of Python on, the import of the engine, then opening the model and
one answer. "MTL, packed" opens a file to which `mtl-export --packed` has added packed weights.
Memory is the peak after the first answers; "less bare Python" is without what the interpreter,
numpy and the input had taken before the engine was imported.

Exit status: 0 all good, 1 an answer is wrong or MTL failed, 2 wrong usage or nothing to run. An
engine that cannot be installed or run is named in a line and left out.

examples:
  tools/bench-peers                                          everything: about 20 minutes
  tools/bench-peers --quick --threads 1 --batches 1          the first impression
  tools/bench-peers --storages f32 --json figures.json
  tools/bench-peers --engines ours,onnxruntime --backend simd-avx2
  tools/bench-peers --model all --batches 1                  well-known image classifiers
  tools/bench-peers --model my.onnx --engines ours,onnxruntime
  tools/bench-peers --scale --engines ours                   how MTL's own speed scales
"""


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="tools/bench-peers", description=DESCRIPTION, epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--engines", type=_engines, default=engines.NAMES, metavar="LIST",
        help=f"of {','.join(engines.NAMES)} (all)")
    add("--threads", type=_numbers, default=[1, 2], metavar="LIST", help="1,2")
    add("--batches", type=_numbers, default=[1, 8, 32], metavar="LIST", help="1,8,32")
    add("--storages", type=_storages, metavar="LIST",
        help="of f32,16: weights as f32, or in 16 bits where an engine can (both; f32 for --model)")
    add("--model", type=_models, default=[], dest="models", metavar="LIST",
        help="instead of the reference network: ONNX files with images as input, or of "
             f"{','.join(CLASSIFIERS)} with random weights, or all of these")
    add("--backend", metavar="NAME", help="makes MTL prefer this backend, such as simd-avx2")
    add("--rounds", type=_positive, default=10, metavar="N", help="10")
    add("--quick", action="store_true", help="a round with few runs: for trying out, not figures")
    add("--no-first", action="store_true",
        help="leaves out first answers, memory and installed sizes")
    add("--scale", action="store_true",
        help="instead: MTL alone with large batches, many callers, wider nets and larger images")
    add("--json", type=pathlib.Path, metavar="FILE", help="writes everything to FILE as well")
    add("--prefix", type=pathlib.Path, metavar="DIR",
        help="an installation of MTL; without it tools/install makes .build/install")
    add("--venv", type=pathlib.Path, default=ROOT / ".build" / "bench-venv", metavar="DIR",
        help="the Python environment (.build/bench-venv)")
    add("--work", type=pathlib.Path, default=ROOT / ".build" / "bench", metavar="DIR",
        help="models and logs (.build/bench)")
    options = parser.parse_args(arguments)
    options.storages = options.storages or (["f32"] if options.models else ["f32", "16"])
    if options.scale and options.models:
        parser.error("--scale measures the reference network alone")
    if options.scale:
        options.engines = ["ours"]
    for name in ("venv", "work", "prefix", "json"):
        if path := getattr(options, name):
            setattr(options, name, path.absolute())
    return options


def _positive(text):
    if not text.isdecimal() or not 0 < int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to 1024")
    return int(text)


def _numbers(text):
    return [_positive(part) for part in text.split(",")]


def _engines(text):
    return _chosen(text, engines.NAMES)


def _storages(text):
    return _chosen(text, ["f32", "16"])


def _models(text):
    if text == "all":
        return CLASSIFIERS
    for part in text.split(","):
        if part not in CLASSIFIERS and not pathlib.Path(part).is_file():
            raise argparse.ArgumentTypeError(
                f"'{part}' is no file, nor one of {','.join(CLASSIFIERS)},all")
    return [part if part in CLASSIFIERS else str(pathlib.Path(part).resolve())
            for part in text.split(",")]


def _chosen(text, names):
    parts = text.split(",")
    for part in parts:
        if part not in names:
            raise argparse.ArgumentTypeError(f"'{part}' is none of {','.join(names)}")
    return [name for name in names if name in parts]
