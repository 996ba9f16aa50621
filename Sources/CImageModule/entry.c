#include "CImageModule.h"

int32_t mtl_image_decode(const void *, size_t, const mtlrt_image_options *, mtlrt_pixels *,
                         mtlrt_error *);
int32_t mtl_image_encode_png(const mtlrt_pixels *, void **, size_t *, mtlrt_error *);

#define TEXT(word) #word
#define TEXT_OF(macro) TEXT(macro)

const mtlrt_image_module mtlrt_image_module_v1 = {
    .magic = MTLRT_IMAGE_MODULE_MAGIC,
    .size = sizeof(mtlrt_image_module),
    .abi = MTLRT_IMAGE_MODULE_ABI,
    .name = "image",
    .build = "1.0.0, clang " TEXT_OF(__clang_major__),
    .decode = mtl_image_decode,
    .encode_png = mtl_image_encode_png,
};
