#define MTL_BACKEND simd
#include "CBackendSIMD.h"

#include "mtl_kernels.h"

const mtlrt_module mtlrt_module_v1_simd_avx2 = {
    MTL_MODULE_FIELDS,
    .rank = 200,
    .cpu_need = {MTLRT_X86_AVX2 | MTLRT_X86_FMA | MTLRT_X86_F16C | MTLRT_X86_BMI2, 0},
    .name = "simd-avx2",
};
