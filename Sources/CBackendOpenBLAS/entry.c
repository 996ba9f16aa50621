#define MTL_BACKEND openblas
#include "CBackendOpenBLAS.h"

#include "mtl_kernels.h"

/* OpenBLAS picks its own kernels for the CPU. */
const mtlrt_module mtlrt_module_v1_openblas = {
    MTL_MODULE_FIELDS,
    .rank = 100,
    .name = "openblas",
};
