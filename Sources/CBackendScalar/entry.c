#define MTL_BACKEND scalar
#include "CBackendScalar.h"

#include "mtl_kernels.h"

const mtlrt_module mtlrt_module_v1_scalar = {
    MTL_MODULE_FIELDS,
    .rank = 0,
    .flags = MTLRT_MODULE_BATCH_INVARIANT,
    .name = "scalar",
};
