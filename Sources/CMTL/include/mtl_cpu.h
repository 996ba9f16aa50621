/* What this CPU can do, in the bits of mtlrt_module.cpu_need. Not installed. */
#ifndef MTL_CPU_H
#define MTL_CPU_H

#include <stdint.h>

#include "mtlrt_module.h"

/* Fills features[0] (x86-64) and features[1] (arm64). */
void mtl_cpu_features(uint64_t features[2]);

/* Name of feature `bit` of word `word`, or NULL. */
const char *mtl_cpu_feature_name(uint32_t word, uint32_t bit);

/* Bits of features[0] for x86-64-v3 and -v4; no CPU has these without the rest of them. */
#define MTL_NEEDS_V3 (MTLRT_X86_AVX2 | MTLRT_X86_FMA | MTLRT_X86_F16C | MTLRT_X86_BMI2)
#define MTL_NEEDS_V4                                                                         \
  (MTL_NEEDS_V3 | MTLRT_X86_AVX512F | MTLRT_X86_AVX512BW | MTLRT_X86_AVX512DQ | MTLRT_X86_AVX512VL)

static inline uint64_t mtl_needs_v3(void) { return MTL_NEEDS_V3; }
static inline uint64_t mtl_needs_v4(void) { return MTL_NEEDS_V4; }

/* Tells the CPU that this thread waits in a loop. */
static inline void mtl_cpu_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
