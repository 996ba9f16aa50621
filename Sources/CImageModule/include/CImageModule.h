#ifndef MTL_IMAGE_MODULE_H
#define MTL_IMAGE_MODULE_H

#include "mtlrt_image_module.h"

/* The one export of mtlrt-image.so; its functions are in Sources/MTLImage. */
extern const mtlrt_image_module mtlrt_image_module_v1;

#endif
