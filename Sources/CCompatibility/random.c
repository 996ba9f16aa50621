/* The source of hash seeds. Embedded Swift calls arc4random_buf, which glibc has since 2.36; with
 * this private definition older systems can load what is built here. Seeds need no secrecy beyond
 * the process, so this makes no system call: it mixes the 16 random bytes that the kernel gives
 * each process with an address and a counter. */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

void arc4random_buf(void *buffer, size_t count);

/* The last step of SplitMix64. */
static uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
  return value ^ (value >> 31);
}

__attribute__((visibility("hidden"))) void arc4random_buf(void *buffer, size_t count) {
  static atomic_ullong counter;
  uint64_t seed[2] = {0};
  /* 0 where the kernel gives none: the address alone differs from process to process then. */
  const void *const random = (const void *)(uintptr_t)getauxval(AT_RANDOM);
  if (random) memcpy(seed, random, sizeof seed);
  seed[0] ^= (uintptr_t)&counter;
  unsigned char *target = buffer;
  while (count > 0) {
    const uint64_t number = atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed) + 1;
    /* Both halves go into each word, so that the result does not give away either. */
    const uint64_t word =
        mix(seed[0] + number * UINT64_C(0x9e3779b97f4a7c15)) ^ mix(mix(seed[1]) + number);
    const size_t size = count < sizeof word ? count : sizeof word;
    memcpy(target, &word, size);
    target += size;
    count -= size;
  }
}
