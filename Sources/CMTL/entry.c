#include "include/mtl_entry.h"

#include <stdio.h>

int32_t mtl_refuse_argument(mtlrt_error *error, const char *format, int64_t a, int64_t b,
                            int64_t c) {
  if (error) {
    error->code = MTLRT_E_ARGUMENT;
    snprintf(error->text, sizeof error->text, format, (long long)a, (long long)b, (long long)c);
  }
  return MTLRT_E_ARGUMENT;
}
