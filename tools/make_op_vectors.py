#!/usr/bin/env python3
"""Writes spec/vectors/ops: for each operator small inputs and the results that they must give.

The formulas are those of spec/operators.md in numpy and float64, independent of every backend. A
file is a list of examples: attributes, inputs and the output, each with its shape (batch included)
and its elements, and how far a result may be off. NaN and infinities stand as strings.
"""

import math
import pathlib

import numpy as np

from mtl_vectors.op_examples import Constant, Examples

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "spec" / "vectors" / "ops"


def windows(x, kernel, attributes, fill):
    """The input as (n, oh, ow, kh, kw, c), with `fill` for padding."""
    sh, sw, top, left, bottom, right, dh, dw = attributes
    x = np.pad(x, [(0, 0), (top, bottom), (left, right), (0, 0)], constant_values=fill)
    reach = [(kernel[0] - 1) * dh + 1, (kernel[1] - 1) * dw + 1]
    view = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(1, 2))
    view = view[:, ::sh, ::sw, :, ::dh, ::dw]
    return view.transpose(0, 1, 2, 4, 5, 3)


def conv(attributes):
    def formula(x, weights, bias=None):
        groups = attributes[8]
        view = windows(x, weights.shape[1:3], attributes[:8], 0)
        inputs, outputs = np.split(view, groups, 5), np.split(weights, groups, 0)
        y = np.concatenate(
            [np.einsum("nhwijc,oijc->nhwo", a, w) for a, w in zip(inputs, outputs)], 3)
        return y if bias is None else y + bias
    return formula


def conv_examples():
    e = Examples("conv", 1e-5)
    cases = [
        ("3x3, same padding", (2, 5, 4, 3), (4, 3, 3, 3), [1, 1, 1, 1, 1, 1, 1, 1, 1]),
        ("1x1", (1, 3, 3, 5), (2, 1, 1, 5), [1, 1, 0, 0, 0, 0, 1, 1, 1]),
        ("strides and uneven padding", (1, 7, 8, 2), (3, 3, 2, 2), [3, 2, 0, 1, 2, 0, 1, 1, 1]),
        ("dilation", (1, 8, 7, 2), (3, 3, 2, 2), [1, 1, 1, 0, 1, 2, 2, 3, 1]),
        ("two groups", (2, 4, 4, 4), (6, 3, 3, 2), [1, 1, 1, 1, 1, 1, 1, 1, 2]),
        ("depthwise", (1, 5, 5, 3), (3, 3, 3, 1), [2, 2, 1, 1, 1, 1, 1, 1, 3]),
        ("windows wholly in the padding", (1, 2, 2, 1), (2, 1, 1, 1),
         [1, 1, 2, 1, 1, 2, 1, 1, 1]),
    ]
    for about, x, w, a in cases:
        bias = Constant(e.values(w[0]))
        e.add(about, conv(a), [e.values(*x), Constant(e.values(*w)), bias], a)
    types_of_weights(
        e, conv, [1, 1, 0, 0, 0, 0, 1, 1, 1], (3, 2, 2, 2), e.values(1, 3, 3, 2))
    return e


def types_of_weights(e, operator, a, shape, x):
    e.add("no bias", operator(a), [x, Constant(e.values(*shape))], a)
    e.add("absent bias", operator(a), [x, Constant(e.values(*shape)), None], a)
    for kind, most in [("i8", 127), ("i16", 32767)]:
        stored = e.random.integers(-most, most + 1, shape)
        scale = e.random.uniform(0.5, 2, shape[0]) / most
        e.add(f"{kind} weights", operator(a), [x, Constant(stored, kind, scale)], a)
    half = Constant(e.values(*shape).astype(np.float16), "f16")
    e.add("f16 weights", operator(a), [x, half], a)


def conv_transpose(attributes):
    sh, sw, top, left, bottom, right, dh, dw, groups, extra_h, extra_w = attributes

    def formula(x, weights, bias=None):
        (n, h, w, _), (outputs, kh, kw, depth) = x.shape, weights.shape
        whole = np.zeros((n, (h - 1) * sh + (kh - 1) * dh + 1 + extra_h,
                          (w - 1) * sw + (kw - 1) * dw + 1 + extra_w, outputs))
        each = outputs // groups
        for g in range(groups):
            mine, taps = x[..., g * depth:][..., :depth], weights[g * each:][:each]
            for p in range(h):
                for q in range(w):
                    reach = np.einsum("nc,oijc->nijo", mine[:, p, q], taps)
                    whole[:, p * sh:p * sh + (kh - 1) * dh + 1:dh,
                          q * sw:q * sw + (kw - 1) * dw + 1:dw,
                          g * each:(g + 1) * each] += reach
        y = whole[:, top:whole.shape[1] - bottom, left:whole.shape[2] - right]
        return y if bias is None else y + bias
    return formula


