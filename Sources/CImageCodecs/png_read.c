#include <png.h>
#include <string.h>

#include "CImageCodecs.h"
#include "png_faults.h"

typedef struct source {
  mtl_codec_fault *fault;
  const uint8_t *bytes;
  size_t count, position;
} source;

static void read_bytes(png_structp png, png_bytep target, size_t count) {
  source *s = png_get_io_ptr(png);
  if (count > s->count - s->position) {
    s->fault->code = MTL_CODEC_CUT_SHORT;
    png_error(png, "the bytes end");
  }
  memcpy(target, s->bytes + s->position, count);
  s->position += count;
}

/* Everything to 8 bits of red, green, blue and alpha; of 16 bits the upper 8. */
static void ask_for_rgba(png_structp png) {
  png_set_strip_16(png);
  png_set_expand(png);
  png_set_gray_to_rgb(png);
  png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
}

static void read_picture(png_structp png, png_infop info, uint8_t *rgba, size_t stride) {
  /* Every chunk but IHDR, PLTE, tRNS, IDAT and IEND is skipped: none is of use here, and libpng
   * asks for as much memory as a chunk claims to be long. */
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info(png, info);
  ask_for_rgba(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  uint32_t height = png_get_image_height(png, info);
  for (int pass = 0; pass < passes; pass++)
    for (uint32_t y = 0; y < height; y++) png_read_row(png, rgba + y * stride, NULL);
}

static int32_t decode(source *s, uint8_t *rgba, size_t stride) {
  png_structp png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, s->fault, mtl_png_on_error, mtl_png_on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    return mtl_codec_fail(s->fault, MTL_CODEC_MEMORY, "libpng cannot start");
  }
  if (setjmp(png_jmpbuf(png)) == 0) {
    png_set_read_fn(png, s, read_bytes);
    read_picture(png, info, rgba, stride);
  }
  png_destroy_read_struct(&png, &info, NULL);
  return s->fault->code;
}

int32_t mtl_png_decode(const void *bytes, size_t count, uint8_t *rgba, size_t stride,
                       mtl_codec_fault *fault) {
  source s = {fault, bytes, count, 0};
  fault->code = MTL_CODEC_OK;
  return decode(&s, rgba, stride);
}
