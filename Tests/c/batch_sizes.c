/* Batches of many sizes, one after the other, take no more memory than the largest alone.
 * Usage: batch_sizes MODEL.mtl BACKENDS */
#include <mtlrt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long resident(void) {
  FILE *const file = fopen("/proc/self/statm", "r");
  long size = 0, pages = 0;
  if (!file || fscanf(file, "%ld %ld", &size, &pages) != 2) exit(2);
  fclose(file);
  return pages * 4096;
}

enum { LARGEST = 64 };

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  const mtlrt_options o = {.size = sizeof o, .threads = 1, .backends = argv[2]};
  mtlrt_error e;
  mtlrt *const m = mtlrt_open(argv[1], &o, &e);
  if (!m) return fprintf(stderr, "%s\n", e.text), 1;
  mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};
  mtlrt_slot_at(m, 0, 0, &in);
  mtlrt_slot_at(m, 1, 0, &out);
  char *const x = malloc(LARGEST * in.bytes), *const y = malloc(LARGEST * out.bytes);
  memset(x, 0, LARGEST * in.bytes);
  memset(y, 0, LARGEST * out.bytes);
  const long before = resident();
  if (mtlrt_predict(m, x, LARGEST * in.bytes, y, LARGEST * out.bytes, &e)) return 1;
  const long largest = resident() - before;
  for (int round = 0; round < 2; round++) {
    for (size_t n = 1; n <= LARGEST; n++) {
      const size_t batch = round ? LARGEST + 1 - n : n;
      if (mtlrt_predict(m, x, batch * in.bytes, y, batch * out.bytes, &e)) return 1;
    }
  }
  const long all = resident() - before;
  printf("largest batch %ld KB, all %ld KB\n", largest >> 10, all >> 10);
  mtlrt_close(m);
  return all > largest + largest / 4 + (8 << 20);
}
