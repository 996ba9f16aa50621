/* Eight threads share one handle and must all get the bits that one thread gets.
 * Usage: many_threads MODEL.mtl BACKENDS */
#include <mtlrt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8, ROUNDS = 50 };

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

static void *work(void *argument) {
  const unsigned number = (unsigned)(size_t)argument, batch = 1 + number % 3;
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
  pthread_t threads[THREADS];
  int failures = 0;
  for (unsigned i = 0; i < THREADS; i++) expected[i] = answer(i, 1 + i % 3);
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
