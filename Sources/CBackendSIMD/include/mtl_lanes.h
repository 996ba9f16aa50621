/* Vectors as wide as the instruction set that this is compiled for, and the operations that Swift
 * has no words for. It sees the types as SIMD8<Float> and the like, and inlines the functions. */
#ifndef MTL_LANES_H
#define MTL_LANES_H

#include <stdint.h>

#include "mtl_cpu.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Lanes of one vector. May be set from outside to any power of two from 4 to 16: wider than the
 * registers, the compiler splits the vectors. */
#ifndef MTL_LANES
#if defined(__AVX512F__)
#define MTL_LANES 16
#elif defined(__AVX2__)
#define MTL_LANES 8
#else
#define MTL_LANES 4
#endif
#endif

enum {
  mtl_lane_count = MTL_LANES,
  /* Whether there are 32 vector registers to keep sums in, or 16. A test of 16 lanes takes the same
   * tiles as AVX-512 does. */
  mtl_has_many_registers = MTL_LANES == 16,
  /* Whether lanes can be arranged anew in one instruction. */
  mtl_has_arrangement = MTL_LANES > 4,
  /* Rows of a matrix product's tile: 32 registers hold 12 pairs of sums, 16 hold 6. */
  mtl_tile_rows = mtl_has_many_registers ? 12 : 6,
};

typedef float mtl_lanes __attribute__((ext_vector_type(MTL_LANES)));
typedef float mtl_half_lanes __attribute__((ext_vector_type(MTL_LANES / 2)));
/* As many f64 as a register holds, and what they are as f32 in memory. */
typedef double mtl_wide_lanes __attribute__((ext_vector_type(MTL_LANES / 2)));
typedef float mtl_narrow_lanes __attribute__((ext_vector_type(MTL_LANES / 2), aligned(4)));
typedef int32_t mtl_lane_numbers __attribute__((ext_vector_type(MTL_LANES)));
typedef uint32_t mtl_lane_bits __attribute__((ext_vector_type(MTL_LANES)));

/* In memory, at any address that suits one element. */
typedef _Float16 mtl_halves __attribute__((ext_vector_type(MTL_LANES), aligned(2)));
typedef uint16_t mtl_half_bits __attribute__((ext_vector_type(MTL_LANES), aligned(2)));
typedef int16_t mtl_shorts __attribute__((ext_vector_type(MTL_LANES), aligned(2)));
typedef uint8_t mtl_bytes __attribute__((ext_vector_type(MTL_LANES), aligned(1)));
typedef int8_t mtl_chars __attribute__((ext_vector_type(MTL_LANES), aligned(1)));

#define MTL_INLINE static inline __attribute__((always_inline))

/* The instruction set that this is compiled for. */
MTL_INLINE const char *mtl_lane_set_name(void) {
#if defined(__AVX512F__)
  return "avx512";
#elif defined(__AVX2__)
  return "avx2";
#else
  return "baseline";
#endif
}

MTL_INLINE uint64_t mtl_lane_set_need(void) {
#if defined(__AVX512F__)
  return mtl_needs_v4();
#elif defined(__AVX2__)
  return mtl_needs_v3();
#else
  return 0;
#endif
}

