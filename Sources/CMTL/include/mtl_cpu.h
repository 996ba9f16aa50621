/* What this CPU can do, in the bits of mtlrt_module.cpu_need. Not installed. */
#ifndef MTL_CPU_H
#define MTL_CPU_H

#include <stdint.h>

/* Fills features[0] (x86-64) and features[1] (arm64). */
void mtl_cpu_features(uint64_t features[2]);

/* Name of feature `bit` of word `word`, or NULL. */
const char *mtl_cpu_feature_name(uint32_t word, uint32_t bit);

/* Tells the CPU that this thread waits in a loop. */
static inline void mtl_cpu_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
