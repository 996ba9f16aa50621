#include "include/mtl_cpu.h"

#include <stddef.h>

#include "include/mtlrt_module.h"

#if defined(__x86_64__)
#include <cpuid.h>

static uint64_t extended_control_register(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

void mtl_cpu_features(uint64_t features[2]) {
  uint32_t a, b, c, d;
  uint64_t found = 0;
  features[0] = features[1] = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return;
  const uint32_t leaf1 = c;
  uint32_t leaf7b = 0, leaf7c = 0, leaf7d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) leaf7b = b, leaf7c = c, leaf7d = d;

  /* A register file counts only if the operating system saves it: XCR0 bits 1, 2 for ymm and
   * 5, 6, 7 for zmm and masks (Intel SDM volume 1, chapter 14). */
  const int has_osxsave = leaf1 >> 27 & 1;
  const uint64_t saved = has_osxsave ? extended_control_register() : 0;
  const int ymm = (saved & 0x6) == 0x6, zmm = ymm && (saved & 0xE0) == 0xE0;

  if (leaf1 >> 20 & 1) found |= MTLRT_X86_SSE42;
  if (leaf7b >> 8 & 1) found |= MTLRT_X86_BMI2;
  if (ymm) {
    if (leaf1 >> 28 & 1) found |= MTLRT_X86_AVX;
    if (leaf1 >> 12 & 1) found |= MTLRT_X86_FMA;
    if (leaf1 >> 29 & 1) found |= MTLRT_X86_F16C;
    if (leaf7b >> 5 & 1) found |= MTLRT_X86_AVX2;
  }
  if (zmm) {
    if (leaf7b >> 16 & 1) found |= MTLRT_X86_AVX512F;
    if (leaf7b >> 17 & 1) found |= MTLRT_X86_AVX512DQ;
    if (leaf7b >> 30 & 1) found |= MTLRT_X86_AVX512BW;
    if (leaf7b >> 31 & 1) found |= MTLRT_X86_AVX512VL;
    if (leaf7c >> 11 & 1) found |= MTLRT_X86_AVX512VNNI;
    if (leaf7d >> 23 & 1) found |= MTLRT_X86_AVX512FP16;
  }
  features[0] = found;
}

#elif defined(__aarch64__)
#include <sys/auxv.h>

void mtl_cpu_features(uint64_t features[2]) {
  const unsigned long capabilities = getauxval(AT_HWCAP), more = getauxval(AT_HWCAP2);
  features[0] = 0;
  features[1] = MTLRT_ARM_NEON;
  if (capabilities >> 20 & 1) features[1] |= MTLRT_ARM_DOTPROD;
  if (capabilities >> 10 & 1) features[1] |= MTLRT_ARM_FP16;
  if (more >> 13 & 1) features[1] |= MTLRT_ARM_I8MM;
}

#else

void mtl_cpu_features(uint64_t features[2]) { features[0] = features[1] = 0; }

#endif

const char *mtl_cpu_feature_name(uint32_t word, uint32_t bit) {
  static const char *const x86[] = {"SSE4.2", "AVX", "AVX2", "FMA", "F16C", "BMI2", "AVX-512F",
                                    "AVX-512BW", "AVX-512DQ", "AVX-512VL", "AVX-512VNNI",
                                    "AVX-512FP16"};
  static const char *const arm[] = {"NEON", "DotProd", "FP16", "I8MM"};
  if (word == 0 && bit < sizeof x86 / sizeof *x86) return x86[bit];
  if (word == 1 && bit < sizeof arm / sizeof *arm) return arm[bit];
  return NULL;
}
