/* mtlrt_image_module.h: the contract between MTL's runtime (the host) and the image module.
 *
 * The module is the shared object `mtlrt-image.so`; it exports one constant,
 * `mtlrt_image_module_v1`, and nothing else. As in mtlrt_module.h: it is pure functions, starts no
 * thread, opens no file, keeps no state, prints nothing and never aborts. Any number of threads
 * may call it at once.
 *
 * Structures grow at their end only. `size` is what the writer of the structure compiled; a reader
 * looks at no field beyond it. A breaking change gets a new symbol, `mtlrt_image_module_v2`.
 */
#ifndef MTLRT_IMAGE_MODULE_H
#define MTLRT_IMAGE_MODULE_H

#include <stddef.h>
#include <stdint.h>

#include "mtlrt.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MTLRT_IMAGE_MODULE_MAGIC 0x494C544Du /* "MTLI" read as little-endian */
#define MTLRT_IMAGE_MODULE_ABI 1u

/* What a decoder may spend, checked before it allocates. 0 in a limit: the default. */
typedef struct mtlrt_image_options {
  uint32_t size;
  uint32_t flags;      /* MTLRT_IMAGE_AS_STORED */
  uint64_t max_pixels; /* width * height; by default 256 million */
  uint32_t max_side;   /* width and height; by default 65 535 */
  uint32_t reserved;   /* 0 */
} mtlrt_image_options;

#define MTLRT_IMAGE_AS_STORED 1u /* leave the EXIF orientation alone */

/* Functions return 0 or a code of mtlrt.h, and then fill `error`, which may be NULL. */
typedef struct mtlrt_image_module {
  uint32_t magic; /* MTLRT_IMAGE_MODULE_MAGIC */
  uint32_t size;  /* sizeof(mtlrt_image_module) */
  uint32_t abi;   /* MTLRT_IMAGE_MODULE_ABI */
  uint32_t reserved;
  uint64_t cpu_need[2]; /* as in mtlrt_module */
  char name[16];        /* "image" */
  char build[48];       /* version of module and compiler, for the report */
  /* JPEG, PNG or WebP, told apart by content, to upright RGB8; alpha is laid on white. `options`
   * may be NULL. `pixels->data` comes from malloc; the host frees it. */
  int32_t (*decode)(const void *bytes, size_t count, const mtlrt_image_options *options,
                    mtlrt_pixels *pixels, mtlrt_error *error);
  /* RGB8 to PNG. `*bytes` comes from malloc; the host frees it. */
  int32_t (*encode_png)(const mtlrt_pixels *pixels, void **bytes, size_t *count,
                        mtlrt_error *error);
} mtlrt_image_module;

#ifdef __cplusplus
}
#endif
#endif
