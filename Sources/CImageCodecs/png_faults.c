#include "png_faults.h"

#include <string.h>

#include "CImageCodecs.h"

/* A code that was set before stays: whoever set it knew more than libpng. */
void mtl_png_on_error(png_structp png, png_const_charp text) {
  mtl_codec_fault *fault = png_get_error_ptr(png);
  int32_t code = fault->code;
  if (code == MTL_CODEC_OK)
    code = strstr(text, "emory") ? MTL_CODEC_MEMORY : MTL_CODEC_DAMAGED;
  mtl_codec_fail(fault, code, text);
  png_longjmp(png, 1);
}

void mtl_png_on_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}
