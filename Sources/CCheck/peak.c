/* Loops of independent multiply-adds in registers: nothing but arithmetic limits them. */
#include "include/CCheck.h"

#include "mtlrt_module.h"

enum { CHAINS = 12, UNROLL = 64 };

/* Vectors of `lanes` f32; the attribute lets the compiler use the named instruction set here and
 * nowhere else. The empty assembly keeps every sum in a register and the loop in place. */
#define MTL_PEAK_LOOP(function, lanes, attribute, constraint)                                 \
  typedef float function##_lanes __attribute__((ext_vector_type(lanes)));                     \
  attribute static uint64_t function(uint32_t rounds) {                                       \
    function##_lanes sum[CHAINS];                                                             \
    function##_lanes factor = (function##_lanes)(0.999f), term = (function##_lanes)(0.001f);  \
    __asm__ volatile("" : "+" constraint(factor), "+" constraint(term));                      \
    for (int i = 0; i < CHAINS; i++) sum[i] = (function##_lanes)(i);                          \
    for (uint32_t round = 0; round < rounds; round++)                                         \
      for (int k = 0; k < UNROLL; k++)                                                        \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++) sum[i] =          \
            MTL_MULTIPLY_ADD(sum[i], factor, term);                                           \
    for (int i = 0; i < CHAINS; i++) __asm__ volatile("" : : constraint(sum[i]));             \
    return (uint64_t)rounds * UNROLL * CHAINS * lanes * 2;                                    \
  }

#define MTL_MULTIPLY_ADD(a, b, c) __builtin_elementwise_fma(a, b, c)

#if defined(__x86_64__)
MTL_PEAK_LOOP(avx512, 16, __attribute__((target("avx512f"))), "v")
MTL_PEAK_LOOP(avx2, 8, __attribute__((target("avx2,fma"))), "x")

#undef MTL_MULTIPLY_ADD
#define MTL_MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
MTL_PEAK_LOOP(baseline, 4, , "x")
#else
MTL_PEAK_LOOP(baseline, 4, , "w")
#endif

static const mtl_check_peak peaks[] = {
#if defined(__x86_64__)
    {"AVX-512", MTLRT_X86_AVX512F, avx512},
    {"AVX2 and FMA", MTLRT_X86_AVX2 | MTLRT_X86_FMA, avx2},
    {"SSE2", 0, baseline},
#else
    {"NEON", 0, baseline},
#endif
};

const mtl_check_peak *mtl_check_peak_at(uint32_t index) {
  return index < sizeof peaks / sizeof *peaks ? &peaks[index] : NULL;
}

uint64_t mtl_check_read(const void *memory, size_t count) {
  typedef uint64_t words __attribute__((ext_vector_type(8), aligned(8)));
  words a = 0, b = 0, c = 0, d = 0;
  const words *next = memory;
  for (const words *end = next + count / sizeof *next; next < end; next += 4) {
    a ^= next[0];
    b ^= next[1];
    c ^= next[2];
    d ^= next[3];
  }
  const words all = a ^ b ^ c ^ d;
  return all[0] ^ all[1] ^ all[2] ^ all[3] ^ all[4] ^ all[5] ^ all[6] ^ all[7];
}
