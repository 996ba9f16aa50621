/* Attributes have names: each index is the place of the attribute in its operator's row. */
#include <mtlrt_module.h>
#include <stdio.h>
#include <string.h>

typedef struct row {
  const char *operator_name, *name;
  int index, count;
} row;

/* Each attribute beside the constants, put together here from the names in small letters. */
#define ATTRIBUTE(OP, NAME, name, type, least, most) {OP##_TEXT, #name, OP##_##NAME, OP##_COUNT},

#define MTLRT_CONV_TEXT "conv"
#define MTLRT_CONV_COUNT MTLRT_CONV_ATTRIBUTES
#define MTLRT_TOP_K_TEXT "top_k"
#define MTLRT_TOP_K_COUNT MTLRT_TOP_K_ATTRIBUTES
#define MTLRT_RESHAPE_TEXT "reshape"
#define MTLRT_RESHAPE_COUNT MTLRT_RESHAPE_ATTRIBUTES

static const row rows[] = {
    MTL_ATTRIBUTES_CONV(ATTRIBUTE, MTLRT_CONV) MTL_ATTRIBUTES_TOP(ATTRIBUTE, MTLRT_TOP_K)
        MTL_ATTRIBUTES_DIMS(ATTRIBUTE, MTLRT_RESHAPE)};

/* As operators.md has them. */
_Static_assert(MTLRT_CONV_STRIDE_H == 0 && MTLRT_CONV_STRIDE_W == 1, "");
_Static_assert(MTLRT_CONV_PAD_TOP == 2 && MTLRT_CONV_PAD_RIGHT == 5, "");
_Static_assert(MTLRT_CONV_DILATION_H == 6 && MTLRT_CONV_GROUPS == 8, "");
_Static_assert(MTLRT_CONV_TRANSPOSE_EXTRA_RIGHT == 10, "");
_Static_assert(MTLRT_AVG_POOL_COUNT_INCLUDE_PAD == 8, "");
_Static_assert(MTLRT_CLIP_LEAST == 0 && MTLRT_CLIP_MOST == 1, "");
_Static_assert(MTLRT_LRN_ALPHA == 1 && MTLRT_LRN_BIAS == 3, "");
_Static_assert(MTLRT_RELU_ATTRIBUTES == 0 && MTLRT_RESHAPE_ATTRIBUTES == 1, "");

int main(void) {
  int next = 0;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const row *const r = &rows[i];
    if (i > 0 && strcmp(r->operator_name, rows[i - 1].operator_name) != 0) next = 0;
    printf("%s %s %d\n", r->operator_name, r->name, r->index);
    if (r->index != next++ || r->index >= r->count) return 1;
  }
  return 0;
}