/* a * b + c: rounded once where the instruction set does that in one instruction, else twice. */
MTL_INLINE mtl_lanes mtl_multiply_add(mtl_lanes a, mtl_lanes b, mtl_lanes c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

/* x, or `least` where that is greater; NaN where x is. */
MTL_INLINE mtl_lanes mtl_at_least(mtl_lanes least, mtl_lanes x) {
  return least > x ? least : x;
}

/* x, or `most` where that is less; NaN where x is. */
MTL_INLINE mtl_lanes mtl_at_most(mtl_lanes most, mtl_lanes x) {
  return most < x ? most : x;
}

/* Asks for a cache line that will be read soon; any address will do. It comes to the second cache,
 * which waits for more lines at once than the first. */
MTL_INLINE void mtl_prefetch(const void *address) { __builtin_prefetch(address, 0, 2); }

/* Loads stay on their side of this. Of many that may come early, the compiler otherwise takes more
 * than registers hold. */
MTL_INLINE void mtl_keep_order(void) { __asm__ volatile("" ::: "memory"); }

/* The same number, of which the compiler knows nothing. For addresses that are a known distance
 * apart it otherwise keeps registers of their own, and has too few. */
MTL_INLINE long mtl_unknown(long number) {
  __asm__("" : "+r"(number));
  return number;
}

/* Zeros, two vectors of them. */
MTL_INLINE const float *mtl_zeros(void) {
  static const float zeros[2 * MTL_LANES] __attribute__((aligned(64))) = {0};
  return zeros;
}

/* Half a vector at any address that suits a float. */
MTL_INLINE mtl_half_lanes mtl_half(const float *source) {
  return *(const mtl_narrow_lanes *)source;
}

MTL_INLINE void mtl_store_half(mtl_half_lanes x, float *target) {
  *(mtl_narrow_lanes *)target = x;
}

MTL_INLINE mtl_half_lanes mtl_half_multiply_add(float a, mtl_half_lanes b, mtl_half_lanes c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return __builtin_elementwise_fma((mtl_half_lanes)a, b, c);
#else
  return a * b + c;
#endif
}

/* The sum of all lanes, by halves. */
MTL_INLINE float mtl_lanes_sum(mtl_lanes lanes) {
#if MTL_LANES == 16
  __auto_type eight = lanes.lo + lanes.hi;
  __auto_type four = eight.lo + eight.hi;
#elif MTL_LANES == 8
  __auto_type four = lanes.lo + lanes.hi;
#else
  mtl_lanes four = lanes;
#endif
  return (four.x + four.z) + (four.y + four.w);
}

/* The first `count` lanes, at most all; the others are 0 and nothing beyond is touched. */
MTL_INLINE mtl_lanes mtl_load_some(const float *source, long count) {
#if defined(__AVX512F__) && MTL_LANES == 16
  return _mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), source);
#elif defined(__AVX2__)
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  union { mtl_lanes whole; __m256 part[MTL_LANES / 8]; } lanes;
  for (int i = 0; i < MTL_LANES / 8; i++) {
    const __m256i left = _mm256_set1_epi32((int)count - 8 * i);
    lanes.part[i] = _mm256_maskload_ps(source + 8 * i, _mm256_cmpgt_epi32(left, lane));
  }
  return lanes.whole;
#else
  mtl_lanes lanes = 0;
  for (int i = 0; i < MTL_LANES; i++)
    if (i < count) lanes[i] = source[i];
  return lanes;
#endif
}

/* Stores the first `count` lanes, at most all. */
MTL_INLINE void mtl_store_some(mtl_lanes lanes, float *target, long count) {
#if defined(__AVX512F__) && MTL_LANES == 16
  _mm512_mask_storeu_ps(target, (__mmask16)((1u << count) - 1), lanes);
#elif defined(__AVX2__)
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const union { mtl_lanes whole; __m256 part[MTL_LANES / 8]; } all = {lanes};
  for (int i = 0; i < MTL_LANES / 8; i++) {
    const __m256i left = _mm256_set1_epi32((int)count - 8 * i);
    _mm256_maskstore_ps(target + 8 * i, _mm256_cmpgt_epi32(left, lane), all.part[i]);
  }
#else
  for (int i = 0; i < MTL_LANES; i++)
    if (i < count) target[i] = lanes[i];
#endif
}

/* The first `count` lanes, and `other` in the rest. */
MTL_INLINE mtl_lanes mtl_first_lanes(mtl_lanes lanes, long count, float other) {
  mtl_lane_numbers lane = 0;
  for (int i = 0; i < MTL_LANES; i++) lane[i] = i;
  return lane < (int32_t)count ? lanes : (mtl_lanes)other;
}

/* For each lane the first one of its group: groups of `count` lanes, a power of two. */
MTL_INLINE mtl_lane_numbers mtl_group_lanes(int32_t count) {
  mtl_lane_numbers lane = 0;
  for (int i = 0; i < MTL_LANES; i++) lane[i] = i;
  return lane & -count;
}

/* Lane i is lane `from[i]` of x. */
MTL_INLINE mtl_lanes mtl_arranged(mtl_lanes x, mtl_lane_numbers from) {
#if defined(__AVX512F__) && MTL_LANES == 16
  return _mm512_permutexvar_ps((__m512i)from, x);
#elif defined(__AVX2__) && MTL_LANES == 8
  return _mm256_permutevar8x32_ps(x, (__m256i)from);
#else
  mtl_lanes arranged = x;
  for (int i = 0; i < MTL_LANES; i++) arranged[i] = x[from[i] & (MTL_LANES - 1)];
  return arranged;
#endif
}

/* Lane i is lane `i + by` of x; after the last lane comes the first. */
MTL_INLINE mtl_lanes mtl_turned(mtl_lanes x, int by) {
  mtl_lanes turned = x;
  for (int i = 0; i < MTL_LANES; i++) turned[i] = x[(i + by) % MTL_LANES];
  return turned;
}

