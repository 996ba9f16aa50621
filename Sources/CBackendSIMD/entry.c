#define MTL_BACKEND simd
#include "CBackendSIMD.h"

#include "mtl_cpu.h"
#include "mtl_kernels.h"

#define MTL_FLAGS \
  (MTLRT_MODULE_BATCH_INVARIANT | MTLRT_MODULE_PACKED_LASTS | MTLRT_MODULE_GENERAL)
#define MTL_FIELDS MTL_MODULE_FIELDS, .flags = MTL_FLAGS

const mtlrt_module mtlrt_module_v1_simd_avx512 = {
    MTL_FIELDS, .rank = 300, .cpu_need = {MTL_NEEDS_V4, 0}, .name = "simd-avx512"};

const mtlrt_module mtlrt_module_v1_simd_avx2 = {
    MTL_FIELDS, .rank = 200, .cpu_need = {MTL_NEEDS_V3, 0}, .name = "simd-avx2"};

const mtlrt_module mtlrt_module_v1_simd_sse2 = {
    MTL_FIELDS, .rank = 150, .cpu_need = {0, 0}, .name = "simd-sse2"};
