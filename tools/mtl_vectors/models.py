"""Small right models, from which the cases are made."""

import struct

from .builder import floats, node, task, tensor

SIGMOID, SOFTMAX, RELU, ADD, MUL, CONCAT = 10, 11, 9, 12, 13, 14
CONV, DENSE, BATCH_NORM, SCALE_SHIFT, MAX_POOL, AVG_POOL = 1, 2, 3, 4, 5, 6
GLOBAL_AVG_POOL, GLOBAL_MAX_POOL, FLATTEN, RESHAPE, IDENTITY, DROPOUT = 7, 8, 15, 16, 17, 18


def tiny(**changes):
    """x (1, 2) → sigmoid → y (1, 2). No constants, the required sections alone."""
    return chain([("x", [1, 2]), ("y", [1, 2])], [node(SIGMOID, "score", [0], 1)], **changes)


def chain(tensors, nodes, /, **changes):
    """Tensors are (name, shape) or made by tensor(). Input is the first, output that of the last
    node."""
    made = [t if isinstance(t, dict) else tensor(*t) for t in tensors]
    model = {"tensors": made, "nodes": nodes, "inputs": [0], "outputs": [nodes[-1]["output"]]}
    model.update(changes)
    return model


def preprocessing(**changes):
    values = {"width": 2, "height": 2, "resize": 1, "channels": 1, "orientation": 1,
              "scale": 1 / 256, "mean": [0.5, 0.25, 0.125], "deviation": [1.0, 0.5, 0.25]}
    values.update(changes)
    return values


def vision(**changes):
    """An image of 2 by 2 pixels and two tasks, with every small section and no constants."""
    tensors = [("image", [1, 2, 2, 3]), ("mean", [1, 1, 1, 3]), ("row", [1, 3]), ("y", [1, 3])]
    nodes = [node(GLOBAL_AVG_POOL, "pool", [0], 1), node(FLATTEN, "flat", [1], 2),
             node(RELU, "score", [2], 3)]
    model = chain(
        tensors, nodes,
        tasks=[task("color", ["black", "blue"]), task("shiny", ["yes"], first=2, kind=2)],
        preprocessing=preprocessing(),
        metadata=[("author", "somebody"), ("mtl.license", "CC0-1.0"), ("note", "")],
        self_test={"tolerance": 1e-6, "inputs": [[0, 255, 51] * 4], "outputs": [[0.0, 1.0, 0.2]]})
    model.update(changes)
    return model


def halves(*values):
    return struct.pack(f"<{len(values)}e", *values)


def weighted(type_="f32", **changes):
    """x (1, 2) → dense, weights (3, 2) of the type and bias (3) → y (1, 3)."""
    data, number, scales = {
        "f32": (floats(1, 2, 3, 4, 5, 6), 1, None),
        "f16": (halves(1, 2, 3, 4, 5, 6), 2, None),
        "i8": (struct.pack("<6b", 1, -2, 3, -4, 5, -128), 5, floats(1, 0.5, 0)),
        "i16": (struct.pack("<6h", 1, -2, 3, -4, 5, -32768), 6, floats(1, 0.5, 0.25)),
    }[type_]
    tensors = [("x", [1, 2]), tensor("w", [3, 2], data, number, scales),
               tensor("b", [3], floats(0, 1, 2)), ("y", [1, 3])]
    return chain(tensors, [node(DENSE, "dense", [0, 1, 2], 3)], **changes)


def packed(**changes):
    """The one with f32 weights, and two runs of packed data."""
    return weighted(packed=[(bytes(32), b"packed"), (b"\xff" * 32, b"again")], **changes)


def parameters(*names, count=2):
    return [tensor(name, [count], floats(*range(1, count + 1))) for name in names]


def every_operator():
    """One node of each operator, in a graph that uses all of their results."""
    pool = [2, 2, 0, 0, 0, 0, 2, 2]
    weights = tensor("kernel", [2, 3, 3, 1], floats(*range(18)))
    tensors = [("image", [1, 4, 4, 2]), weights] + parameters(
        "bias", "gamma", "beta", "mean", "variance", "scale", "shift") + [
        ("conv", [1, 4, 4, 2]), ("norm", [1, 4, 4, 2]), ("affine", [1, 4, 4, 2]),
        ("relu", [1, 4, 4, 2]), ("largest", [1, 2, 2, 2]), ("average", [1, 2, 2, 2]),
        ("sum", [1, 2, 2, 2]), ("product", [1, 2, 2, 2]), ("both", [1, 2, 2, 4]),
        ("mean of all", [1, 1, 1, 4]), ("largest of all", [1, 1, 1, 4]), ("flat", [1, 4]),
        ("shaped", [1, 2, 2]), ("back", [1, 4]), ("same", [1, 4]), ("dropped", [1, 4]),
        tensor("dense weights", [2, 4], floats(*range(8))), ("dense", [1, 2]),
        ("sigmoid", [1, 2]), ("softmax", [1, 2]), ("top", [1, 1, 1, 4]),
    ]
    at = {item["name"] if isinstance(item, dict) else item[0]: index
          for index, item in enumerate(tensors)}
    steps = [
        (CONV, "conv", ["image", "kernel", "bias"], [1, 1, 1, 1, 1, 1, 1, 1, 2]),
        (BATCH_NORM, "norm", ["conv", "gamma", "beta", "mean", "variance"], [0.001]),
        (SCALE_SHIFT, "affine", ["norm", "scale", "shift"], []),
        (RELU, "relu", ["affine"], []),
        (MAX_POOL, "largest", ["relu"], pool),
        (AVG_POOL, "average", ["relu"], pool + [1]),
        (ADD, "sum", ["largest", "average"], []),
        (MUL, "product", ["sum", "average"], []),
        (CONCAT, "both", ["sum", "product"], [3]),
        (GLOBAL_AVG_POOL, "mean of all", ["both"], []),
        (GLOBAL_MAX_POOL, "largest of all", ["both"], []),
        (ADD, "top", ["mean of all", "largest of all"], []),
        (FLATTEN, "flat", ["top"], []),
        (RESHAPE, "shaped", ["flat"], [2, 2]),
        (RESHAPE, "back", ["shaped"], [4]),
        (IDENTITY, "same", ["back"], []),
        (DROPOUT, "dropped", ["same"], [0.25]),
        (DENSE, "dense", ["dropped", "dense weights", None], []),
        (SIGMOID, "sigmoid", ["dense"], []),
        (SOFTMAX, "softmax", ["sigmoid"], [1]),
    ]
    nodes = [node(op, f"{name}!", [None if i is None else at[i] for i in inputs], at[name],
                  attributes) for op, name, inputs, attributes in steps]
    return chain(tensors, nodes)
