/* A backend with one fault, chosen by -DFAULT_...: mtl-check has to find each. Without any it is
 * right: relu, its result a part of so many elements at a time. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <mtlrt_module.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GRAIN = 16 };

#ifndef ABI
#define ABI MTLRT_MODULE_ABI
#endif
#ifndef MAGIC
#define MAGIC MTLRT_MODULE_MAGIC
#endif
#ifndef NEED
#define NEED 0
#endif
#ifndef NAME
#define NAME "broken"
#endif
#ifndef BUILD
#define BUILD "1"
#endif
#ifdef FAULT_VARIANT
#define FLAGS MTLRT_MODULE_BATCH_INVARIANT
#elif defined FAULT_INDEX
#define FLAGS MTLRT_MODULE_PACKED_LASTS
#elif !defined FLAGS
#define FLAGS 0
#endif
#ifndef RANK
#define RANK 1
#endif
#define UNUSED __attribute__((unused))

UNUSED static void *sleep_for_ever(void *nothing) {
  for (;;) pause();
  return nothing;
}

/* Changes what belongs to the process, once. */
UNUSED static void trace(void) {
  static atomic_int is_done;
  if (atomic_exchange(&is_done, 1)) return;
#ifdef TRACE_THREAD
  pthread_t thread;
  pthread_create(&thread, NULL, sleep_for_ever, NULL);
#endif
#ifdef TRACE_FILE
  if (open("/dev/null", O_RDONLY) < 0) abort();
#endif
#ifdef TRACE_CLOSE
  close(0);
#endif
#ifdef TRACE_SIGNAL
  signal(SIGPIPE, SIG_IGN);
#endif
#ifdef TRACE_MASK
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
#endif
#ifdef TRACE_UMASK
  umask(0177);
#endif
#ifdef TRACE_ENVIRONMENT
  setenv("OMP_NUM_THREADS", "1", 1);
#endif
#ifdef TRACE_FOLDER
  if (chdir("/") != 0) abort();
#endif
#ifdef TRACE_PRINT
  puts("hello from the backend");
#endif
}

/* What every instance uses, where FAULT_CLOSE and FAULT_REOPEN have it. */
UNUSED static float floor_of_results;

static int32_t open_backend(void **self, mtlrt_error *error) {
  (void)self, (void)error;
#ifdef FAULT_OPEN_TWICE
  static int count;
  if (count++) {
    snprintf(error->text, sizeof error->text, "it is open");
    return MTLRT_MODULE_ERROR;
  }
#endif
#ifdef FAULT_REOPEN
  static int is_made;
  if (!is_made++) floor_of_results = 0;
#endif
#ifdef FAULT_CLOSE
  floor_of_results = 0;
#endif
#ifdef TRACE_AT_OPEN
  trace();
#endif
  return MTLRT_MODULE_OK;
}

static void close_backend(void *self) {
  (void)self;
#if defined FAULT_CLOSE || defined FAULT_REOPEN
  floor_of_results = 1;
#endif
}

#ifdef FAULT_KEEP
static const mtlrt_chain *kept;
#endif

static uint64_t element_count(const mtlrt_tensor *tensor) {
  uint64_t count = 1;
  for (uint32_t axis = 0; axis < tensor->rank; axis++) count *= tensor->dim[axis];
  return count;
}

static int32_t plan(void *self, const mtlrt_chain *chain, mtlrt_plan *plan, mtlrt_error *error) {
  (void)self;
#ifdef FAULT_LENGTH
  if (chain->n_op > 8) return MTLRT_MODULE_ERROR;
#endif
  if (chain->op[0].code != MTLRT_OP_RELU) {
    snprintf(error->text, sizeof error->text, "relu alone");
#ifdef FAULT_TEXT
    memset(error->text, 'x', sizeof error->text);
#endif
#ifdef FAULT_LATIN
    error->text[0] = (char)0xE9;
#endif
    return MTLRT_MODULE_NO;
  }
#ifdef FAULT_KEEP
  kept = chain;
#endif
  const uint64_t count = element_count(&chain->tensor[chain->op[0].out]);
  plan->take = 1;
  plan->stages = 1;
  plan->parts[0] = (uint32_t)((count + GRAIN - 1) / GRAIN);
  plan->in_place = 1;
#ifdef FAULT_PLAN_STATIC
  static volatile uint32_t parts;
  parts = plan->parts[0] + (chain->batch > 1);
  usleep(200);
  plan->parts[0] = parts - (chain->batch > 1);
#endif
#ifdef FAULT_PLAN_ROUNDING
  fesetround(FE_UPWARD);
#endif
#ifdef FAULT_TAKE
  plan->take = chain->n_op + 1;
#endif
#ifdef FAULT_BATCH
  plan->packed_bytes = 64 * chain->batch;
#endif
#ifdef FAULT_PLAN
  static uint64_t calls;
  plan->opaque[0] = calls++;
#endif
#ifdef FAULT_SCRATCH
  plan->scratch_bytes = 64;
#endif
#if defined FAULT_PACK || defined FAULT_INDEX || defined FAULT_PACK_STATIC
  plan->packed_bytes = 64;
#endif
  return MTLRT_MODULE_OK;
}

