/* The table of operators: the one place where an operator is declared.
 *
 * Everything else is derived from it: the enumerations below, the reader's checks of arity and
 * attributes, the kernel tables of every backend, the names that tools print.
 * `operators.md`, installed as share/doc/mtlrt/operators.md, gives the formula, shapes and edge
 * cases of each row. For other languages than C: the rows are text, one operator a line, one
 * attribute a line; bindgen and its like find codes and indexes as constants of enumerations.
 *
 * A row: code, NAME, name, fewest and most inputs, attribute list, shape rule, result, numbers. The
 * name is a bare word, so that it can be pasted into the names of symbols.
 * Codes are wire values: they are never reused. Every operator has exactly one output.
 * The shape rule is one of the closed set MTL_SHAPE_* in mtl_operators.h.
 * The result is NEW, or a VIEW: the elements of the first input in the same order. The host
 * gives a view its input's memory, and no backend is ever asked to run one.
 * The numbers say how exact a backend is: EXACT, each result is a choice or one operation, rounded
 * once; SUM, sums of products; QUOTIENT, those with a division; FUNCTION, elementary functions;
 * ACTIVATION, curves of one number; NORMALISED, what is divided by a deviation.
 * `operators.md`, section 3, has the bounds.
 *
 * An attribute: the operator that it is of, NAME, name, type, smallest and largest legal value.
 * Attributes are positional: a node stores one 64-bit slot per attribute in this order, always all
 * of them. The slot of an INT is that integer; the slot of a FLOAT has the bits of an IEEE binary64
 * number. A LIST of integers may only stand last: it takes all remaining slots, at least one.
 *
 * Each attribute has its index as a constant, MTLRT_<OPERATOR>_<ATTRIBUTE>, and each operator the
 * number of its attributes, MTLRT_<OPERATOR>_ATTRIBUTES, where a LIST counts once:
 *
 *     int64_t stride = op->attr[MTLRT_CONV_STRIDE_H];
 *     double least;
 *     memcpy(&least, &op->attr[MTLRT_CLIP_LEAST], sizeof least);
 */
#ifndef MTLRT_OPS_H
#define MTLRT_OPS_H

#define MTL_INT_MAX 2147483647
/* The largest double. */
#define MTL_FLOAT_MAX 1.7976931348623157e308

#define MTL_ATTRIBUTES_NONE(A, OP)

#define MTL_ATTRIBUTES_WINDOW(A, OP)                 \
  A(OP, STRIDE_H, stride_h, INT, 1, MTL_INT_MAX)     \
  A(OP, STRIDE_W, stride_w, INT, 1, MTL_INT_MAX)     \
  A(OP, PAD_TOP, pad_top, INT, 0, MTL_INT_MAX)       \
  A(OP, PAD_LEFT, pad_left, INT, 0, MTL_INT_MAX)     \
  A(OP, PAD_BOTTOM, pad_bottom, INT, 0, MTL_INT_MAX) \
  A(OP, PAD_RIGHT, pad_right, INT, 0, MTL_INT_MAX)

#define MTL_ATTRIBUTES_CONV(A, OP)                   \
  MTL_ATTRIBUTES_WINDOW(A, OP)                       \
  A(OP, DILATION_H, dilation_h, INT, 1, MTL_INT_MAX) \
  A(OP, DILATION_W, dilation_w, INT, 1, MTL_INT_MAX) \
  A(OP, GROUPS, groups, INT, 1, MTL_INT_MAX)

#define MTL_ATTRIBUTES_CONV_TRANSPOSE(A, OP)             \
  MTL_ATTRIBUTES_CONV(A, OP)                             \
  A(OP, EXTRA_BOTTOM, extra_bottom, INT, 0, MTL_INT_MAX) \
  A(OP, EXTRA_RIGHT, extra_right, INT, 0, MTL_INT_MAX)

#define MTL_ATTRIBUTES_POOL(A, OP)               \
  MTL_ATTRIBUTES_WINDOW(A, OP)                   \
  A(OP, KERNEL_H, kernel_h, INT, 1, MTL_INT_MAX) \
  A(OP, KERNEL_W, kernel_w, INT, 1, MTL_INT_MAX)

#define MTL_ATTRIBUTES_AVG_POOL(A, OP)  \
  MTL_ATTRIBUTES_POOL(A, OP)            \
  A(OP, COUNT_INCLUDE_PAD, count_include_pad, INT, 0, 1)

