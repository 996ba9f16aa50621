/* The SIMD backend as a module, one variant per instruction set. */
#ifndef MTL_BACKEND_SIMD_H
#define MTL_BACKEND_SIMD_H

#include "mtlrt_module.h"

extern const mtlrt_module mtlrt_module_v1_simd_avx512;
extern const mtlrt_module mtlrt_module_v1_simd_avx2;
extern const mtlrt_module mtlrt_module_v1_simd_sse2;

#endif