static int32_t pack(void *self, const mtlrt_chain *chain, const mtlrt_plan *plan, void *packed,
                    mtlrt_error *error) {
  (void)self, (void)chain, (void)plan, (void)error;
  (void)packed;
#ifdef FAULT_PACK
  static char calls;
  ((char *)packed)[0] = calls++;
#endif
#ifdef FAULT_INDEX
  *(uint32_t *)packed = 0;
#endif
#ifdef FAULT_PACK_STATIC
  static volatile char staged;
  staged = 1;
  usleep(200);
  ((char *)packed)[0] = staged;
  staged = 0;
#endif
  return MTLRT_MODULE_OK;
}

/* Broken in its own way. */
static void harm(const mtlrt_call *call, uint32_t part, const float *x, float *y, uint64_t count) {
  (void)call, (void)part, (void)x, (void)y, (void)count;
#ifdef FAULT_BEYOND
  y[count] = 0;
#endif
#ifdef FAULT_BEFORE
  y[-1] = 0;
#endif
#ifdef FAULT_READ
  volatile float far = x[count + 16];
  (void)far;
#endif
#ifdef FAULT_INPUT
  if (x != y) ((float *)x)[0] = 1;
#endif
#ifdef FAULT_THREADS
  if (call->chain->threads > 1 && part == 0) y[0] += 1;
#endif
#ifdef FAULT_ORDER
  if (part > 0) y[part * GRAIN] += 0 * y[part * GRAIN - 1];
#endif
#ifdef FAULT_SCRATCH
  ((float *)call->scratch)[16] = 1;
#endif
#ifdef FAULT_CHAIN
  ((mtlrt_op *)call->chain->op)->code = 0;
#endif
#ifdef FAULT_ABORT
  abort();
#endif
#ifdef FAULT_INDEX
  /* Its packed constants may come from anybody, and it believes an index in them. */
  volatile float there = x[*(const uint32_t *)call->packed];
  (void)there;
#endif
#ifdef FAULT_ROUNDING
  fesetround(FE_DOWNWARD);
#endif
#ifdef FAULT_TRAPS
  feenableexcept(FE_OVERFLOW);
#endif
#ifdef FAULT_MMX
  __asm__ volatile("pxor %mm0, %mm0");
#endif
#ifdef TRACE_AT_RUN
  trace();
#endif
}

static int32_t run(const mtlrt_call *call, uint32_t stage, uint32_t part, void *local) {
  (void)stage, (void)local;
#ifdef FAULT_KEEP
  const mtlrt_op *const op = &kept->op[0];
#else
  const mtlrt_op *const op = &call->chain->op[0];
#endif
  const uint64_t count = element_count(&call->chain->tensor[op->out]);
  const float *const x = call->value[op->in[0]];
  float *const y = call->value[op->out];
  const uint64_t first = (uint64_t)part * GRAIN;
  uint64_t end = first + GRAIN < count ? first + GRAIN : count;
#ifdef FAULT_UNWRITTEN
  if (end == count && count > 1) end--;
#endif
  for (uint64_t i = first; i < end; i++) {
#ifdef FAULT_NAN
    y[i] = x[i] > 0 ? x[i] : 0;
#elif defined FAULT_VALUE
    y[i] = x[i] < 0 ? 0 : x[i] * 1.0000002f;
#elif defined FAULT_VARIANT
    y[i] = x[i] < 0 ? (call->chain->batch > 1 ? -0.0f : 0) : x[i];
#else
    y[i] = x[i] < floor_of_results ? floor_of_results : x[i];
#endif
  }
  harm(call, part, x, y, count);
#ifdef FAULT_ANSWER
  return MTLRT_MODULE_ERROR;
#else
  return MTLRT_MODULE_OK;
#endif
}

static void explain(const mtlrt_call *call, uint32_t stage, uint32_t part, void *local,
                    mtlrt_error *error) {
  (void)call, (void)local;
  snprintf(error->text, sizeof error->text, "out of luck at %u.%u", stage, part);
#ifdef FAULT_EXPLAIN
  memset(error->text, 'x', sizeof error->text);
#endif
}

#ifdef FAULT_EXPORT
__attribute__((visibility("default"))) int another_symbol;
#endif

#ifdef FAULT_CONSTRUCTOR
static volatile int started;
__attribute__((constructor)) static void start(void) {
  started = 1;
  trace();
}
#endif
#ifdef FAULT_INIT
static volatile int began;
/* -Wl,-init,begin: a constructor that no array lists. */
void begin(void) { began = 1; }
#endif

__attribute__((visibility("default"))) const mtlrt_module mtlrt_module_v1 = {
    .magic = MAGIC,
    .size = sizeof(mtlrt_module),
    .abi = ABI,
    .cpu_need = {NEED, NEED},
    .name = NAME,
    .build = BUILD,
    .rank = RANK,
    .flags = FLAGS,
    .open = open_backend,
    .close = close_backend,
    .explain = explain,
    .plan = plan,
    .pack = pack,
#ifndef FAULT_NO_RUN
    .run = run,
#endif
};