#define MTL_ATTRIBUTES_EPSILON(A, OP) A(OP, EPSILON, epsilon, FLOAT, 0, 1)
#define MTL_ATTRIBUTES_AXIS(A, OP) A(OP, AXIS, axis, INT, 1, 7)
#define MTL_ATTRIBUTES_RATE(A, OP) A(OP, RATE, rate, FLOAT, 0, 1)
#define MTL_ATTRIBUTES_DIMS(A, OP) A(OP, DIMS, dims, LIST, 1, MTL_INT_MAX)
#define MTL_ATTRIBUTES_ALPHA(A, OP) A(OP, ALPHA, alpha, FLOAT, -MTL_FLOAT_MAX, MTL_FLOAT_MAX)
#define MTL_ATTRIBUTES_APPROXIMATE(A, OP) A(OP, APPROXIMATE, approximate, INT, 0, 1)

#define MTL_ATTRIBUTES_ALPHA_BETA(A, OP) \
  MTL_ATTRIBUTES_ALPHA(A, OP)            \
  A(OP, BETA, beta, FLOAT, -MTL_FLOAT_MAX, MTL_FLOAT_MAX)

#define MTL_ATTRIBUTES_RANGE(A, OP)                         \
  A(OP, LEAST, least, FLOAT, -MTL_FLOAT_MAX, MTL_FLOAT_MAX) \
  A(OP, MOST, most, FLOAT, -MTL_FLOAT_MAX, MTL_FLOAT_MAX)

#define MTL_ATTRIBUTES_AXES(A, OP) A(OP, AXES, axes, LIST, 1, 7)

#define MTL_ATTRIBUTES_SLICE(A, OP)        \
  MTL_ATTRIBUTES_AXIS(A, OP)               \
  A(OP, START, start, INT, 0, MTL_INT_MAX) \
  A(OP, COUNT, count, INT, 1, MTL_INT_MAX) \
  A(OP, STEP, step, INT, 1, MTL_INT_MAX)

#define MTL_ATTRIBUTES_PAD(A, OP)            \
  MTL_ATTRIBUTES_AXIS(A, OP)                 \
  A(OP, BEFORE, before, INT, 0, MTL_INT_MAX) \
  A(OP, AFTER, after, INT, 0, MTL_INT_MAX)   \
  A(OP, VALUE, value, FLOAT, -MTL_FLOAT_MAX, MTL_FLOAT_MAX)

#define MTL_ATTRIBUTES_LRN(A, OP)        \
  A(OP, SIZE, size, INT, 1, MTL_INT_MAX) \
  MTL_ATTRIBUTES_ALPHA_BETA(A, OP)       \
  A(OP, BIAS, bias, FLOAT, -MTL_FLOAT_MAX, MTL_FLOAT_MAX)

#define MTL_ATTRIBUTES_GROUP_NORM(A, OP) \
  MTL_ATTRIBUTES_EPSILON(A, OP)          \
  A(OP, GROUPS, groups, INT, 1, MTL_INT_MAX)

#define MTL_ATTRIBUTES_REDUCE(A, OP)    \
  A(OP, FIRST, first, INT, 1, 7)        \
  A(OP, LAST, last, INT, 1, 7)

#define MTL_ATTRIBUTES_ARG(A, OP)       \
  MTL_ATTRIBUTES_AXIS(A, OP)            \
  A(OP, TAKES_LAST, takes_last, INT, 0, 1)

#define MTL_ATTRIBUTES_TOP(A, OP)       \
  MTL_ATTRIBUTES_AXIS(A, OP)            \
  A(OP, K, k, INT, 1, MTL_INT_MAX)      \
  A(OP, LARGEST, largest, INT, 0, 1)

#define MTL_ATTRIBUTES_TRANSPOSE_B(A, OP) A(OP, TRANSPOSE_B, transpose_b, INT, 0, 1)

