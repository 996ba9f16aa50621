/* The smallest program: open, predict, close. Usage: three_calls MODEL.mtl */
#include <mtlrt.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  mtlrt_error e;
  mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};
  mtlrt *m = mtlrt_open(argv[1], NULL, &e);
  if (!m) return fprintf(stderr, "%s\n", e.text), 1;
  if (mtlrt_slot_at(m, 0, 0, &in) || mtlrt_slot_at(m, 1, 0, &out)) return 1;
  float *x = calloc(1, in.bytes), *y = calloc(1, out.bytes);
  if (!x || !y || mtlrt_predict(m, x, in.bytes, y, out.bytes, &e))
    return fprintf(stderr, "%s\n", e.text), 1;
  for (size_t i = 0; i < out.bytes / sizeof *y; i++) printf("%.6f\n", y[i]);
  mtlrt_close(m);
  free(x);
  free(y);
  return 0;
}
