/* libjpeg, libpng and libwebp behind plain functions: their longjmp and macros end here.
 *
 * Each function returns MTL_CODEC_OK or fills `fault`. Sizes are not limited here: ask for the
 * size first, decide, allocate, then decode. */
#ifndef MTL_IMAGE_CODECS_H
#define MTL_IMAGE_CODECS_H

#include <stddef.h>
#include <stdint.h>

enum {
  MTL_CODEC_OK = 0,
  MTL_CODEC_DAMAGED = 1,   /* the bytes break the format; `text` says how */
  MTL_CODEC_CUT_SHORT = 2, /* the bytes end before the picture does */
  MTL_CODEC_MEMORY = 3,    /* not enough memory */
};

typedef struct mtl_codec_fault {
  int32_t code;
  char text[200]; /* the library's words; ends with a zero */
} mtl_codec_fault;

/* Fills in a fault and returns `code`. */
int32_t mtl_codec_fail(mtl_codec_fault *fault, int32_t code, const char *text);
static inline const char *mtl_codec_text(const mtl_codec_fault *fault) { return fault->text; }

/* Gets `count` dense RGB rows from row `first` on, in order. */
typedef void (*mtl_jpeg_rows)(void *context, const uint8_t *rgb, uint32_t first, uint32_t count);

/* `stride` is the distance of rows in bytes. JPEG makes RGB, the others RGBA, not premultiplied.
 * A JPEG is handed over in bands of rows, so that nobody needs two copies of a large one. */
int32_t mtl_jpeg_size(const void *bytes, size_t count, uint32_t *width, uint32_t *height,
                      mtl_codec_fault *fault);
int32_t mtl_jpeg_decode(const void *bytes, size_t count, mtl_jpeg_rows use_rows, void *context,
                        mtl_codec_fault *fault);
int32_t mtl_png_decode(const void *bytes, size_t count, uint8_t *rgba, size_t stride,
                       mtl_codec_fault *fault);
int32_t mtl_webp_size(const void *bytes, size_t count, uint32_t *width, uint32_t *height,
                      int32_t *is_animated, mtl_codec_fault *fault);
/* A still picture or, without the container, the content of one frame. */
int32_t mtl_webp_decode(const void *bytes, size_t count, uint8_t *rgba, size_t stride,
                        uint32_t width, uint32_t height, mtl_codec_fault *fault);

/* RGB rows to a PNG in memory of malloc. */
int32_t mtl_png_encode(const uint8_t *rgb, size_t stride, uint32_t width, uint32_t height,
                       void **bytes, size_t *count, mtl_codec_fault *fault);

#endif
