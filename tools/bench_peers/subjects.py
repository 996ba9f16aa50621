"""What is measured: the reference network in some size, or a classifier in an ONNX file.

A subject has a `name` for people, a `key` of its own for the names of files, a `digest` of all
that its files and answers depend on, an image `size`, `answers` (images -> probabilities that all
engines must give), and `convert` (engine's module, folder -> storage to path). Its `text` makes it
anew by `subject`.
"""

import hashlib
import pathlib
import re

import numpy

from bench_peers.options import CLASSIFIERS
from reference_network.forward import forward
from reference_network.network import reference_network

TOOLS = pathlib.Path(__file__).resolve().parents[1]


def digest_of(*parts):
    """parts: bytes, or paths of files."""
    sums = hashlib.sha256()
    for part in parts:
        sums.update(part if isinstance(part, bytes) else part.read_bytes())
    return sums.hexdigest()[:16]


class Reference:
    """Its answers come from the network in double precision."""

    def __init__(self, size=96, width=1):
        self.size, self.width = size, width
        self.name = "reference"
        self.text = f"reference:{size}:{width}"
        self.key = f"{size}-{width}"

    @property
    def digest(self):
        return digest_of(*sorted((TOOLS / "reference_network").glob("*.py")),
                         TOOLS / "mtl_vectors" / "builder.py")

    def answers(self, images):
        return forward(reference_network(size=self.size, width=self.width), images)

    def convert(self, module, folder):
        return module.convert(reference_network(size=self.size, width=self.width), folder)


class Classifier:
    """Its answers come from ONNX Runtime with all optimisations off."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.name = self.path.stem.split("-")[0]
        self.text = f"onnx:{path}"
        self.digest = digest_of(self.path)
        self.key = re.sub(r"\W", "_", f"{self.path.stem}_{self.digest}")

    @property
    def size(self):
        import onnx

        model = onnx.load(self.path, load_external_data=False)
        return model.graph.input[0].type.tensor_type.shape.dim[-1].dim_value

    def answers(self, images):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(str(self.path), options)
        name = session.get_inputs()[0].name
        images = numpy.ascontiguousarray(images.transpose(0, 3, 1, 2))
        return numpy.concatenate([session.run(None, {name: image[None]})[0] for image in images])

    def convert(self, module, folder):
        if not hasattr(module, "convert_onnx"):
            raise RuntimeError("it takes no ONNX files")
        return module.convert_onnx(self.path, folder)


def subject(text):
    kind, _, rest = text.partition(":")
    if kind == "onnx":
        return Classifier(rest)
    return Reference(*map(int, rest.split(":")))


def chosen(names, folder):
    """The subjects of --model, or the reference network if there is none."""
    return [_classifier(name, folder) for name in names] or [Reference()]


def _classifier(model, folder):
    """A file, or a network of classifiers.py, which is written first."""
    if model not in CLASSIFIERS:
        return Classifier(pathlib.Path(model).resolve())
    source = TOOLS / "bench_peers" / "classifiers.py"
    path = folder / f"{model}-{digest_of(source)}.onnx"
    if not path.exists():
        import onnx

        from bench_peers.classifiers import MODELS

        partial = path.with_suffix(".partial")
        onnx.save(MODELS[model](), partial)
        partial.rename(path)
    return Classifier(path)
