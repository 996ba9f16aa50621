#include "include/mtl_sha256.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

static int look_for_instructions(void) {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  const int has_sse41 = c >> 19 & 1, has_ssse3 = c >> 9 & 1;
  return has_sse41 && has_ssse3 && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}

/* Asked once: in a virtual machine each question to the CPU ends in its host. */
static int has_instructions(void) {
  enum { UNKNOWN, ABSENT, PRESENT };
  static _Atomic int known = UNKNOWN;
  if (known == UNKNOWN) known = look_for_instructions() ? PRESENT : ABSENT;
  return known == PRESENT;
}

/* Words of a block, in the order of memory. */
__attribute__((target("ssse3"))) static __m128i words(const __m128i *bytes) {
  const __m128i big_endian = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
  return _mm_shuffle_epi8(_mm_loadu_si128(bytes), big_endian);
}

/* The instructions want the state as (F, E, B, A) and (H, G, D, C), lowest word first (Intel SDM
 * volume 2, SHA256RNDS2), and make two rounds each. */
__attribute__((target("sha,sse4.1,ssse3"))) static void add_blocks(
    uint32_t state[8], const __m128i *block, size_t count, const uint32_t constants[64]) {
  const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
  const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);
  for (; count; --count, block += 4) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i w0 = words(block), w1 = words(block + 1), w2 = words(block + 2), w3 = words(block + 3);
    for (int round = 0; round < 64; round += 4) {
      const __m128i sum = _mm_add_epi32(w0, _mm_loadu_si128((const __m128i *)(constants + round)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
      const __m128i next = _mm_sha256msg2_epu32(
          _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4)), w3);
      w0 = w1, w1 = w2, w2 = w3, w3 = next;
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1B), dchg = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

int mtl_sha256_blocks(
    uint32_t state[8], const void *blocks, size_t count, const uint32_t constants[64]) {
  if (!has_instructions()) return 0;
  add_blocks(state, blocks, count, constants);
  return 1;
}

#else

int mtl_sha256_blocks(
    uint32_t state[8], const void *blocks, size_t count, const uint32_t constants[64]) {
  (void)state, (void)blocks, (void)count, (void)constants;
  return 0;
}

#endif
