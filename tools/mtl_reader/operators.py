"""What each operator demands of a node: spec/operators.md."""

import math
import struct
import sys
from dataclasses import dataclass

from .model import ELEMENT_TYPES, product
from .rules import Broken, demand

INT_MAX = 2**31 - 1
FLOAT_MAX = sys.float_info.max
RANK_MAX = 8


@dataclass
class Input:
    kind: str  # "value", "constant" or "either"
    types: tuple = ("f32",)
    ranks: tuple = (1, RANK_MAX)


@dataclass
class Attribute:
    name: str
    least: float
    most: float
    is_float: bool = False


@dataclass
class Operator:
    name: str
    inputs: list  # the last one repeats where `most_inputs` is above their number
    rule: object
    attributes: list = ()
    optional: tuple = ()
    most_inputs: int = 0
    is_list: bool = False  # the one attribute takes 1 to 7 slots

    @property
    def input_counts(self):
        most = self.most_inputs or len(self.inputs)
        return range(1 if self.most_inputs else most - len(self.optional), most + 1)

    @property
    def attribute_counts(self):
        count = len(self.attributes)
        return range(1, 8) if self.is_list else range(count, count + 1)


class Refused(Exception):
    """A shape rule says that the shapes do not fit."""


class WrongRank(Exception):
    """The ranks of the inputs differ."""


class TooLarge(Exception):
    """A result is beyond the limits."""


def refuse_unless(condition):
    if not condition:
        raise Refused


def check_equal_ranks(inputs):
    if len({len(tensor.shape) for tensor in inputs}) > 1:
        raise WrongRank


def check_batch(inputs):
    """Values agree in dimension 0, and constants have 1 there."""
    refuse_unless(all(tensor.shape[0] == 1 for tensor in inputs if tensor.is_constant))
    refuse_unless(len({tensor.shape[0] for tensor in inputs if not tensor.is_constant}) == 1)


# Shape rules, section 2: inputs as tensors (None if absent) and attributes to the result's shape.


def same(inputs, attributes):
    return inputs[0].shape


def along_axis(inputs, attributes):
    refuse_unless(1 <= attributes[0] < len(inputs[0].shape))
    return inputs[0].shape


def window_count(size, kernel, stride, before, after, dilation=1):
    extent = dilation * (kernel - 1) + 1
    refuse_unless(extent <= size + before + after)
    return (size + before + after - extent) // stride + 1


def check_parameters(parameters, count):
    for parameter in parameters:
        refuse_unless(parameter is None or parameter.shape == [count])


