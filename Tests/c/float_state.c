/* However the host's threads round, trap or flush, predictions have the same bits, nothing traps,
 * and the state is the host's again afterwards.
 * Usage: float_state MODEL.mtl BACKENDS THREADS */
#define _GNU_SOURCE
#include <fenv.h>
#include <mtlrt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mtlrt_options options;
static const char *path;
static char *x, *y, *expected;
static mtlrt_slot in = {.size = sizeof in};
static size_t outputs;
enum { BATCH = 5 };

static int fail(const char *what, const char *state) {
  fesetenv(FE_DFL_ENV);
  return fprintf(stderr, "%s: %s\n", state, what), 1;
}

/* Opens, predicts alone and in a batch, and verifies, all as the thread is set up. */
static int answer(char *target) {
  mtlrt_error e;
  mtlrt *const m = mtlrt_open(path, &options, &e);
  if (!m) return 1;
  int failed = mtlrt_predict(m, x, in.bytes, target, outputs, &e);
  failed |= mtlrt_predict(m, x, BATCH * in.bytes, target + outputs, BATCH * outputs, &e);
  mtlrt_ctx *const c = mtlrt_ctx_new(m, 1, &e);
  failed |= !c || mtlrt_verify(m, &e);
  mtlrt_ctx_free(c);
  char text[256];
  mtlrt_describe(m, 1, text, sizeof text);
  mtlrt_close(m);
  return failed;
}

static int check(const char *state) {
  fenv_t before, after;
  memset(&before, 0, sizeof before);
  memset(&after, 0, sizeof after);
  memset(y, 0, (1 + BATCH) * outputs);
  fegetenv(&before);
  const int failed = answer(y);
  fegetenv(&after);
  if (failed) return fail("a call failed", state);
  if (memcmp(&before, &after, sizeof before) != 0) return fail("the state was changed", state);
  if (memcmp(y, expected, (1 + BATCH) * outputs) != 0) return fail("other results", state);
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  path = argv[1];
  options = (mtlrt_options){.size = sizeof options, .threads = (uint32_t)atoi(argv[3]),
                            .backends = argv[2]};
  mtlrt_error e;
  mtlrt *const m = mtlrt_open(path, &options, &e);
  if (!m) return fprintf(stderr, "%s\n", e.text), 1;
  mtlrt_slot_at(m, 0, 0, &in);
  for (uint32_t i = 0;; i++) {
    mtlrt_slot out = {.size = sizeof out};
    if (mtlrt_slot_at(m, 1, i, &out)) break;
    outputs += out.bytes;
  }
  mtlrt_close(m);
  x = malloc(BATCH * in.bytes);
  y = calloc(1 + BATCH, outputs);
  expected = calloc(1 + BATCH, outputs);
  for (size_t i = 0; i < BATCH * in.bytes / sizeof(float); i++)
    ((float *)x)[i] = (float)((i * 37) % 101) / 100;
  if (answer(expected)) return fail("a call failed", "default");
  const struct { const char *name; int mode; } modes[] = {
      {"upward", FE_UPWARD}, {"downward", FE_DOWNWARD}, {"toward zero", FE_TOWARDZERO}};
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    fesetround(modes[i].mode);
    if (check(modes[i].name)) return 1;
    fesetenv(FE_DFL_ENV);
  }
  feclearexcept(FE_ALL_EXCEPT);
  feenableexcept(FE_ALL_EXCEPT);
  if (check("all exceptions trap")) return 1;
  fesetenv(FE_DFL_ENV);
#if defined(__x86_64__)
  unsigned state = 0x9FC0; /* flushes to zero, takes subnormals as zero */
  __asm__ volatile("ldmxcsr %0" : : "m"(state));
  if (check("subnormals are zero")) return 1;
  fesetenv(FE_DFL_ENV);
#endif
  puts("the same bits");
  return 0;
}
