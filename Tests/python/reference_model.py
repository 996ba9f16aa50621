"""The reference network with random weights as a model file, built without the project's writer."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))

from reference_network.mtl_file import mtl_file  # noqa: E402
from reference_network.network import reference_network  # noqa: E402


def reference_model(seed=1):
    """The file's bytes."""
    return mtl_file(reference_network(seed))
