/* Where the system refuses threads, or their attributes, predictions go on with those that there
 * are, and more are started as soon as they can be. The program's own pthread_create stands before
 * the system's.
 * Usage: refused_threads MODEL.mtl all|attributes */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <mtlrt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 3 };

static int refuses_all, refuses_attributes;

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
                   void *argument) {
  if (refuses_all) return EAGAIN;
  if (refuses_attributes && attributes) return EPERM;
  int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  *(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
  return next(thread, attributes, body, argument);
}

static int threads(void) {
  DIR *folder = opendir("/proc/self/task");
  int count = 0;
  for (struct dirent *entry; folder && (entry = readdir(folder));) count += entry->d_name[0] != '.';
  if (folder) closedir(folder);
  return count;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  alarm(60);
  refuses_all = !strcmp(argv[2], "all");
  refuses_attributes = !refuses_all;
  mtlrt_options options = {.size = sizeof options, .threads = THREADS};
  mtlrt_error e;
  mtlrt *m = mtlrt_open(argv[1], &options, &e);
  if (!m) return fprintf(stderr, "%s\n", e.text), 1;
  const int first = refuses_all ? 1 : THREADS;
  if (threads() != first) return fprintf(stderr, "%d threads at first\n", threads()), 1;
  mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};
  mtlrt_slot_at(m, 0, 0, &in);
  mtlrt_slot_at(m, 1, 0, &out);
  float *x = calloc(1, in.bytes), *y = malloc(out.bytes);
  for (int i = 0; i < 100; i++)
    if (mtlrt_predict(m, x, in.bytes, y, out.bytes, &e)) return fprintf(stderr, "%s\n", e.text), 1;
  refuses_all = 0;
  while (threads() != THREADS) {
    if (mtlrt_predict(m, x, in.bytes, y, out.bytes, &e)) return fprintf(stderr, "%s\n", e.text), 1;
    usleep(1000);
  }
  free(x);
  free(y);
  mtlrt_close(m);
  return 0;
}
