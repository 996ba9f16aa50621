/* The scalar backend as a module that is linked in: the executable specification. */
#ifndef MTL_BACKEND_SCALAR_H
#define MTL_BACKEND_SCALAR_H

#include "mtlrt_module.h"

extern const mtlrt_module mtlrt_module_v1_scalar __attribute__((visibility("hidden")));

static inline const mtlrt_module *mtl_scalar_module(void) { return &mtlrt_module_v1_scalar; }

#endif
