/* libpng's errors to a mtl_codec_fault, which is its error pointer. */
#ifndef MTL_PNG_FAULTS_H
#define MTL_PNG_FAULTS_H

#include <png.h>

PNG_NORETURN void mtl_png_on_error(png_structp png, png_const_charp text);
void mtl_png_on_warning(png_structp png, png_const_charp text);

#endif