def conv_transpose_examples():
    e = Examples("conv_transpose", 1e-5)
    cases = [
        ("3x3, stride 2", (2, 3, 4, 3), (4, 3, 3, 3), [2, 2, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
        ("an element more", (1, 3, 4, 2), (3, 3, 3, 2), [2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
        ("gaps that nothing reaches", (1, 3, 2, 2), (2, 1, 2, 2),
         [3, 4, 0, 0, 0, 0, 1, 1, 1, 2, 1]),
        ("uneven padding and strides", (1, 4, 3, 2), (3, 4, 3, 2),
         [2, 3, 0, 2, 3, 1, 1, 1, 1, 0, 2]),
        ("dilation", (1, 3, 4, 2), (2, 3, 2, 2), [1, 2, 1, 0, 0, 2, 2, 3, 1, 0, 0]),
        ("two groups", (2, 3, 3, 4), (6, 2, 2, 2), [2, 2, 0, 0, 0, 0, 1, 1, 2, 0, 0]),
        ("depthwise", (1, 3, 3, 3), (3, 3, 3, 1), [2, 1, 1, 1, 1, 1, 1, 1, 3, 0, 0]),
        ("padding beyond the kernel", (1, 4, 4, 1), (1, 2, 2, 1),
         [2, 2, 3, 3, 3, 3, 1, 1, 1, 0, 0]),
    ]
    for about, x, w, a in cases:
        bias = Constant(e.values(w[0]))
        e.add(about, conv_transpose(a), [e.values(*x), Constant(e.values(*w)), bias], a)
    types_of_weights(
        e, conv_transpose, [2, 2, 0, 0, 1, 1, 1, 1, 1, 0, 0], (3, 2, 3, 2), e.values(1, 3, 2, 2))
    return e


def dense_examples():
    e = Examples("dense", 1e-5)

    def formula(x, weights, bias=None):
        return x @ weights.T + (0 if bias is None else bias)

    e.add("with bias", formula,
          [e.values(2, 7), Constant(e.values(3, 7)), Constant(e.values(3))])
    e.add("on the last axis", formula, [e.values(2, 2, 3, 9), Constant(e.values(2, 9))])
    e.add("absent bias", formula, [e.values(1, 17), Constant(e.values(5, 17)), None])
    for kind, most in [("i8", 127), ("i16", 32767)]:
        weights = Constant(e.random.integers(-most, most + 1, (5, 19)), kind,
                           e.random.uniform(0.5, 2, 5) / most)
        e.add(f"{kind} weights", formula, [e.values(2, 19), weights, Constant(e.values(5))])
    half = np.array([[1, -2, 6e-8, 6.1e-5, 65504, 0.333], [-0.0, 1e-7, 2, 3, 4, 5]], np.float16)
    e.add("f16 weights, subnormal ones too", formula, [e.values(2, 6) / 64, Constant(half, "f16")])
    return e


def dense_by_input_examples():
    e = Examples("dense_by_input", 1e-5)

    def formula(x, weights, bias=None):
        return x @ weights + (0 if bias is None else bias)

    def rectified(*shape):
        return np.maximum(e.values(*shape), 0)

    e.add("with bias", formula, [rectified(2, 7), Constant(e.values(7, 3)), Constant(e.values(3))])
    e.add("on the last axis", formula, [rectified(2, 2, 3, 9), Constant(e.values(9, 2))])
    e.add("absent bias", formula, [e.values(1, 17), Constant(e.values(17, 5)), None])
    e.add("nothing but zeros", formula,
          [np.zeros((1, 4), np.float32), Constant(e.values(4, 3)), Constant(e.values(3))])
    for kind, most in [("i8", 127), ("i16", 32767)]:
        weights = Constant(e.random.integers(-most, most + 1, (19, 5)), kind,
                           e.random.uniform(0.5, 2, 19) / most)
        e.add(f"{kind} weights, a scale for each input", formula,
              [rectified(2, 19), weights, Constant(e.values(5))])
    half = np.array([[1, -2, 6e-8, 6.1e-5, 65504, 0.333], [-0.0, 1e-7, 2, 3, 4, 5]], np.float16)
    e.add("f16 weights, subnormal ones too", formula, [e.values(3, 2) / 64, Constant(half, "f16")])
    return e


def channelwise_examples():
    norm = Examples("batch_norm", 1e-5)
    for epsilon, shape in [(1e-3, (2, 2, 3, 5)), (0.0, (1, 4)), (1.0, (2, 3, 2))]:
        c = shape[-1]
        variance = Constant(np.abs(norm.values(c)) + np.float32(0.1))
        parameters = [Constant(norm.values(c)) for _ in range(3)]
        norm.add(f"epsilon {epsilon}", lambda x, g, b, m, v: (x - m) / np.sqrt(v + epsilon) * g + b,
                 [norm.values(*shape), *parameters, variance], [epsilon])
    scale = Examples("scale_shift")
    for shape in [(2, 2, 3, 5), (1, 4), (2, 3, 2)]:
        parameters = [Constant(scale.values(shape[-1])) for _ in range(2)]
        scale.add(f"rank {len(shape)}", lambda x, s, t: x * s + t,
                  [scale.values(*shape), *parameters])
    return [norm, scale]


def pool_examples():
    largest, mean = Examples("max_pool"), Examples("avg_pool")
    cases = [
        ("2x2, stride 2", (2, 4, 6, 3), [2, 2, 0, 0, 0, 0, 2, 2]),
        ("3x3, stride 3, rest left out", (1, 7, 8, 2), [3, 3, 0, 0, 0, 0, 3, 3]),
        ("overlapping, padded", (1, 5, 4, 3), [2, 1, 1, 1, 1, 1, 3, 3]),
        ("uneven padding", (1, 4, 4, 1), [1, 2, 1, 0, 0, 2, 2, 3]),
    ]
    for about, shape, a in cases:
        view = lambda x, fill: windows(x, a[6:8], a[:6] + [1, 1], fill)
        x = largest.values(*shape)
        largest.add(about, lambda x: view(x, -np.inf).max((3, 4)), [x], a)
        inside = lambda x: view(np.ones_like(x), 0).sum((3, 4))
        mean.add(about + ", padding not counted",
                 lambda x: view(x, 0).sum((3, 4)) / inside(x), [x], a + [0])
        mean.add(about + ", padding counted",
                 lambda x: view(x, 0).mean((3, 4)), [x], a + [1])
    odd = largest.values(1, 2, 4, 1)
    odd[0, 0, 0, 0], odd[0, 1, 3, 0] = np.nan, np.inf
    a = [2, 2, 0, 0, 0, 0, 2, 2]
    largest.add("NaN and infinity", lambda x: windows(x, (2, 2), a[:6] + [1, 1], 0).max((3, 4)),
                [odd], a)
    return [largest, mean]


def global_examples():
    largest, mean = Examples("global_max_pool"), Examples("global_avg_pool")
    for shape in [(2, 3, 4, 5), (1, 1, 1, 3), (1, 9, 2, 1)]:
        x = largest.values(*shape)
        largest.add(f"{shape}", lambda x: x.max((1, 2), keepdims=True), [x])
        mean.add(f"{shape}", lambda x: x.mean((1, 2), keepdims=True), [x])
    return [largest, mean]


def activation_examples():
    odd = np.array([[np.nan, np.inf, -np.inf, 0, -1.5, 1e30, -1e30, 88, -20]], np.float32)
    relu, sigmoid = Examples("relu"), Examples("sigmoid")
    softmax = Examples("softmax")
    for e, formula in [(relu, lambda x: np.where(x < 0, 0, x)),
                       (sigmoid, lambda x: 1 / (1 + np.exp(-x)))]:
        e.add("an image", formula, [e.values(2, 2, 3, 3)])
        e.add("odd values", formula, [odd])

    def normal(axis):
        def formula(x):
            powers = np.exp(x - x.max(axis, keepdims=True))
            return powers / powers.sum(axis, keepdims=True)
        return formula

    softmax.add("last axis", normal(1), [softmax.values(2, 7)], [1])
    softmax.add("axis in the middle", normal(2), [softmax.values(2, 2, 5, 3)], [2])
    softmax.add("large values", normal(1), [softmax.values(1, 6) * 1000], [1])
    softmax.add("a line with infinity, one with minus infinity", normal(2),
                [np.array([[[1, np.inf, 2], [1, -np.inf, 2]]], np.float32)], [2])
    return [relu, sigmoid, softmax]


erf = np.vectorize(math.erf)


def gelu(approximate):
    if approximate:
        return lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return lambda x: x / 2 * (1 + erf(x / np.sqrt(2)))


# Name, attributes, formula.
CURVES = [
    ("clip", [-1.25, 0.5], lambda x: np.clip(x, -1.25, 0.5)),
    ("clip", [0.0, 1e308], lambda x: np.maximum(x, 0)),
    ("leaky_relu", [0.125], lambda x: np.where(x < 0, 0.125 * x, x)),
    ("elu", [0.75], lambda x: np.where(x < 0, 0.75 * np.expm1(x), x)),
    ("tanh", [], np.tanh),
    ("hard_sigmoid", [0.25, 0.5], lambda x: np.clip(0.25 * x + 0.5, 0, 1)),
    ("hard_swish", [], lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
    ("silu", [], lambda x: x / (1 + np.exp(-x))),
    ("gelu", [0], gelu(0)),
    ("gelu", [1], gelu(1)),
    ("softplus", [], lambda x: np.logaddexp(0, x)),
    ("erf", [], erf),
    ("exp", [], np.exp),
    ("log", [], np.log),
    ("sqrt", [], np.sqrt),
    ("abs", [], np.abs),
    ("floor", [], np.floor),
    ("ceil", [], np.ceil),
    ("round", [], np.round),
    ("sin", [], np.sin), ("cos", [], np.cos), ("tan", [], np.tan), ("asin", [], np.arcsin),
    ("acos", [], np.arccos), ("atan", [], np.arctan), ("sinh", [], np.sinh),
    ("cosh", [], np.cosh), ("asinh", [], np.arcsinh), ("acosh", [], np.arccosh),
    ("atanh", [], np.arctanh),
]


def curve_examples():
    odd = np.array([[np.nan, np.inf, 0, -1.5, 2.5, 1e30, -1e30, 88, -20, 0.5, -0.5]], np.float32)
    examples = {}
    for name, attributes, formula in CURVES:
        e = examples.setdefault(name, Examples(name, 4e-6))
        about = f", {attributes}" if attributes else ""
        e.add("an image" + about, formula, [e.values(2, 2, 3, 3)], attributes)
        e.add("odd values" + about, formula, [odd], attributes)
    return list(examples.values())


def select_examples():
    e = Examples("select", 0)

    def formula(condition, x, y):
        return np.where(condition != 0, x, y)

    mask = (e.values(2, 3, 4) > 0).astype(np.float32)
    e.add("same shape", formula, [mask, e.values(2, 3, 4), e.values(2, 3, 4)])
    e.add("all ways", formula, [mask, e.values(2, 1, 4), Constant(e.values(1, 3, 1))])
    e.add("constant condition", formula,
          [Constant(np.array([[0, 1, np.nan]], np.float32)), e.values(2, 3), e.values(2, 1)])
    return e


PAIRS = [
    ("add", np.add), ("mul", np.multiply), ("sub", np.subtract), ("div", np.divide),
    ("maximum", np.maximum), ("minimum", np.minimum), ("pow", np.power),
    ("prelu", lambda x, y: np.where(x < 0, x * y, x)),
    ("equal", lambda x, y: (x == y).astype(np.float64)),
    ("less", lambda x, y: (x < y).astype(np.float64)),
    ("less_equal", lambda x, y: (x <= y).astype(np.float64)),
]


def broadcast_examples():
    result = [select_examples()]
    for name, formula in PAIRS:
        e = Examples(name)
        e.add("same shape", formula, [e.values(2, 3, 2, 4), e.values(2, 3, 2, 4)])
        e.add("per channel of each image", formula, [e.values(2, 3, 2, 4), e.values(2, 1, 1, 4)])
        e.add("both ways", formula, [e.values(1, 3, 1), e.values(1, 1, 4)])
        e.add("constant per channel", formula, [e.values(2, 3, 4), Constant(e.values(1, 1, 4))])
        e.add("constant first", formula, [Constant(e.values(1, 5)), e.values(3, 5)])
        e.add("one number", formula, [e.values(2, 5), Constant(e.values(1, 1))])
        if name not in ("add", "mul"):
            some = np.array([[np.nan, 1, 2, 0, -1, np.inf, -np.inf, 3]], np.float32)
            e.add("odd and equal values", formula, [some, some[:, ::-1].copy()])
            e.add("whole numbers", formula, [np.round(e.values(2, 9)), np.round(e.values(2, 9))])
        result.append(e)
    return result


def rearranging_examples():
    concat, flatten, reshape = Examples("concat", 0), Examples("flatten", 0), Examples("reshape", 0)
    join = lambda axis: lambda *x: np.concatenate(x, axis)
    concat.add("channels", join(3), [concat.values(2, 2, 2, c) for c in (3, 1, 2)], [3])
    concat.add("rows", join(1), [concat.values(1, 2, 3), concat.values(1, 4, 3)], [1])
    concat.add("a constant first", lambda c, x: join(1)(np.repeat(c, 2, 0), x),
               [Constant(concat.values(1, 1, 3)), concat.values(2, 2, 3)], [1])
    concat.add("one input", join(1), [concat.values(2, 3)], [1])
    flatten.add("an image", lambda x: x.reshape(2, -1), [flatten.values(2, 2, 3, 4)])
    reshape.add("to an image", lambda x: x.reshape(2, 2, 3, 2), [reshape.values(2, 12)], [2, 3, 2])
    reshape.add("to a row", lambda x: x.reshape(1, 6), [reshape.values(1, 2, 3)], [6])
    identity, dropout = Examples("identity", 0), Examples("dropout", 0)
    identity.add("any shape", lambda x: x, [identity.values(2, 3, 2)])
    dropout.add("changes nothing", lambda x: x, [dropout.values(2, 3, 2)], [0.25])
    return [concat, flatten, reshape, identity, dropout]


def axis_examples():
    transpose, part, pad = Examples("transpose", 0), Examples("slice", 0), Examples("pad", 0)
    gather, resample = Examples("gather", 0), Examples("resample")
    for shape, axes in [((2, 3, 4), [2, 1]), ((2, 2, 3, 4, 2), [1, 2, 4, 3]),
                        ((1, 2, 3, 4), [3, 1, 2])]:
        transpose.add(f"axes {axes}", lambda x: x.transpose([0] + axes),
                      [transpose.values(*shape)], axes)
    part.add("in the middle", lambda x: x[:, 1:3], [part.values(2, 4, 3)], [1, 1, 2, 1])
    part.add("with a step", lambda x: x[..., 1:8:3], [part.values(2, 2, 2, 9)], [3, 1, 3, 3])
    pad.add("rows", lambda x: np.pad(x, [(0, 0), (1, 2), (0, 0)], constant_values=0.5),
            [pad.values(2, 2, 3)], [1, 1, 2, 0.5])
    pad.add("at one end, by minus infinity",
            lambda x: np.pad(x, [(0, 0), (0, 0), (0, 2)], constant_values=-np.inf),
            [pad.values(1, 2, 3)], [2, 0, 2, -1e308])
    indexes = np.array([2, 0, 0, 1, 2])
    gather.add("any order", lambda x, i: x[:, indexes], [gather.values(2, 3, 2),
                                                        Constant(indexes, "i32")], [1])
    gather.add("beyond both ends", lambda x, i: x[..., [0, 3, 3, 0]],
               [gather.values(2, 2, 4), Constant(np.array([-1, 4, 2**31 - 1, -2**31]), "i32")], [2])
    table = np.array([[0, 1], [1, 2], [2, 9]])
    weights = Constant(resample.values(3, 2))

    def sums(x, i, w):
        return np.einsum("nokc,ok->noc", x[:, np.minimum(table, 2)], w)

    resample.add("pairs of rows", sums,
                 [resample.values(2, 3, 2), Constant(table, "i32"), weights], [1])
    return [transpose, part, pad, gather, resample]


def norm_examples():
    softmax, lrn = Examples("log_softmax"), Examples("lrn")
    layer, group = Examples("layer_norm", 1e-5), Examples("group_norm", 1e-5)
    for axis, shape in [(1, (2, 7)), (2, (2, 2, 5, 3))]:
        softmax.add(f"axis {axis}", lambda x: x - np.logaddexp.reduce(x, axis, keepdims=True),
                    [softmax.values(*shape)], [axis])
    softmax.add("large values", lambda x: x - np.logaddexp.reduce(x, 1, keepdims=True),
                [softmax.values(1, 6) * 1000], [1])

    def local(size, alpha, beta, bias):
        def formula(x):
            before = (size - 1) // 2
            edges = [(0, 0)] * (x.ndim - 1) + [(before, size - 1 - before)]
            view = np.lib.stride_tricks.sliding_window_view(np.pad(x * x, edges), size, axis=-1)
            return x / (bias + alpha / size * view.sum(-1)) ** beta
        return formula

    for size, shape in [(5, (1, 2, 2, 9)), (2, (2, 3)), (3, (1, 1, 2, 2))]:
        a = [size, 0.5, 0.75, 1.25]
        lrn.add(f"size {size}", local(*a), [lrn.values(*shape)], a)

    def normal(x, axes, epsilon):
        mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
        return (x - mean) / np.sqrt(variance + epsilon)

    for epsilon, shape in [(1e-3, (2, 2, 3, 5)), (0.0, (1, 9))]:
        parameters = [Constant(layer.values(shape[-1])) for _ in range(2)]
        layer.add(f"epsilon {epsilon}", lambda x, g, b: normal(x, -1, epsilon) * g + b,
                  [layer.values(*shape), *parameters], [epsilon])
    for groups, shape in [(2, (2, 2, 3, 6)), (4, (2, 5, 4)), (1, (1, 2, 2, 3))]:
        split = (*shape[:-1], groups, shape[-1] // groups)
        axes = (*range(1, len(shape) - 1), len(shape))
        parameters = [Constant(group.values(shape[-1])) for _ in range(2)]
        group.add(f"{groups} groups",
                  lambda x, g, b: normal(x.reshape(split), axes, 1e-5).reshape(shape) * g + b,
                  [group.values(*shape), *parameters], [1e-5, groups])
    return [softmax, lrn, layer, group]


def line_examples():
    result = []
    for name, formula in [("sum", np.sum), ("mean", np.mean), ("max", np.max), ("min", np.min),
                          ("prod", np.prod)]:
        e = Examples(f"reduce_{name}")
        for first, last in [(1, 2), (3, 3), (1, 3)]:
            axes = tuple(range(first, last + 1))
            e.add(f"axes {first} to {last}", lambda x: formula(x, axes, keepdims=True),
                  [e.values(2, 2, 3, 4)], [first, last])
        result.append(e)
    arg, top, places = Examples("arg_max", 0), Examples("top_k", 0), Examples("top_k_indices", 0)
    ties = np.array([[1, 3, 2, 3], [0, 0, 0, 0]], np.float32)
    arg.add("first of several", lambda x: x.argmax(1, keepdims=True), [ties], [1, 0])
    arg.add("last of several", lambda x: 3 - x[:, ::-1].argmax(1, keepdims=True), [ties], [1, 1])
    arg.add("an axis in the middle", lambda x: x.argmax(2, keepdims=True),
            [arg.values(2, 2, 5, 3)], [2, 0])
    for largest in (1, 0):
        for x, axis, k in [(ties, 1, 2), (top.values(2, 5, 3), 1, 3)]:
            order = np.argsort(-x if largest else x, axis, kind="stable")
            order = order.take(range(k), axis)
            about = f"{k} largest" if largest else f"{k} smallest"
            top.add(about, lambda x: np.take_along_axis(x, order, axis), [x], [axis, k, largest])
            places.add(about, lambda x: order, [x], [axis, k, largest])
    return [*result, arg, top, places]


def matmul_examples():
    e = Examples("matmul", 1e-5)
    e.add("two values", np.matmul, [e.values(2, 3, 5), e.values(2, 5, 4)], [0])
    e.add("broadcast", np.matmul, [e.values(2, 3, 1, 2, 4), e.values(2, 1, 2, 4, 3)], [0])
    e.add("second transposed", lambda a, b: a @ b.swapaxes(-1, -2),
          [e.values(2, 2, 3, 7), e.values(2, 2, 5, 7)], [1])
    e.add("constant first", np.matmul, [Constant(e.values(1, 3, 5)), e.values(2, 5, 2)], [0])
    e.add("constant second", lambda a, b: a @ b.swapaxes(-1, -2),
          [e.values(2, 2, 3, 5), Constant(e.values(1, 1, 2, 5))], [1])
    return [e]


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    examples = [conv_examples(), conv_transpose_examples(), dense_examples(),
                dense_by_input_examples()]
    for chapter in [channelwise_examples, pool_examples, global_examples, activation_examples,
                    curve_examples, broadcast_examples, rearranging_examples, axis_examples,
                    norm_examples, line_examples, matmul_examples]:
        examples += chapter()
    for e in examples:
        e.write(FOLDER)


if __name__ == "__main__":
    main()
