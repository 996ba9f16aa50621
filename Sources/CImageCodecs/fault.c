#include <stdio.h>

#include "CImageCodecs.h"

int32_t mtl_codec_fail(mtl_codec_fault *fault, int32_t code, const char *text) {
  fault->code = code;
  snprintf(fault->text, sizeof fault->text, "%s", text);
  return code;
}
