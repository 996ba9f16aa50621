"""Files that break a rule of the graph section, 3xx."""

from .builder import floats, le32, node, tensor
from .case import Cases
from .models import CONCAT, RELU, chain, tiny, weighted

ABSENT = 2**32 - 1


def cases():
    found = Cases()
    counts(found)
    slots(found)
    nodes(found)
    whole(found)
    return found.all


def relus(*edges, **changes):
    """Values t0, t1 … and a node for each (from, to)."""
    count = 1 + max(max(edge) for edge in edges)
    return chain([(f"t{i}", [1, 2]) for i in range(count)],
                 [node(RELU, f"n{i}", [a], b) for i, (a, b) in enumerate(edges)], **changes)


def counts(found):
    for code, mark, most in ((301, "graph.inputs.count", 64), (302, "graph.outputs.count", 64),
                             (303, "nodes.count", 65536)):
        for name, count in (("none", 0), ("one-more", most + 1), ("largest", ABSENT)):
            found.reject(code, name, mark, tiny(), patch={mark: le32(count)})
    for code, mark in ((308, "nodes.0.inputs.count"), (312, "nodes.0.attributes.count")):
        for name, count in (("one-more", 65), ("largest", ABSENT)):
            found.reject(code, name, mark, tiny(), patch={mark: le32(count)})
    found.reject(308, "present", "nodes.0.inputs.count", chain(
        [("x", [1, 2]), ("y", [1, 130])], [node(CONCAT, "n", [0] * 65, 1, [1])]))


def slots(found):
    for mark in ("graph.inputs.0", "graph.outputs.0", "nodes.0.inputs.0", "nodes.0.output"):
        kind = mark.replace("graph.", "").replace("nodes.0.", "node-").replace(".0", "")
        found.reject(304, f"{kind}-is-count", mark, tiny(), patch={mark: le32(2)})
        found.reject(304, f"{kind}-largest", mark, tiny(), patch={mark: le32(ABSENT - 1)})
        if "node-inputs" != kind:
            found.reject(304, f"{kind}-absent", mark, tiny(), patch={mark: le32(ABSENT)})
    constant = tensor("c", [1, 2], floats(1, 2))
    found.reject(305, "constant", "graph.inputs.1", chain(
        [("x", [1, 2]), ("y", [1, 2]), constant], [node(RELU, "n", [0], 1)], inputs=[0, 2]))
    found.reject(306, "twice", "graph.inputs.1", relus((0, 1), inputs=[0, 0]))
    found.reject(307, "twice", "graph.outputs.2", relus((0, 1), (0, 2), outputs=[1, 2, 1]))


def nodes(found):
    found.reject(309, "itself", "nodes.0.inputs.0", relus((1, 1), inputs=[0]))
    found.reject(309, "later", "nodes.0.inputs.0", relus((2, 1), (0, 2), outputs=[1]))
    found.reject(309, "cycle", "nodes.1.inputs.0", relus((0, 1), (3, 2), (2, 3), outputs=[1]))
    found.reject(309, "never", "nodes.0.inputs.0", relus((2, 1), outputs=[1]))
    model = weighted()
    found.reject(310, "weights", "nodes.0.output", model, patch={"nodes.0.output": le32(1)})
    found.reject(311, "two-nodes", "nodes.1.output", relus((0, 1), (0, 1)))
    found.reject(311, "input", "nodes.0.output", relus((0, 0), (0, 1)))
    found.reject(311, "other-input", "nodes.0.output", relus((0, 1), inputs=[0, 1], outputs=[0]))
    model = relus((0, 1), (1, 2))
    model["nodes"][1]["name"] = "n0"
    found.reject(313, "twice", "nodes.1", model)
    model = relus((0, 1), (1, 2), (2, 3), (3, 4))
    for item, name in zip(model["nodes"], "baab"):
        item["name"] = name
    found.reject(313, "first-of-two", "nodes.2", model)


def whole(found):
    found.reject(314, "input", "graph.outputs.0", relus((0, 1), outputs=[0]))
    constant = tensor("c", [1, 2], floats(1, 2))
    found.reject(314, "constant", "graph.outputs.1", chain(
        [("x", [1, 2]), ("y", [1, 2]), constant], [node(RELU, "n", [0], 1)], outputs=[1, 2]))
    found.reject(314, "nobody", "graph.outputs.0", relus((0, 1), outputs=[2]) | {
        "tensors": relus((0, 2))["tensors"]})
    found.reject(315, "nobody", "tensors.1", relus((0, 2)))
    found.reject(315, "first-of-two", "tensors.2", relus((0, 1), (0, 3), (1, 5)))
