/* Vectors as wide as the instruction set that this is compiled for, and the conversions that
 * Swift has no words for. It sees the types as SIMD8<Float> and the like, and inlines the
 * functions. */
#ifndef MTL_LANES_H
#define MTL_LANES_H

#include <stdint.h>

#if defined(__AVX512F__)
#define MTL_LANES 16
#else
#define MTL_LANES 8
#endif

enum { mtl_lane_count = MTL_LANES };

typedef float mtl_lanes __attribute__((ext_vector_type(MTL_LANES)));
typedef uint32_t mtl_lane_bits __attribute__((ext_vector_type(MTL_LANES)));

/* In memory, at any address that suits one element. */
typedef _Float16 mtl_halves __attribute__((ext_vector_type(MTL_LANES), aligned(2)));
typedef int16_t mtl_shorts __attribute__((ext_vector_type(MTL_LANES), aligned(2)));
typedef int8_t mtl_chars __attribute__((ext_vector_type(MTL_LANES), aligned(1)));

#define MTL_INLINE static inline __attribute__((always_inline))

MTL_INLINE mtl_lanes mtl_lanes_from_f16(const void *elements) {
  return __builtin_convertvector(*(const mtl_halves *)elements, mtl_lanes);
}

MTL_INLINE mtl_lanes mtl_lanes_from_i16(const void *elements) {
  return __builtin_convertvector(*(const mtl_shorts *)elements, mtl_lanes);
}

MTL_INLINE mtl_lanes mtl_lanes_from_i8(const void *elements) {
  return __builtin_convertvector(*(const mtl_chars *)elements, mtl_lanes);
}

#endif
