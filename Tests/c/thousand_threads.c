#define _POSIX_C_SOURCE 200809L

/* A thousand threads on one handle at once, with small stacks; some open models of their own. All
 * get the same answer, and nothing is left of them.
 * Usage: thousand_threads MODEL.mtl THREADS */
#include <dirent.h>
#include <mtlrt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *path;
static mtlrt *model;
static mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};
static float *x, *expected;
static atomic_int wrong;

static long entries(const char *folder) {
  DIR *const open = opendir(folder);
  long count = 0;
  while (open && readdir(open)) count++;
  if (open) closedir(open);
  return count;
}

static void *predict(void *number) {
  const size_t index = (size_t)number;
  mtlrt_error e;
  mtlrt *own = index % 50 == 0 ? mtlrt_open(path, NULL, &e) : NULL;
  float *const y = malloc(out.bytes);
  for (int round = 0; round < 3; round++)
    if (mtlrt_predict(own ? own : model, x, in.bytes, y, out.bytes, &e) ||
        memcmp(y, expected, out.bytes) != 0)
      wrong++;
  free(y);
  mtlrt_close(own);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  path = argv[1];
  const size_t count = (size_t)atol(argv[2]);
  mtlrt_error e;
  model = mtlrt_open(path, NULL, &e);
  if (!model) return puts(e.text), 1;
  mtlrt_slot_at(model, 0, 0, &in);
  mtlrt_slot_at(model, 1, 0, &out);
  x = calloc(1, in.bytes);
  expected = calloc(1, out.bytes);
  if (mtlrt_predict(model, x, in.bytes, expected, out.bytes, &e)) return puts(e.text), 1;
  const long files = entries("/proc/self/fd"), before = entries("/proc/self/task");
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 64 << 10);
  pthread_t *const threads = calloc(count, sizeof *threads);
  size_t started = 0;
  while (started < count &&
         pthread_create(&threads[started], &small, predict, (void *)started) == 0)
    started++;
  for (size_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
  printf("%zu threads, %d wrong answers\n", started, wrong);
  if (entries("/proc/self/fd") != files) return puts("files are left open"), 1;
  /* A worker more may have been started to let callers go first. */
  if (entries("/proc/self/task") > before + 2) return puts("threads are left"), 1;
  mtlrt_close(model);
  free(threads);
  free(expected);
  free(x);
  return wrong != 0 || started == 0;
}
