/* Many threads predict without end, more than there are CPUs, so that some wait for their turn; all
 * end when they are cancelled. Usage: cancel MODEL.mtl BACKENDS */
#define _GNU_SOURCE
#include <mtlrt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 24, BATCH = 3 };

static mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};
static atomic_int runs;

static void *work(void *ctx) {
  float *x = calloc(BATCH, in.bytes), *y = calloc(BATCH, out.bytes);
  const void *inputs[] = {x};
  void *outputs[] = {y};
  mtlrt_error e;
  int32_t code;
  while ((code = mtlrt_run(ctx, inputs, outputs, &e)) == 0) atomic_fetch_add(&runs, 1);
  free(x);
  free(y);
  return code == MTLRT_E_CANCELLED ? NULL : ctx;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  alarm(120); /* who waits for ever fails */
  mtlrt_options options = {.size = sizeof options, .threads = 2, .backends = argv[2]};
  mtlrt_error e;
  mtlrt *m = mtlrt_open(argv[1], &options, &e);
  if (!m) return fprintf(stderr, "%s\n", e.text), 1;
  mtlrt_slot_at(m, 0, 0, &in);
  mtlrt_slot_at(m, 1, 0, &out);
  mtlrt_ctx *ctx[THREADS];
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    ctx[i] = mtlrt_ctx_new(m, BATCH, &e);
    if (!ctx[i]) return fprintf(stderr, "%s\n", e.text), 1;
    pthread_create(&threads[i], NULL, work, ctx[i]);
  }
  while (atomic_load(&runs) < 3 * THREADS) usleep(1000);
  int failures = 0;
  for (int i = 0; i < THREADS; i++) mtlrt_cancel(ctx[i], 1);
  for (int i = 0; i < THREADS; i++) {
    void *result;
    pthread_join(threads[i], &result);
    failures += result != NULL;
    mtlrt_ctx_free(ctx[i]);
  }
  mtlrt_close(m);
  return failures != 0;
}
