/* A child that is forked from a process with helper threads predicts the same bits.
 * Usage: fork MODEL.mtl BACKENDS */
#define _GNU_SOURCE
#include <mtlrt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 32 };

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  mtlrt_options options = {.size = sizeof options, .threads = 2, .backends = argv[2]};
  mtlrt_error e;
  mtlrt *m = mtlrt_open(argv[1], &options, &e);
  if (!m) return fprintf(stderr, "%s\n", e.text), 1;
  mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};
  mtlrt_slot_at(m, 0, 0, &in);
  mtlrt_slot_at(m, 1, 0, &out);
  const size_t in_bytes = in.bytes * BATCH, out_bytes = out.bytes * BATCH;
  float *x = malloc(in_bytes), *y = malloc(out_bytes), *z = malloc(out_bytes);
  for (size_t i = 0; i < in_bytes / sizeof *x; i++) x[i] = (float)(i % 89) / 89;
  if (mtlrt_predict(m, x, in_bytes, y, out_bytes, &e)) return fprintf(stderr, "%s\n", e.text), 1;
  const pid_t child = fork();
  if (child < 0) return perror("fork"), 1;
  if (child == 0) {
    alarm(60); /* a child that waits for threads it does not have must not wait for ever */
    for (int i = 0; i < 20; i++)
      if (mtlrt_predict(m, x, in_bytes, z, out_bytes, &e) || memcmp(y, z, out_bytes)) _exit(1);
    mtlrt_close(m);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  if (mtlrt_predict(m, x, in_bytes, z, out_bytes, &e) || memcmp(y, z, out_bytes)) return 1;
  mtlrt_close(m);
  free(x);
  free(y);
  free(z);
  if (!WIFEXITED(status) || WEXITSTATUS(status)) return fprintf(stderr, "child: %d\n", status), 1;
  return 0;
}
