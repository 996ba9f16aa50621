/* What every function of mtlrt.h does before and after its work. Not installed. */
#ifndef MTL_ENTRY_H
#define MTL_ENTRY_H

#include <pthread.h>
#include <stdint.h>

#include "mtlrt.h"

/* How a thread computes: rounding, exceptions that trap, numbers flushed to zero. */
struct mtl_float_state {
  uint64_t vector; /* MXCSR; FPCR */
  uint16_t x87;
};

static inline struct mtl_float_state mtl_float_state(void) {
  struct mtl_float_state state = {0, 0};
#if defined(__x86_64__)
  uint32_t vector;
  __asm__ volatile("stmxcsr %0" : "=m"(vector));
  __asm__ volatile("fnstcw %0" : "=m"(state.x87));
  state.vector = vector;
#elif defined(__aarch64__)
  __asm__ volatile("mrs %0, fpcr" : "=r"(state.vector));
#endif
  return state;
}

static inline void mtl_float_set(struct mtl_float_state state) {
#if defined(__x86_64__)
  const uint32_t vector = (uint32_t)state.vector;
  __asm__ volatile("ldmxcsr %0" : : "m"(vector) : "memory");
  __asm__ volatile("fldcw %0" : : "m"(state.x87) : "memory");
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(state.vector) : "memory");
#endif
}

/* IEEE 754's: rounds to nearest, traps nothing, keeps subnormal numbers. */
static inline struct mtl_float_state mtl_float_default(void) {
#if defined(__x86_64__)
  return (struct mtl_float_state){0x1F80, 0x037F};
#else
  return (struct mtl_float_state){0, 0};
#endif
}

/* What mtl_enter has changed of the calling thread. */
typedef struct mtl_entry {
  struct mtl_float_state floats;
  int cancel;
} mtl_entry;

/* A thread that is cancelled within the library would leave its locks and memory behind: it ends
 * when the call has returned. Results must not depend on the caller's way of rounding. */
static inline void mtl_enter(mtl_entry *entry) {
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &entry->cancel);
  entry->floats = mtl_float_state();
  mtl_float_set(mtl_float_default());
}

static inline void mtl_leave(const mtl_entry *entry) {
  mtl_float_set(entry->floats);
  int ignored;
  pthread_setcancelstate(entry->cancel, &ignored);
}

/* Writes MTLRT_E_ARGUMENT and printf's `format` of up to three numbers, each `%lld`, to `error`,
 * which may be NULL. Allocates nothing. Returns MTLRT_E_ARGUMENT. */
int32_t mtl_refuse_argument(mtlrt_error *error, const char *format, int64_t a, int64_t b,
                            int64_t c);

#endif
