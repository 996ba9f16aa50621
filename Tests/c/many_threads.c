#define _POSIX_C_SOURCE 200809L

/* Many threads share one handle, most with one image each, which may be answered together, some
 * with so many that they let others go first in the middle: all must get the bits that one thread
 * gets.
 * Usage: many_threads MODEL.mtl BACKENDS */
#include <mtlrt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THREADS = 24, ROUNDS = 20 };

static mtlrt *model;
static mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};

/* The answers for the image with this number, in a new block. */
static float *answer(unsigned number, unsigned batch) {
  const size_t count = in.bytes / sizeof(float) * batch;
  float *x = malloc(in.bytes * batch), *y = malloc(out.bytes * batch);
  mtlrt_error e;
  for (size_t i = 0; i < count; i++) x[i] = (float)((i * 7 + number * 31) % 97) / 97;
  if (mtlrt_predict(model, x, in.bytes * batch, y, out.bytes * batch, &e)) {
    fprintf(stderr, "%s\n", e.text);
    exit(1);
  }
  free(x);
  return y;
}

static float *expected[THREADS];

/* Takes longer than a turn may. */
static unsigned large;

static unsigned batch_of(unsigned number) { return number % 4 ? 1 : large - number % 3; }

static void find_large(void) {
  double seconds = 0;
  for (large = 4; seconds < 0.03; large *= 2) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    free(answer(0, large));
    clock_gettime(CLOCK_MONOTONIC, &end);
    seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) * 1e-9;
  }
}

static void *work(void *argument) {
  const unsigned number = (unsigned)(size_t)argument, batch = batch_of(number);
  for (int round = 0; round < ROUNDS; round++) {
    float *y = answer(number, batch);
    const int differs = memcmp(y, expected[number], out.bytes * batch);
    free(y);
    if (differs) return "differs";
  }
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  mtlrt_options options = {.size = sizeof options, .threads = 2, .backends = argv[2],
                           .flags = MTLRT_STRICT};
  mtlrt_error e;
  model = mtlrt_open(argv[1], &options, &e);
  if (!model) return fprintf(stderr, "%s\n", e.text), 1;
  mtlrt_slot_at(model, 0, 0, &in);
  mtlrt_slot_at(model, 1, 0, &out);
  find_large();
  pthread_t threads[THREADS];
  int failures = 0;
  for (unsigned i = 0; i < THREADS; i++) expected[i] = answer(i, batch_of(i));
  for (unsigned i = 0; i < THREADS; i++)
    pthread_create(&threads[i], NULL, work, (void *)(size_t)i);
  for (unsigned i = 0; i < THREADS; i++) {
    void *result;
    pthread_join(threads[i], &result);
    if (result) failures++;
    free(expected[i]);
  }
  mtlrt_close(model);
  printf("%d of %d threads got other bits\n", failures, THREADS);
  return failures != 0;
}
