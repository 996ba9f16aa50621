/* What mtl-check needs of C: faults, threads, the state of the floating-point unit, and loops that
 * reach this machine's peak. */
#ifndef MTL_CHECK_H
#define MTL_CHECK_H

#include <stddef.h>
#include <stdint.h>

/* -- Faults ------------------------------------------------------------------------------------ */

/* Memory that is watched: `mapping` with its guard pages, and the buffer within. */
typedef struct mtl_check_buffer {
  const char *name;
  const char *mapping, *start;
  size_t mapped, count;
} mtl_check_buffer;

enum { MTL_CHECK_BUFFERS_MAX = 256, MTL_CHECK_SECONDS_MAX = 120 };

/* From now on a fault of this process, or a call that takes longer than MTL_CHECK_SECONDS_MAX
 * seconds, prints one line that begins with `program`, and ends the process with status 1. */
void mtl_check_catch_faults(const char *program);
/* What a fault is blamed on, and from when on the time counts; NULL: nothing runs. The text is
 * copied. */
void mtl_check_doing(const char *what);
/* Tells the handler of slot `index` of its buffers; a NULL name frees the slot. */
void mtl_check_watch(uint32_t index, const mtl_check_buffer *buffer);

/* -- Running parts ----------------------------------------------------------------------------- */

/* Calls `body(context, i)` for all i below `count` at the same time, each on a thread of its own;
 * 0, or an error number if the threads cannot be had. */
int mtl_check_at_once(uint32_t count, void (*body)(void *context, uint32_t index), void *context);

/* How this thread rounds and whether it flushes subnormals: a module leaves it as it is. */
uint32_t mtl_check_float_state(void);
void mtl_check_set_float_state(uint32_t state);

/* -- What this machine can do ------------------------------------------------------------------ */

/* A multiply-add loop for one instruction set. `need` are bits of mtlrt_module.cpu_need[0]. */
typedef struct mtl_check_peak {
  const char *name;
  uint64_t need;
  /* Runs the loop; returns how many floating-point operations that were. */
  uint64_t (*run)(uint32_t rounds);
} mtl_check_peak;

/* The loops, best first; NULL behind the last, which needs nothing. */
const mtl_check_peak *mtl_check_peak_at(uint32_t index);

/* Reads `count` bytes at `memory`, a multiple of 256, as fast as one thread can. */
uint64_t mtl_check_read(const void *memory, size_t count);

#endif