#define MTL_OPERATORS(OP)                                                              \
  /*  code NAME name    inputs attributes shape rule result numbers */                 \
  OP(1, CONV, conv, 2, 3, CONV, CONV, NEW, SUM)                                        \
  OP(2, DENSE, dense, 2, 3, NONE, DENSE, NEW, SUM)                                     \
  OP(3, BATCH_NORM, batch_norm, 5, 5, EPSILON, CHANNELWISE, NEW, QUOTIENT)             \
  OP(4, SCALE_SHIFT, scale_shift, 3, 3, NONE, CHANNELWISE, NEW, SUM)                   \
  OP(5, MAX_POOL, max_pool, 1, 1, POOL, POOL, NEW, EXACT)                              \
  OP(6, AVG_POOL, avg_pool, 1, 1, AVG_POOL, POOL, NEW, QUOTIENT)                       \
  OP(7, GLOBAL_AVG_POOL, global_avg_pool, 1, 1, NONE, GLOBAL_POOL, NEW, QUOTIENT)      \
  OP(8, GLOBAL_MAX_POOL, global_max_pool, 1, 1, NONE, GLOBAL_POOL, NEW, EXACT)         \
  OP(9, RELU, relu, 1, 1, NONE, SAME, NEW, EXACT)                                      \
  OP(10, SIGMOID, sigmoid, 1, 1, NONE, SAME, NEW, FUNCTION)                            \
  OP(11, SOFTMAX, softmax, 1, 1, AXIS, ALONG_AXIS, NEW, FUNCTION)                      \
  OP(12, ADD, add, 2, 2, NONE, BROADCAST, NEW, SUM)                                    \
  OP(13, MUL, mul, 2, 2, NONE, BROADCAST, NEW, SUM)                                    \
  OP(14, CONCAT, concat, 1, 64, AXIS, CONCAT, NEW, EXACT)                              \
  OP(15, FLATTEN, flatten, 1, 1, NONE, FLATTEN, VIEW, EXACT)                           \
  OP(16, RESHAPE, reshape, 1, 1, DIMS, RESHAPE, VIEW, EXACT)                           \
  OP(17, IDENTITY, identity, 1, 1, NONE, SAME, VIEW, EXACT)                            \
  OP(18, DROPOUT, dropout, 1, 1, RATE, SAME, VIEW, EXACT)                              \
  OP(19, CLIP, clip, 1, 1, RANGE, SAME, NEW, EXACT)                                    \
  OP(20, LEAKY_RELU, leaky_relu, 1, 1, ALPHA, SAME, NEW, EXACT)                        \
  OP(21, ELU, elu, 1, 1, ALPHA, SAME, NEW, ACTIVATION)                                 \
  OP(22, TANH, tanh, 1, 1, NONE, SAME, NEW, ACTIVATION)                                \
  OP(23, HARD_SIGMOID, hard_sigmoid, 1, 1, ALPHA_BETA, SAME, NEW, ACTIVATION)          \
  OP(24, HARD_SWISH, hard_swish, 1, 1, NONE, SAME, NEW, ACTIVATION)                    \
  OP(25, SILU, silu, 1, 1, NONE, SAME, NEW, ACTIVATION)                                \
  OP(26, GELU, gelu, 1, 1, APPROXIMATE, SAME, NEW, ACTIVATION)                         \
  OP(27, SOFTPLUS, softplus, 1, 1, NONE, SAME, NEW, FUNCTION)                          \
  OP(28, ERF, erf, 1, 1, NONE, SAME, NEW, ACTIVATION)                                  \
  OP(29, EXP, exp, 1, 1, NONE, SAME, NEW, FUNCTION)                                    \
  OP(30, LOG, log, 1, 1, NONE, SAME, NEW, FUNCTION)                                    \
  OP(31, SQRT, sqrt, 1, 1, NONE, SAME, NEW, EXACT)                                     \
  OP(32, ABS, abs, 1, 1, NONE, SAME, NEW, EXACT)                                       \
  OP(33, FLOOR, floor, 1, 1, NONE, SAME, NEW, EXACT)                                   \
  OP(34, CEIL, ceil, 1, 1, NONE, SAME, NEW, EXACT)                                     \
  OP(35, ROUND, round, 1, 1, NONE, SAME, NEW, EXACT)                                   \
  OP(36, SUB, sub, 2, 2, NONE, BROADCAST, NEW, EXACT)                                  \
  OP(37, DIV, div, 2, 2, NONE, BROADCAST, NEW, EXACT)                                  \
  OP(38, MAXIMUM, maximum, 2, 2, NONE, BROADCAST, NEW, EXACT)                          \
  OP(39, MINIMUM, minimum, 2, 2, NONE, BROADCAST, NEW, EXACT)                          \
  OP(40, POW, pow, 2, 2, NONE, BROADCAST, NEW, FUNCTION)                               \
  OP(41, PRELU, prelu, 2, 2, NONE, BROADCAST, NEW, EXACT)                              \
  OP(42, EQUAL, equal, 2, 2, NONE, BROADCAST, NEW, EXACT)                              \
  OP(43, LESS, less, 2, 2, NONE, BROADCAST, NEW, EXACT)                                \
  OP(44, LESS_EQUAL, less_equal, 2, 2, NONE, BROADCAST, NEW, EXACT)                    \
  OP(45, SELECT, select, 3, 3, NONE, BROADCAST, NEW, EXACT)                            \
  OP(46, LOG_SOFTMAX, log_softmax, 1, 1, AXIS, ALONG_AXIS, NEW, ACTIVATION)            \
  OP(47, LRN, lrn, 1, 1, LRN, CHANNELWISE, NEW, NORMALISED)                            \
  OP(48, LAYER_NORM, layer_norm, 3, 3, EPSILON, CHANNELWISE, NEW, NORMALISED)          \
  OP(49, GROUP_NORM, group_norm, 3, 3, GROUP_NORM, GROUPED, NEW, NORMALISED)           \
  OP(50, TRANSPOSE, transpose, 1, 1, AXES, TRANSPOSE, NEW, EXACT)                      \
  OP(51, SLICE, slice, 1, 1, SLICE, SLICE, NEW, EXACT)                                 \
  OP(52, PAD, pad, 1, 1, PAD, PAD, NEW, EXACT)                                         \
  OP(53, GATHER, gather, 2, 2, AXIS, GATHER, NEW, EXACT)                               \
  OP(54, RESAMPLE, resample, 3, 3, AXIS, RESAMPLE, NEW, SUM)                           \
  OP(55, REDUCE_SUM, reduce_sum, 1, 1, REDUCE, REDUCE, NEW, SUM)                       \
  OP(56, REDUCE_MEAN, reduce_mean, 1, 1, REDUCE, REDUCE, NEW, QUOTIENT)                \
  OP(57, REDUCE_MAX, reduce_max, 1, 1, REDUCE, REDUCE, NEW, EXACT)                     \
  OP(58, REDUCE_MIN, reduce_min, 1, 1, REDUCE, REDUCE, NEW, EXACT)                     \
  OP(59, REDUCE_PROD, reduce_prod, 1, 1, REDUCE, REDUCE, NEW, FUNCTION)                \
  OP(60, ARG_MAX, arg_max, 1, 1, ARG, ARG, NEW, EXACT)                                 \
  OP(61, TOP_K, top_k, 1, 1, TOP, TOP, NEW, EXACT)                                     \
  OP(62, TOP_K_INDICES, top_k_indices, 1, 1, TOP, TOP, NEW, EXACT)                     \
  OP(63, MATMUL, matmul, 2, 2, TRANSPOSE_B, MATMUL, NEW, SUM)                          \
  OP(64, SIN, sin, 1, 1, NONE, SAME, NEW, FUNCTION)                                    \
  OP(65, COS, cos, 1, 1, NONE, SAME, NEW, FUNCTION)                                    \
  OP(66, TAN, tan, 1, 1, NONE, SAME, NEW, FUNCTION)                                    \
  OP(67, ASIN, asin, 1, 1, NONE, SAME, NEW, FUNCTION)                                  \
  OP(68, ACOS, acos, 1, 1, NONE, SAME, NEW, FUNCTION)                                  \
  OP(69, ATAN, atan, 1, 1, NONE, SAME, NEW, FUNCTION)                                  \
  OP(70, SINH, sinh, 1, 1, NONE, SAME, NEW, FUNCTION)                                  \
  OP(71, COSH, cosh, 1, 1, NONE, SAME, NEW, FUNCTION)                                  \
  OP(72, ASINH, asinh, 1, 1, NONE, SAME, NEW, FUNCTION)                                \
  OP(73, ACOSH, acosh, 1, 1, NONE, SAME, NEW, FUNCTION)                                \
  OP(74, ATANH, atanh, 1, 1, NONE, SAME, NEW, FUNCTION)                                \
  OP(75, CONV_TRANSPOSE, conv_transpose, 2, 3, CONV_TRANSPOSE, CONV_TRANSPOSE, NEW, SUM) \
  OP(76, DENSE_BY_INPUT, dense_by_input, 2, 3, NONE, DENSE_BY_INPUT, NEW, SUM)

enum {
#define MTL_OPERATOR_CODE(code, NAME, name, least, most, attributes, shape, result, numbers) \
  MTLRT_OP_##NAME = code,
  MTL_OPERATORS(MTL_OPERATOR_CODE)
#undef MTL_OPERATOR_CODE
  MTLRT_OP_LIMIT = 256 /* codes are below this */
};

/* The indexes of attributes: for CONV, MTLRT_CONV_STRIDE_H = 0, MTLRT_CONV_STRIDE_W = 1, ...,
 * MTLRT_CONV_ATTRIBUTES = 9. */
#define MTL_INDEX(OP, NAME, name, type, least, most) OP##_##NAME,
#define MTL_INDEXES(code, NAME, name, least, most, attributes, shape, result, numbers) \
  enum { MTL_ATTRIBUTES_##attributes(MTL_INDEX, MTLRT_##NAME) MTLRT_##NAME##_ATTRIBUTES };
MTL_OPERATORS(MTL_INDEXES)
#undef MTL_INDEXES
#undef MTL_INDEX

#endif