/* The largest lane; a NaN may count or not. */
MTL_INLINE float mtl_largest_lane(mtl_lanes lanes) { return __builtin_reduce_max(lanes); }

MTL_INLINE mtl_lanes mtl_lanes_from_f16(const void *elements) {
#if defined(__F16C__) || defined(__aarch64__)
  return __builtin_convertvector(*(const mtl_halves *)elements, mtl_lanes);
#else
  /* The exponent's bias grows by 112; the product makes subnormals normal. */
  mtl_lane_bits half = __builtin_convertvector(*(const mtl_half_bits *)elements, mtl_lane_bits);
  mtl_lane_bits sign = (half & 0x8000) << 16, size = (half & 0x7FFF) << 13;
  mtl_lane_bits is_finite = (mtl_lane_bits)(size < (0x7C00 << 13));
  mtl_lane_bits finite = (mtl_lane_bits)((mtl_lanes)size * 0x1p112f);
  mtl_lane_bits other = size | 0x7F800000;
  return (mtl_lanes)((finite & is_finite) | (other & ~is_finite) | sign);
#endif
}

MTL_INLINE mtl_lanes mtl_lanes_from_i16(const void *elements) {
  return __builtin_convertvector(*(const mtl_shorts *)elements, mtl_lanes);
}

MTL_INLINE mtl_lanes mtl_lanes_from_i8(const void *elements) {
  return __builtin_convertvector(*(const mtl_chars *)elements, mtl_lanes);
}

/* The first and the last half of the lanes as f64, and f64 as lanes. */
MTL_INLINE mtl_wide_lanes mtl_wide_low(mtl_lanes x) {
  return __builtin_convertvector(x.lo, mtl_wide_lanes);
}

MTL_INLINE mtl_wide_lanes mtl_wide_high(mtl_lanes x) {
  return __builtin_convertvector(x.hi, mtl_wide_lanes);
}

/* The sum of all lanes, by halves. */
MTL_INLINE double mtl_wide_sum(mtl_wide_lanes x) {
#if MTL_LANES == 16
  __auto_type four = x.lo + x.hi;
  __auto_type two = four.lo + four.hi;
#elif MTL_LANES == 8
  __auto_type two = x.lo + x.hi;
#else
  mtl_wide_lanes two = x;
#endif
  return two.x + two.y;
}

MTL_INLINE mtl_lanes mtl_join(mtl_wide_lanes low, mtl_wide_lanes high) {
  typedef float half __attribute__((ext_vector_type(MTL_LANES / 2)));
  mtl_lanes lanes;
  lanes.lo = __builtin_convertvector(low, half);
  lanes.hi = __builtin_convertvector(high, half);
  return lanes;
}

/* Adds all lanes to f64 in memory. */
MTL_INLINE void mtl_add_wide(mtl_lanes x, double *sums) {
  typedef double wide __attribute__((ext_vector_type(MTL_LANES / 2), aligned(8)));
  wide *const target = (wide *)sums;
  target[0] += mtl_wide_low(x);
  target[1] += mtl_wide_high(x);
}

/* Numbers below 256, from and to a byte each. */
MTL_INLINE mtl_lane_numbers mtl_numbers_from_bytes(const uint8_t *bytes, long count) {
  mtl_bytes some = 0;
  if (count == MTL_LANES) {
    some = *(const mtl_bytes *)bytes;
  } else {
    for (int i = 0; i < MTL_LANES; i++)
      if (i < count) some[i] = bytes[i];
  }
  return __builtin_convertvector(some, mtl_lane_numbers);
}

MTL_INLINE void mtl_numbers_to_bytes(mtl_lane_numbers numbers, uint8_t *bytes, long count) {
  const mtl_bytes some = __builtin_convertvector(numbers, mtl_bytes);
  if (count == MTL_LANES) {
    *(mtl_bytes *)bytes = some;
  } else {
    for (int i = 0; i < MTL_LANES; i++)
      if (i < count) bytes[i] = some[i];
  }
}

/* The lanes of `yes` where the numbers are the same, and those of `no` elsewhere. */
MTL_INLINE mtl_lanes mtl_where_equal(mtl_lane_numbers a, mtl_lane_numbers b, mtl_lanes yes,
                                     mtl_lanes no) {
  return a == b ? yes : no;
}

MTL_INLINE void mtl_store_narrow(mtl_wide_lanes x, float *target) {
  *(mtl_narrow_lanes *)target = __builtin_convertvector(x, mtl_narrow_lanes);
}

#endif
