#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "CImageCodecs.h"
#include "png_faults.h"

typedef struct sink {
  mtl_codec_fault *fault;
  uint8_t *bytes;
  size_t count, capacity;
} sink;

static void write_bytes(png_structp png, png_bytep bytes, size_t count) {
  sink *s = png_get_io_ptr(png);
  if (count > s->capacity - s->count) {
    size_t capacity = (s->count + count) * 2;
    uint8_t *grown = realloc(s->bytes, capacity);
    if (!grown) {
      s->fault->code = MTL_CODEC_MEMORY;
      png_error(png, "not enough memory for the PNG");
    }
    s->bytes = grown;
    s->capacity = capacity;
  }
  memcpy(s->bytes + s->count, bytes, count);
  s->count += count;
}

static void flush_nothing(png_structp png) { (void)png; }

static void write_picture(png_structp png, png_infop info, const uint8_t *rgb, size_t stride,
                          uint32_t width, uint32_t height) {
  png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (uint32_t y = 0; y < height; y++) png_write_row(png, rgb + y * stride);
  png_write_end(png, info);
}

static int32_t encode(sink *s, const uint8_t *rgb, size_t stride, uint32_t width,
                      uint32_t height) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, s->fault, mtl_png_on_error,
                                            mtl_png_on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info) {
    png_destroy_write_struct(&png, NULL);
    return mtl_codec_fail(s->fault, MTL_CODEC_MEMORY, "libpng cannot start");
  }
  if (setjmp(png_jmpbuf(png)) == 0) {
    png_set_write_fn(png, s, write_bytes, flush_nothing);
    write_picture(png, info, rgb, stride, width, height);
  }
  png_destroy_write_struct(&png, &info);
  return s->fault->code;
}

int32_t mtl_png_encode(const uint8_t *rgb, size_t stride, uint32_t width, uint32_t height,
                       void **bytes, size_t *count, mtl_codec_fault *fault) {
  sink s = {fault, NULL, 0, 0};
  fault->code = MTL_CODEC_OK;
  int32_t code = encode(&s, rgb, stride, width, height);
  if (code != MTL_CODEC_OK) {
    free(s.bytes);
    return code;
  }
  *bytes = s.bytes;
  *count = s.count;
  return MTL_CODEC_OK;
}
