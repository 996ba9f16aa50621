#define MTL_BACKEND simd
#include "CBackendSIMD.h"

#include "mtl_kernels.h"

/* No CPU has these without the rest of x86-64-v3 or -v4, for which the modules are compiled. */
#define MTL_NEEDS_V3 (MTLRT_X86_AVX2 | MTLRT_X86_FMA | MTLRT_X86_F16C | MTLRT_X86_BMI2)
#define MTL_NEEDS_V4                                                                         \
  (MTL_NEEDS_V3 | MTLRT_X86_AVX512F | MTLRT_X86_AVX512BW | MTLRT_X86_AVX512DQ | MTLRT_X86_AVX512VL)

#define MTL_FIELDS MTL_MODULE_FIELDS, .flags = MTLRT_MODULE_BATCH_INVARIANT

const mtlrt_module mtlrt_module_v1_simd_avx512 = {
    MTL_FIELDS, .rank = 300, .cpu_need = {MTL_NEEDS_V4, 0}, .name = "simd-avx512"};

const mtlrt_module mtlrt_module_v1_simd_avx2 = {
    MTL_FIELDS, .rank = 200, .cpu_need = {MTL_NEEDS_V3, 0}, .name = "simd-avx2"};

const mtlrt_module mtlrt_module_v1_simd_sse2 = {
    MTL_FIELDS, .rank = 150, .cpu_need = {0, 0}, .name = "simd-sse2"};
