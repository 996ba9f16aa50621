/* Threads that are cancelled while they call the library leave it usable, and leave nothing behind.
 * Usage: cancelled_threads MODEL.mtl BACKENDS */
#define _GNU_SOURCE
#include <dirent.h>
#include <mtlrt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static mtlrt *model;
static mtlrt_options options;
static const char *path;
static mtlrt_slot in = {.size = sizeof in};
static size_t outputs;

static long open_files(void) {
  DIR *const folder = opendir("/proc/self/fd");
  long count = 0;
  while (folder && readdir(folder)) count++;
  if (folder) closedir(folder);
  return count;
}

static void *predict(void *unused) {
  (void)unused;
  static char x[1 << 22];
  char *const y = (char *)x + (1 << 21);
  for (;;) {
    mtlrt_predict(model, x, in.bytes, y, outputs, NULL);
    pthread_testcancel();
  }
  return NULL;
}

static void *open_and_verify(void *unused) {
  (void)unused;
  for (;;) {
    mtlrt *const own = mtlrt_open(path, &options, NULL);
    mtlrt_verify(own, NULL);
    char text[64];
    mtlrt_report(own, 1, text, sizeof text);
    mtlrt_ctx *const ctx = mtlrt_ctx_new(own, 3, NULL);
    mtlrt_ctx_free(ctx);
    mtlrt_close(own);
    pthread_testcancel();
  }
  return NULL;
}

static void cancel_some(void *(*body)(void *)) {
  for (int round = 0; round < 60; round++) {
    pthread_t threads[6];
    for (int i = 0; i < 6; i++) pthread_create(&threads[i], NULL, body, NULL);
    const struct timespec moment = {0, 200000 + round * 7919 % 1500000};
    nanosleep(&moment, NULL);
    for (int i = 0; i < 6; i++) pthread_cancel(threads[i]);
    for (int i = 0; i < 6; i++) pthread_join(threads[i], NULL);
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  alarm(120);
  path = argv[1];
  options = (mtlrt_options){.size = sizeof options, .threads = 2, .backends = argv[2]};
  mtlrt_error e;
  model = mtlrt_open(path, &options, &e);
  if (!model) return fprintf(stderr, "%s\n", e.text), 1;
  mtlrt_slot_at(model, 0, 0, &in);
  for (uint32_t i = 0;; i++) {
    mtlrt_slot out = {.size = sizeof out};
    if (mtlrt_slot_at(model, 1, i, &out)) break;
    outputs += out.bytes;
  }
  const long files = open_files();
  cancel_some(predict);
  cancel_some(open_and_verify);
  if (open_files() > files) return fprintf(stderr, "files are left open\n"), 1;
  char *const x = calloc(1, in.bytes), *const y = calloc(1, outputs);
  for (int i = 0; i < 50; i++)
    if (mtlrt_predict(model, x, in.bytes, y, outputs, &e))
      return fprintf(stderr, "%s\n", e.text), 1;
  mtlrt_close(model);
  free(x);
  free(y);
  puts("still predicts");
  return 0;
}
