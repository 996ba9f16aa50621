/* What mtl-check needs of C: faults, the state of the process, threads, the state of the
 * floating-point unit, and loops that reach this machine's peak. */
#ifndef MTL_CHECK_H
#define MTL_CHECK_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

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

/* -- What a plugin leaves as it is ------------------------------------------------------------- */

enum { MTL_CHECK_FILES_MAX = 256, MTL_CHECK_SIGNALS = 65 };

/* The state of this process and thread that others rely on. */
typedef struct mtl_check_process {
  uint32_t threads;
  uint64_t files[MTL_CHECK_FILES_MAX]; /* which file each descriptor is; 0: none */
  struct sigaction actions[MTL_CHECK_SIGNALS];
  sigset_t blocked;
  mode_t mode;
  uint64_t environment;
  char locale[256];
  char folder[4096];
} mtl_check_process;

void mtl_check_process_note(mtl_check_process *state);
/* The first thing that is not as it was before, in words; NULL: nothing. The text is good until the
 * next call. */
const char *mtl_check_process_change(const mtl_check_process *before);

/* From now on what is written to standard output and standard error is kept. */
void mtl_check_catch_output(void);
/* Ends that; copies at most `size` bytes of what was kept, and returns how many. */
size_t mtl_check_caught_output(char *text, size_t size);
/* The process's own standard error, whether output is caught or not. */
int mtl_check_standard_error(void);

/* -- Running parts ----------------------------------------------------------------------------- */

/* Calls `body(context, i)` for all i below `count` at the same time, each on a thread of its own;
 * 0, or an error number if the threads cannot be had. */
int mtl_check_at_once(uint32_t count, void (*body)(void *context, uint32_t index), void *context);

/* How this thread rounds, whether it flushes subnormals, which exceptions it traps: a plugin leaves
 * it as it is. On x86-64 the SSE unit's in the lower half; in the upper one the x87 unit's control
 * word, and which of its registers are free, as they are not after MMX without EMMS. */
uint64_t mtl_check_float_state(void);
void mtl_check_set_float_state(uint64_t state);

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
