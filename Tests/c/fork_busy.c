/* Children that are forked while other threads of the parent predict, or wait for their turn,
 * predict the same bits. Usage: fork_busy MODEL.mtl BACKENDS */
#define _GNU_SOURCE
#include <mtlrt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 6, CHILDREN = 20 };

static mtlrt *m;
static mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};
static float *x, *expected;
static atomic_int stop;

static int is_right(float *y) {
  mtlrt_error e;
  return mtlrt_predict(m, x, in.bytes, y, out.bytes, &e) == 0 && !memcmp(y, expected, out.bytes);
}

static void *work(void *unused) {
  float *y = malloc(out.bytes);
  int wrong = 0;
  while (!atomic_load(&stop)) wrong |= !is_right(y);
  free(y);
  return wrong ? x : unused;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  mtlrt_options options = {.size = sizeof options, .threads = 2, .backends = argv[2]};
  mtlrt_error e;
  m = mtlrt_open(argv[1], &options, &e);
  if (!m) return fprintf(stderr, "%s\n", e.text), 1;
  mtlrt_slot_at(m, 0, 0, &in);
  mtlrt_slot_at(m, 1, 0, &out);
  x = malloc(in.bytes);
  expected = malloc(out.bytes);
  float *y = malloc(out.bytes);
  for (size_t i = 0; i < in.bytes / sizeof *x; i++) x[i] = (float)(i % 83) / 83;
  if (mtlrt_predict(m, x, in.bytes, expected, out.bytes, &e)) return 1;
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, NULL);
  int failures = 0;
  for (int i = 0; i < CHILDREN; i++) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(60); /* a child that waits for threads it does not have must not wait for ever */
      for (int k = 0; k < 5; k++)
        if (!is_right(y)) _exit(1);
      _exit(0);
    }
    int status = 1;
    if (child < 0 || waitpid(child, &status, 0) != child || status) failures++;
  }
  atomic_store(&stop, 1);
  for (int i = 0; i < THREADS; i++) {
    void *result;
    pthread_join(threads[i], &result);
    failures += result != NULL;
  }
  mtlrt_close(m);
  free(x);
  free(y);
  free(expected);
  return failures ? fprintf(stderr, "%d failures\n", failures), 1 : 0;
}
