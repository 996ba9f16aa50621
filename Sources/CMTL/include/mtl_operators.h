/* The rows of mtlrt_ops.h as data, for the graph layer and the tools. Not installed. */
#ifndef MTL_OPERATORS_H
#define MTL_OPERATORS_H

#include <stdint.h>

#include "mtlrt_ops.h"

/* The closed set of shape rules; `spec/operators.md` defines each. */
enum {
  MTL_SHAPE_SAME,
  MTL_SHAPE_ALONG_AXIS, /* as SAME, and the attribute `axis` is below the rank */
  MTL_SHAPE_CONV,
  MTL_SHAPE_DENSE,
  MTL_SHAPE_CHANNELWISE,
  MTL_SHAPE_POOL,
  MTL_SHAPE_GLOBAL_POOL,
  MTL_SHAPE_BROADCAST,
  MTL_SHAPE_CONCAT,
  MTL_SHAPE_FLATTEN,
  MTL_SHAPE_RESHAPE,
  MTL_SHAPE_TRANSPOSE,
  MTL_SHAPE_SLICE,
  MTL_SHAPE_PAD,
  MTL_SHAPE_GATHER,
  MTL_SHAPE_RESAMPLE,
  MTL_SHAPE_GROUPED,
  MTL_SHAPE_REDUCE,
  MTL_SHAPE_ARG,
  MTL_SHAPE_TOP,
  MTL_SHAPE_MATMUL,
  MTL_SHAPE_CONV_TRANSPOSE,
  MTL_SHAPE_DENSE_BY_INPUT,
  MTL_SHAPE_COUNT
};

enum { MTL_ATTRIBUTE_INT, MTL_ATTRIBUTE_FLOAT, MTL_ATTRIBUTE_LIST };

/* Whether an operator computes new elements or shows its first input's. */
enum { MTL_RESULT_NEW, MTL_RESULT_VIEW };

/* How exact the results are. */
enum {
  MTL_NUMBERS_EXACT,
  MTL_NUMBERS_SUM,
  MTL_NUMBERS_QUOTIENT,
  MTL_NUMBERS_FUNCTION,
  MTL_NUMBERS_ACTIVATION,
  MTL_NUMBERS_NORMALISED
};

typedef struct mtl_attribute_row {
  const char *name;
  uint32_t type;
  double least, most; /* the legal range, both ends included */
} mtl_attribute_row;

typedef struct mtl_operator_row {
  uint32_t code;
  const char *name;
  uint32_t inputs_least, inputs_most;
  uint32_t attribute_count;
  const mtl_attribute_row *attributes;
  uint32_t shape, result, numbers;
} mtl_operator_row;

/* Number of rows. */
uint32_t mtl_operator_count(void);
/* Row `index`, in order of code; NULL from mtl_operator_count() on. */
const mtl_operator_row *mtl_operator_at(uint32_t index);
/* The row with this wire code, or NULL. */
const mtl_operator_row *mtl_operator_find(uint32_t code);

#endif
