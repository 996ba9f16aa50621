#include "include/CCheck.h"

#if defined(__x86_64__)
#include <xmmintrin.h>

/* Without the flags that say what happened: those change with every operation. */
enum { STATUS_FLAGS = 0x3F };

/* What FNSTENV stores in 32-bit and 64-bit mode. */
typedef struct x87_state {
  uint32_t control, status, tags, rest[4];
} x87_state;

static x87_state x87(void) {
  x87_state state;
  __asm__ volatile("fnstenv %0\n\tfldenv %0" : "=m"(state));
  return state;
}

uint64_t mtl_check_float_state(void) {
  const x87_state state = x87();
  const uint64_t upper = (state.control & 0xFFFF) | (uint64_t)(state.tags & 0xFFFF) << 16;
  return upper << 32 | (_mm_getcsr() & ~(uint32_t)STATUS_FLAGS);
}

void mtl_check_set_float_state(uint64_t value) {
  x87_state state = x87();
  state.control = (uint32_t)(value >> 32) & 0xFFFF;
  state.tags = (uint32_t)(value >> 48);
  __asm__ volatile("fldenv %0" : : "m"(state));
  _mm_setcsr((uint32_t)value);
}

#elif defined(__aarch64__)

uint64_t mtl_check_float_state(void) {
  uint64_t state;
  __asm__ volatile("mrs %0, fpcr" : "=r"(state));
  return state;
}
void mtl_check_set_float_state(uint64_t state) {
  __asm__ volatile("msr fpcr, %0" : : "r"(state));
}

#else

uint64_t mtl_check_float_state(void) { return 0; }
void mtl_check_set_float_state(uint64_t state) { (void)state; }

#endif
