#include "include/mtl_backend.h"

long mtl_tensor_count(const mtlrt_tensor *tensor, long first, long end) {
  long product = 1;
#pragma clang loop vectorize(disable) unroll(disable)
  for (long axis = first; axis < end; axis++) product *= (long)tensor->dim[axis];
  return product;
}
