/* Counts what a prediction allocates after the first one: nothing.
 * Usage: no_allocation MODEL.mtl BACKENDS THREADS */
#define _GNU_SOURCE
#include <mtlrt.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_long allocations;

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static void count(void) { atomic_fetch_add(&allocations, 1); }

void *malloc(size_t size) { return count(), __libc_malloc(size); }
void *calloc(size_t number, size_t size) { return count(), __libc_calloc(number, size); }
void *realloc(void *old, size_t size) { return count(), __libc_realloc(old, size); }
void *memalign(size_t to, size_t size) { return count(), __libc_memalign(to, size); }
void *aligned_alloc(size_t to, size_t size) { return memalign(to, size); }
int posix_memalign(void **result, size_t to, size_t size) {
  *result = memalign(to, size);
  return *result ? 0 : 12;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  mtlrt_options options = {.size = sizeof options, .backends = argv[2], .flags = MTLRT_STRICT,
                           .threads = (uint32_t)atoi(argv[3])};
  mtlrt_error e;
  mtlrt *m = mtlrt_open(argv[1], &options, &e);
  if (!m) return fprintf(stderr, "%s\n", e.text), 1;
  mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};
  mtlrt_slot_at(m, 0, 0, &in);
  mtlrt_slot_at(m, 1, 0, &out);
  const long opened = allocations;
  char *x = calloc(1, in.bytes), *y = calloc(1, out.bytes);
  if (mtlrt_predict(m, x, in.bytes, y, out.bytes, &e)) return fprintf(stderr, "%s\n", e.text), 1;
  const long first = allocations;
  if (first == opened) return fprintf(stderr, "the counter does not count\n"), 1;
  for (int i = 0; i < 100; i++)
    if (mtlrt_predict(m, x, in.bytes, y, out.bytes, &e))
      return fprintf(stderr, "%s\n", e.text), 1;
  const long later = allocations - first;
  printf("%ld allocations in 100 predictions\n", later);
  mtlrt_close(m);
  free(x);
  free(y);
  return later != 0;
}
