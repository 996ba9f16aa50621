/* What mtlrt.h allows with memory, files and contexts: bytes until the last context is freed, with
 * MTLRT_COPY until the model is open; a file replaced by renaming; a file changed in place, which
 * verifying notices, and which a copy does not see.
 * Usage: lifetimes MODEL.mtl BACKENDS FOLDER */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mtlrt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static mtlrt_options options = {.size = sizeof options, .threads = 2};
static float *x, *y, *expected;
static size_t in_bytes, out_bytes;
static void *outputs[64];

static int stop(const char *what) { return fprintf(stderr, "%s\n", what), exit(1), 1; }

static void run(mtlrt_ctx *context, const char *what) {
  const void *inputs[1] = {x};
  mtlrt_error e;
  memset(y, 0, out_bytes);
  if (mtlrt_run(context, inputs, outputs, &e)) stop(e.text);
  if (memcmp(y, expected, out_bytes) != 0) stop(what);
}

static void *load(const char *path, size_t *count) {
  FILE *const file = fopen(path, "rb");
  if (!file) stop(path);
  fseek(file, 0, SEEK_END);
  *count = (size_t)ftell(file);
  rewind(file);
  void *const bytes = aligned_alloc(64, (*count + 63) / 64 * 64);
  if (fread(bytes, 1, *count, file) != *count) stop(path);
  fclose(file);
  return bytes;
}

static void write_file(const char *path, const void *bytes, size_t count, int flags) {
  const int file = open(path, O_WRONLY | flags, 0644);
  if (file < 0 || write(file, bytes, count) != (ssize_t)count) stop(path);
  close(file);
}

static mtlrt *must(mtlrt *model, const mtlrt_error *e) {
  if (!model) stop(e->text);
  return model;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  options.backends = argv[2];
  mtlrt_error e;
  size_t count;
  char *bytes = load(argv[1], &count);
  mtlrt *m = must(mtlrt_open_memory(bytes, count, &options, &e), &e);
  mtlrt_slot slot = {.size = sizeof slot};
  mtlrt_slot_at(m, 0, 0, &slot);
  in_bytes = slot.bytes;
  for (uint32_t i = 0; mtlrt_slot_at(m, 1, i, &slot) == 0; i++) out_bytes += slot.bytes;
  x = calloc(1, in_bytes);
  y = calloc(1, out_bytes);
  expected = calloc(1, out_bytes);
  for (size_t i = 0; i < in_bytes / sizeof(float); i++) x[i] = (float)(i % 7) / 7;
  char *next = (char *)y;
  for (uint32_t i = 0; mtlrt_slot_at(m, 1, i, &slot) == 0; next += slot.bytes, i++)
    outputs[i] = next;
  if (mtlrt_predict(m, x, in_bytes, expected, out_bytes, &e)) stop(e.text);

  /* Contexts outlive their handle; the bytes have to as well. */
  mtlrt_ctx *context = mtlrt_ctx_new(m, 1, &e);
  mtlrt_close(m);
  run(context, "other results after close");
  mtlrt_ctx_free(context);

  options.flags = MTLRT_COPY;
  m = must(mtlrt_open_memory(bytes, count, &options, &e), &e);
  memset(bytes, 0xFF, count);
  context = mtlrt_ctx_new(m, 1, &e);
  mtlrt_close(m);
  run(context, "a copy that is none");
  mtlrt_ctx_free(context);
  free(bytes);

  char path[4096], other[4200];
  snprintf(path, sizeof path, "%s/model.mtl", argv[3]);
  snprintf(other, sizeof other, "%s.new", path);
  bytes = load(argv[1], &count);

  options.flags = 0;
  write_file(path, bytes, count, O_CREAT | O_TRUNC);
  m = must(mtlrt_open(path, &options, &e), &e);
  context = mtlrt_ctx_new(m, 1, &e);
  write_file(other, "not a model", 11, O_CREAT | O_TRUNC);
  if (rename(other, path)) stop("rename");
  run(context, "other results after the file was replaced");
  if (mtlrt_verify(m, &e)) stop(e.text);
  mtlrt_ctx_free(context);
  mtlrt_close(m);

  /* In place: only a copy does not care, and verifying notices. */
  write_file(path, bytes, count, O_TRUNC);
  m = must(mtlrt_open(path, &options, &e), &e);
  options.flags = MTLRT_COPY;
  mtlrt *const copy = must(mtlrt_open(path, &options, &e), &e);
  context = mtlrt_ctx_new(copy, 1, &e);
  char *const changed = memcpy(malloc(count), bytes, count);
  changed[count - 1] ^= 1;
  write_file(path, changed, count, 0);
  if (mtlrt_verify(m, &e) == 0) stop("verifying does not notice a file that was changed");
  if (mtlrt_verify(copy, &e)) stop(e.text);
  mtlrt_close(m);
  if (truncate(path, 10)) stop("truncate");
  run(context, "a copy of a file that sees the file");
  if (mtlrt_verify(copy, &e)) stop(e.text);
  mtlrt_ctx_free(context);
  mtlrt_close(copy);
  puts("all live as long as they should");
  return 0;
}
