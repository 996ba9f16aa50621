/* Opening, predicting, decoding and closing again and again: memory, files and threads stay.
 * Usage: open_close MODEL.mtl IMAGE CYCLES */
#include <dirent.h>
#include <mtlrt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static long entries(const char *folder) {
  DIR *const open = opendir(folder);
  long count = 0;
  while (open && readdir(open)) count++;
  if (open) closedir(open);
  return count;
}

static long resident(void) {
  FILE *const file = fopen("/proc/self/statm", "r");
  long size = 0, pages = 0;
  if (!file || fscanf(file, "%ld %ld", &size, &pages) != 2) exit(2);
  fclose(file);
  return pages * (sysconf(_SC_PAGESIZE) >> 10);
}

static void cycle(const char *path, const void *image, size_t count) {
  mtlrt_error e;
  mtlrt *const m = mtlrt_open(path, NULL, &e);
  mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};
  if (!m || mtlrt_slot_at(m, 0, 0, &in) || mtlrt_slot_at(m, 1, 0, &out)) {
    puts(e.text);
    exit(1);
  }
  mtlrt_pixels pixels = {.size = sizeof pixels};
  void *const x = calloc(1, in.bytes), *const y = calloc(1, out.bytes);
  mtlrt_ctx *const context = mtlrt_ctx_new(m, 2, &e);
  if (!context || mtlrt_decode(m, image, count, &pixels, &e) ||
      mtlrt_image(m, &pixels, x, in.bytes, &e) ||
      mtlrt_predict(m, x, in.bytes, y, out.bytes, &e)) {
    puts(e.text);
    exit(1);
  }
  mtlrt_pixels_free(&pixels);
  mtlrt_close(m);
  mtlrt_ctx_free(context);
  free(x);
  free(y);
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  FILE *const file = fopen(argv[2], "rb");
  static char image[1 << 20];
  const size_t count = file ? fread(image, 1, sizeof image, file) : 0;
  if (file) fclose(file);
  const long cycles = atol(argv[3]);
  for (long i = 0; i < cycles / 10; i++) cycle(argv[1], image, count);
  const long memory = resident(), files = entries("/proc/self/fd");
  const long threads = entries("/proc/self/task");
  for (long i = 0; i < cycles; i++) cycle(argv[1], image, count);
  const long more = resident() - memory;
  printf("%ld cycles: %ld KB more\n", cycles, more);
  if (entries("/proc/self/fd") != files) return puts("files are left open"), 1;
  if (entries("/proc/self/task") != threads) return puts("threads are left"), 1;
  /* Less than a byte in each cycle: what libc keeps in its lists. */
  return more > 512;
}
