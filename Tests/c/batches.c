/* The images of a batch get the answers that they get alone, and any number of threads gives the
 * same bits. Usage: batches MODEL.mtl BACKENDS */
#include <math.h>
#include <mtlrt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 49 };

static const unsigned batches[] = {1, 2, 3, 5, 16, 17, 32, 33, MOST};

static mtlrt *open_with(const char *model, const char *backends, unsigned threads) {
  mtlrt_options options = {.size = sizeof options, .threads = threads, .backends = backends,
                           .flags = MTLRT_STRICT};
  mtlrt_error e;
  mtlrt *m = mtlrt_open(model, &options, &e);
  if (!m) fprintf(stderr, "%s\n", e.text), exit(1);
  return m;
}

static void predict(mtlrt *m, const float *x, size_t in, float *y, size_t out) {
  mtlrt_error e;
  if (mtlrt_predict(m, x, in, y, out, &e)) fprintf(stderr, "%s\n", e.text), exit(1);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  mtlrt *one = open_with(argv[1], argv[2], 1);
  mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};
  mtlrt_slot_at(one, 0, 0, &in);
  mtlrt_slot_at(one, 1, 0, &out);
  const size_t count = in.bytes / sizeof(float), answers = out.bytes / sizeof(float);
  float *x = malloc(in.bytes * MOST), *alone = malloc(out.bytes * MOST);
  float *y = malloc(out.bytes * MOST), *z = malloc(out.bytes * MOST);
  for (size_t i = 0; i < count * MOST; i++) x[i] = (float)(i * 13 % 101) / 101;
  for (size_t i = 0; i < MOST; i++)
    predict(one, x + i * count, in.bytes, alone + i * answers, out.bytes);
  float worst = 0;
  for (unsigned threads = 2; threads <= 5; threads++) {
    mtlrt *m = open_with(argv[1], argv[2], threads);
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
      const size_t from = in.bytes * batches[b], to = out.bytes * batches[b];
      predict(one, x, from, y, to);
      predict(m, x, from, z, to);
      if (memcmp(y, z, to))
        return fprintf(stderr, "batch %u: %u threads give other bits\n", batches[b], threads), 1;
      for (size_t i = 0; i < to / sizeof *y; i++)
        if (!(fabsf(y[i] - alone[i]) <= worst)) worst = fabsf(y[i] - alone[i]);
    }
    mtlrt_close(m);
  }
  mtlrt_close(one);
  free(x);
  free(y);
  free(z);
  free(alone);
  printf("largest difference between an image in a batch and alone: %g\n", worst);
  return !(worst <= 1e-4f);
}