def conv(inputs, attributes):
    (stride_h, stride_w, top, left, bottom, right, dilation_h, dilation_w, groups) = attributes
    n, h, w, c = inputs[0].shape
    o, kernel_h, kernel_w, per_group = inputs[1].shape
    refuse_unless(c % groups == 0 and o % groups == 0 and per_group == c // groups)
    check_parameters(inputs[2:], o)
    return [n, window_count(h, kernel_h, stride_h, top, bottom, dilation_h),
            window_count(w, kernel_w, stride_w, left, right, dilation_w), o]


def conv_transpose(inputs, attributes):
    (stride_h, stride_w, top, left, bottom, right, dilation_h, dilation_w, groups,
     extra_bottom, extra_right) = attributes
    n, h, w, c = inputs[0].shape
    o, kernel_h, kernel_w, per_group = inputs[1].shape
    refuse_unless(c % groups == 0 and o % groups == 0 and per_group == c // groups)
    check_parameters(inputs[2:], o)
    height = (h - 1) * stride_h + dilation_h * (kernel_h - 1) + 1 + extra_bottom - top - bottom
    width = (w - 1) * stride_w + dilation_w * (kernel_w - 1) + 1 + extra_right - left - right
    refuse_unless(height >= 1 and width >= 1)
    return [n, height, width, o]


def dense(inputs, attributes):
    x, weights = inputs[0].shape, inputs[1].shape
    refuse_unless(x[-1] == weights[1])
    check_parameters(inputs[2:], weights[0])
    return x[:-1] + [weights[0]]


def dense_by_input(inputs, attributes):
    x, weights = inputs[0].shape, inputs[1].shape
    refuse_unless(x[-1] == weights[0])
    check_parameters(inputs[2:], weights[1])
    return x[:-1] + [weights[1]]


def channelwise(inputs, attributes):
    check_parameters(inputs[1:], inputs[0].shape[-1])
    return inputs[0].shape


def pool(inputs, attributes):
    (stride_h, stride_w, top, left, bottom, right, kernel_h, kernel_w) = attributes[:8]
    n, h, w, c = inputs[0].shape
    refuse_unless(max(top, bottom) < kernel_h and max(left, right) < kernel_w)
    return [n, window_count(h, kernel_h, stride_h, top, bottom),
            window_count(w, kernel_w, stride_w, left, right), c]


def global_pool(inputs, attributes):
    n, _, _, c = inputs[0].shape
    return [n, 1, 1, c]


def broadcast(inputs, attributes):
    check_equal_ranks(inputs)
    check_batch(inputs)
    sizes = list(zip(*(tensor.shape for tensor in inputs)))
    for position in sizes:
        refuse_unless(set(position) <= {1, max(position)})
    return [max(position) for position in sizes]


def concat(inputs, attributes):
    check_equal_ranks(inputs)
    check_batch(inputs)
    axis = attributes[0]
    shape = list(inputs[0].shape)
    refuse_unless(axis < len(shape))
    for tensor in inputs[1:]:
        other = tensor.shape
        refuse_unless(all(other[i] == shape[i] for i in range(len(shape)) if i != axis))
        shape[axis] += other[axis]
    return shape


def flatten(inputs, attributes):
    shape = inputs[0].shape
    return [shape[0], product(shape[1:])]


def reshape(inputs, attributes):
    shape = inputs[0].shape
    if product(attributes) > INT_MAX:
        raise TooLarge
    refuse_unless(product(attributes) == product(shape[1:]))
    return [shape[0]] + list(attributes)


def transpose(inputs, attributes):
    shape = inputs[0].shape
    refuse_unless(sorted(attributes) == list(range(1, len(shape))))
    return [shape[0]] + [shape[axis] for axis in attributes]


def replaced(shape, axis, size):
    """`shape` with another size on an axis, which must be there."""
    refuse_unless(axis < len(shape))
    return shape[:axis] + [size(shape[axis])] + shape[axis + 1:]


def slice_(inputs, attributes):
    axis, start, count, step = attributes

    def size(before):
        refuse_unless(start + (count - 1) * step < before)
        return count

    return replaced(inputs[0].shape, axis, size)


def pad(inputs, attributes):
    axis, before, after, _ = attributes
    return replaced(inputs[0].shape, axis, lambda size: before + size + after)


def gather(inputs, attributes):
    return replaced(inputs[0].shape, attributes[0], lambda _: inputs[1].shape[0])


def resample(inputs, attributes):
    refuse_unless(inputs[1].shape == inputs[2].shape)
    return gather(inputs, attributes)


def grouped(inputs, attributes):
    refuse_unless(inputs[0].shape[-1] % attributes[1] == 0)
    return channelwise(inputs, attributes)


def reduce(inputs, attributes):
    shape, (first, last) = inputs[0].shape, attributes
    refuse_unless(first <= last < len(shape))
    return shape[:first] + (last + 1 - first) * [1] + shape[last + 1:]


def arg(inputs, attributes):
    return replaced(inputs[0].shape, attributes[0], lambda _: 1)


def top(inputs, attributes):
    axis, k, _ = attributes

    def size(before):
        refuse_unless(k <= before)
        return k

    return replaced(inputs[0].shape, axis, size)


def matmul(inputs, attributes):
    check_equal_ranks(inputs)
    check_batch(inputs)
    a, b = (list(tensor.shape) for tensor in inputs)
    if attributes[0]:
        b[-2:] = b[:-3:-1]
    refuse_unless(a[-1] == b[-2])
    for x, y in zip(a[:-2], b[:-2]):
        refuse_unless(x == y or 1 in (x, y))
    return [max(x, y) for x, y in zip(a[:-2], b[:-2])] + [a[-2], b[-1]]


# The operators, section 4.

VALUE = Input("value")
RANK_2_UP = Input("value", ranks=(2, RANK_MAX))
IMAGE = Input("value", ranks=(4, 4))
PARAMETER = Input("constant", ranks=(1, 1))
MATRICES = Input("either", ranks=(3, RANK_MAX))
MATRIX = Input("constant", ranks=(2, 2))
OPERAND = Input("either", ranks=(2, RANK_MAX))


def indexes(rank):
    return Input("constant", ("i32",), (rank, rank))


def weights(rank):
    return Input("constant", ("f32", "f16", "i8", "i16"), (rank, rank))


def integers(names, least, most=INT_MAX):
    return [Attribute(name, least, most) for name in names.split()]


WINDOW = (integers("stride_h stride_w", 1)
          + integers("pad_top pad_left pad_bottom pad_right", 0))
KERNEL = integers("kernel_h kernel_w", 1)
AXIS = integers("axis", 1, 7)
SPAN = integers("first last", 1, 7)
TOP = AXIS + integers("k", 1) + integers("largest", 0, 1)
EPSILON = [Attribute("epsilon", 0, 1, is_float=True)]


def reals(names):
    return [Attribute(name, -FLOAT_MAX, FLOAT_MAX, is_float=True) for name in names.split()]


OPERATORS = {
    1: Operator("conv", [IMAGE, weights(4), PARAMETER], conv,
                WINDOW + integers("dilation_h dilation_w groups", 1), optional=(2,)),
    2: Operator("dense", [RANK_2_UP, weights(2), PARAMETER], dense, optional=(2,)),
    3: Operator("batch_norm", [RANK_2_UP] + 4 * [PARAMETER], channelwise,
                EPSILON),
    4: Operator("scale_shift", [RANK_2_UP] + 2 * [PARAMETER], channelwise),
    5: Operator("max_pool", [IMAGE], pool, WINDOW + KERNEL),
    6: Operator("avg_pool", [IMAGE], pool, WINDOW + KERNEL + integers("count_include_pad", 0, 1)),
    7: Operator("global_avg_pool", [IMAGE], global_pool),
    8: Operator("global_max_pool", [IMAGE], global_pool),
    9: Operator("relu", [VALUE], same),
    10: Operator("sigmoid", [VALUE], same),
    11: Operator("softmax", [VALUE], along_axis, AXIS),
    12: Operator("add", [OPERAND, OPERAND], broadcast),
    13: Operator("mul", [OPERAND, OPERAND], broadcast),
    14: Operator("concat", [OPERAND], concat, AXIS, most_inputs=64),
    15: Operator("flatten", [RANK_2_UP], flatten),
    16: Operator("reshape", [VALUE], reshape, integers("dims", 1), is_list=True),
    17: Operator("identity", [VALUE], same),
    18: Operator("dropout", [VALUE], same, [Attribute("rate", 0, 1, is_float=True)]),
    19: Operator("clip", [VALUE], same, reals("least most")),
    20: Operator("leaky_relu", [VALUE], same, reals("alpha")),
    21: Operator("elu", [VALUE], same, reals("alpha")),
    22: Operator("tanh", [VALUE], same),
    23: Operator("hard_sigmoid", [VALUE], same, reals("alpha beta")),
    24: Operator("hard_swish", [VALUE], same),
    25: Operator("silu", [VALUE], same),
    26: Operator("gelu", [VALUE], same, integers("approximate", 0, 1)),
    27: Operator("softplus", [VALUE], same),
    28: Operator("erf", [VALUE], same),
    29: Operator("exp", [VALUE], same),
    30: Operator("log", [VALUE], same),
    31: Operator("sqrt", [VALUE], same),
    32: Operator("abs", [VALUE], same),
    33: Operator("floor", [VALUE], same),
    34: Operator("ceil", [VALUE], same),
    35: Operator("round", [VALUE], same),
    36: Operator("sub", 2 * [OPERAND], broadcast),
    37: Operator("div", 2 * [OPERAND], broadcast),
    38: Operator("maximum", 2 * [OPERAND], broadcast),
    39: Operator("minimum", 2 * [OPERAND], broadcast),
    40: Operator("pow", 2 * [OPERAND], broadcast),
    41: Operator("prelu", 2 * [OPERAND], broadcast),
    42: Operator("equal", 2 * [OPERAND], broadcast),
    43: Operator("less", 2 * [OPERAND], broadcast),
    44: Operator("less_equal", 2 * [OPERAND], broadcast),
    45: Operator("select", 3 * [OPERAND], broadcast),
    46: Operator("log_softmax", [VALUE], along_axis, AXIS),
    47: Operator("lrn", [RANK_2_UP], channelwise, integers("size", 1) + reals("alpha beta bias")),
    48: Operator("layer_norm", [RANK_2_UP] + 2 * [PARAMETER], channelwise, EPSILON),
    49: Operator("group_norm", [RANK_2_UP] + 2 * [PARAMETER], grouped,
                 EPSILON + integers("groups", 1)),
    50: Operator("transpose", [RANK_2_UP], transpose, integers("axes", 1, 7), is_list=True),
    51: Operator("slice", [RANK_2_UP], slice_,
                 AXIS + integers("start", 0) + integers("count step", 1)),
    52: Operator("pad", [RANK_2_UP], pad, AXIS + integers("before after", 0) + reals("value")),
    53: Operator("gather", [RANK_2_UP, indexes(1)], gather, AXIS),
    54: Operator("resample", [RANK_2_UP, indexes(2), MATRIX], resample, AXIS),
    55: Operator("reduce_sum", [RANK_2_UP], reduce, SPAN),
    56: Operator("reduce_mean", [RANK_2_UP], reduce, SPAN),
    57: Operator("reduce_max", [RANK_2_UP], reduce, SPAN),
    58: Operator("reduce_min", [RANK_2_UP], reduce, SPAN),
    59: Operator("reduce_prod", [RANK_2_UP], reduce, SPAN),
    60: Operator("arg_max", [RANK_2_UP], arg, AXIS + integers("takes_last", 0, 1)),
    61: Operator("top_k", [RANK_2_UP], top, TOP),
    62: Operator("top_k_indices", [RANK_2_UP], top, TOP),
    63: Operator("matmul", 2 * [MATRICES], matmul, integers("transpose_b", 0, 1)),
    64: Operator("sin", [VALUE], same),
    65: Operator("cos", [VALUE], same),
    66: Operator("tan", [VALUE], same),
    67: Operator("asin", [VALUE], same),
    68: Operator("acos", [VALUE], same),
    69: Operator("atan", [VALUE], same),
    70: Operator("sinh", [VALUE], same),
    71: Operator("cosh", [VALUE], same),
    72: Operator("asinh", [VALUE], same),
    73: Operator("acosh", [VALUE], same),
    74: Operator("atanh", [VALUE], same),
    75: Operator("conv_transpose", [IMAGE, weights(4), PARAMETER], conv_transpose,
                 WINDOW + integers("dilation_h dilation_w groups", 1)
                 + integers("extra_bottom extra_right", 0), optional=(2,)),
    76: Operator("dense_by_input", [RANK_2_UP, weights(2), PARAMETER], dense_by_input,
                 optional=(2,)),
}


def check_operators(model):
    for node in model.nodes:
        check_node(model, node)


def check_node(model, node):
    """The checks of section 1, in its order. All are reported at the node."""
    operator = OPERATORS.get(node.op)
    demand(operator, 401, node.place, f"operator {node.op} is not known")
    inputs = [None if i is None else model.tensors[i] for i in node.inputs]
    demand(len(inputs) in operator.input_counts, 402, node.place)
    for index, tensor in enumerate(inputs):
        demand(tensor or index in operator.optional, 403, node.place)
    attributes = _check_attributes(operator, node)
    _check_inputs(operator, inputs, node.place)
    try:
        shape = operator.rule(inputs, attributes)
        if len(shape) > RANK_MAX or max(shape) > INT_MAX or product(shape) > INT_MAX:
            raise TooLarge
    except WrongRank:
        raise Broken(409, node.place) from None
    except Refused:
        raise Broken(410, node.place) from None
    except TooLarge:
        raise Broken(411, node.place) from None
    demand(shape == model.tensors[node.output].shape, 412, node.place)


def _check_attributes(operator, node):
    demand(len(node.attributes) in operator.attribute_counts, 404, node.place)
    values = []
    for index, slot in enumerate(node.attributes):
        attribute = operator.attributes[min(index, len(operator.attributes) - 1)]
        value, = struct.unpack("<d" if attribute.is_float else "<q", slot)
        demand(math.isfinite(value) and attribute.least <= value <= attribute.most, 405,
               node.place, f"{attribute.name} is {value}")
        values.append(value)
    return values


def _check_inputs(operator, inputs, place):
    present = [(operator.inputs[min(index, len(operator.inputs) - 1)], tensor)
               for index, tensor in enumerate(inputs) if tensor]
    for rule, tensor in present:
        demand(rule.kind != "constant" or tensor.is_constant, 406, place)
        demand(rule.kind != "value" or not tensor.is_constant, 407, place)
    if all(rule.kind == "either" and tensor.is_constant for rule, tensor in present):
        raise Broken(407, place)
    for rule, tensor in present:
        demand(ELEMENT_TYPES[tensor.type][0] in rule.types, 408, place)
    for rule, tensor in present:
        demand(rule.ranks[0] <= len(tensor.shape) <= rule.ranks[1], 409, place)
