#include "include/CCheck.h"

#if defined(__x86_64__)
#include <xmmintrin.h>

/* Without the flags that say what happened: those change with every operation. */
enum { STATUS_FLAGS = 0x3F };

uint32_t mtl_check_float_state(void) { return _mm_getcsr() & ~(uint32_t)STATUS_FLAGS; }
void mtl_check_set_float_state(uint32_t state) { _mm_setcsr(state); }

#elif defined(__aarch64__)

uint32_t mtl_check_float_state(void) {
  uint64_t state;
  __asm__ volatile("mrs %0, fpcr" : "=r"(state));
  return (uint32_t)state;
}
void mtl_check_set_float_state(uint32_t state) {
  __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)state));
}

#else

uint32_t mtl_check_float_state(void) { return 0; }
void mtl_check_set_float_state(uint32_t state) { (void)state; }

#endif
