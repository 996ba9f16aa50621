/* Lets allocations fail, the n-th alone or all from the n-th on, within every function of mtlrt.h:
 * each call works, or says MTLRT_E_MEMORY and leaves nothing behind.
 * Usage: no_memory MODEL.mtl BACKENDS IMAGE cold|warm [STEP]
 *   cold: in a process that has loaded nothing yet, forked for each n; STEP thins out later n. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <mtlrt.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static atomic_int armed, all_later;
static atomic_long asked, fails_at, live, mapped;

static int fails(void) {
  if (!armed) return 0;
  const long number = atomic_fetch_add(&asked, 1) + 1;
  const int fails = all_later ? number >= fails_at : number == fails_at;
  if (fails) errno = ENOMEM;
  return fails;
}

static void *counted(void *memory) {
  if (memory) live++;
  return memory;
}

void *malloc(size_t size) { return fails() ? NULL : counted(__libc_malloc(size)); }
void *calloc(size_t number, size_t size) {
  return fails() ? NULL : counted(__libc_calloc(number, size));
}
void *memalign(size_t to, size_t size) {
  return fails() ? NULL : counted(__libc_memalign(to, size));
}
void *aligned_alloc(size_t to, size_t size) { return memalign(to, size); }
void *realloc(void *old, size_t size) {
  if (fails()) return NULL;
  void *const memory = __libc_realloc(old, size);
  if (memory && !old) live++;
  return memory;
}
int posix_memalign(void **result, size_t to, size_t size) {
  *result = memalign(to, size);
  return *result ? 0 : ENOMEM;
}
void free(void *memory) {
  if (memory) live--;
  __libc_free(memory);
}
void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  if (fails()) return MAP_FAILED;
  void *const memory =
      (void *)syscall(SYS_mmap, address, length, protection, flags, file, offset);
  if (memory != MAP_FAILED) mapped++;
  return memory;
}
int munmap(void *address, size_t length) {
  mapped--;
  return (int)syscall(SYS_munmap, address, length);
}

static const char *path, *backends, *current;
static char *file_bytes, *image_bytes;
static size_t file_count, image_count;
static float *input, *expected, *output;
static mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};
static int has_preprocessing;
static mtlrt *model;
static mtlrt_ctx *context;

static void stop(const char *what, long number) {
  armed = 0;
  fprintf(stderr, "%s: %s, allocation %ld %s\n", current, what, number,
          all_later ? "and all later ones fail" : "fails");
  _exit(1);
}

static long open_files(void) {
  DIR *const folder = opendir("/proc/self/fd");
  long count = 0;
  while (folder && readdir(folder)) count++;
  if (folder) closedir(folder);
  return count;
}

static mtlrt_options options(uint32_t flags) {
  return (mtlrt_options){.size = sizeof(mtlrt_options), .threads = 2, .flags = flags,
                         .backends = backends};
}

/* A case returns 0 or a code; what it made it frees again. */
static int32_t closed(mtlrt *opened, const mtlrt_error *error) {
  mtlrt_close(opened);
  return opened ? 0 : error->code;
}
static int32_t open_file(mtlrt_error *error) {
  const mtlrt_options o = options(0);
  return closed(mtlrt_open(path, &o, error), error);
}
static int32_t open_verified_copy(mtlrt_error *error) {
  const mtlrt_options o = options(MTLRT_VERIFY | MTLRT_COPY);
  return closed(mtlrt_open(path, &o, error), error);
}
static int32_t open_memory(mtlrt_error *error) {
  const mtlrt_options o = options(0);
  return closed(mtlrt_open_memory(file_bytes + 1, file_count, &o, error), error);
}
static int32_t predict_first(mtlrt_error *error) {
  armed = 0;
  const mtlrt_options o = options(0);
  mtlrt *const opened = mtlrt_open(path, &o, error);
  if (!opened) stop("cannot be opened", 0);
  armed = 1;
  int32_t code = 0;
  for (uint32_t batch = 1; batch <= 3 && code == 0; batch += 2) {
    memset(output, 0, 3 * out.bytes);
    code = mtlrt_predict(opened, input, batch * in.bytes, output, batch * out.bytes, error);
    if (code == 0 && memcmp(output, expected, out.bytes) != 0) stop("other results", 0);
  }
  armed = 0;
  if (mtlrt_predict(opened, input, in.bytes, output, out.bytes, error) ||
      memcmp(output, expected, out.bytes) != 0)
    stop("does not predict any more", 0);
  mtlrt_close(opened);
  armed = 1;
  return code;
}
static int32_t predict(mtlrt_error *error) {
  return mtlrt_predict(model, input, in.bytes, output, out.bytes, error);
}
static int32_t run(mtlrt_error *error) {
  mtlrt_ctx *const made = mtlrt_ctx_new(model, 1, error);
  if (!made) return error->code;
  mtlrt_time_steps(made, 1);
  const void *inputs[1] = {input};
  void *outputs[64] = {output};
  const int32_t code = mtlrt_run(made, inputs, outputs, error);
  mtlrt_ctx_free(made);
  return code;
}
static int32_t run_again(mtlrt_error *error) {
  const void *inputs[1] = {input};
  void *outputs[64] = {output};
  return mtlrt_run(context, inputs, outputs, error);
}
static int32_t verify(mtlrt_error *error) { return mtlrt_verify(model, error); }

static int32_t text(size_t (*function)(const mtlrt *, uint32_t, char *, size_t), uint32_t json,
                    const mtlrt *about) {
  static char room[1 << 16];
  const size_t needs = function(about, json, room, sizeof room);
  if (needs == 0 && room[0] != 0) stop("a text that is not there", 0);
  return needs ? 0 : MTLRT_E_MEMORY;
}
static int32_t texts(mtlrt_error *error) {
  (void)error;
  int32_t code = 0;
  for (uint32_t json = 0; json < 2; json++) {
    code |= text(mtlrt_describe, json, model);
    code |= text(mtlrt_report, json, model);
    code |= text(mtlrt_report, json, NULL);
  }
  return code ? MTLRT_E_MEMORY : 0;
}
static int32_t images(mtlrt_error *error) {
  mtlrt_pixels pixels = {.size = sizeof pixels};
  int32_t code = mtlrt_decode(model, image_bytes, image_count, &pixels, error);
  if (code) return code;
  if (has_preprocessing) code = mtlrt_image(model, &pixels, input, in.bytes, error);
  void *png = NULL;
  size_t count;
  if (!code) code = mtlrt_encode_png(model, &pixels, &png, &count, error);
  mtlrt_free(png);
  mtlrt_pixels_free(&pixels);
  return code;
}
static int32_t damaged_files(mtlrt_error *error) {
  const mtlrt_options o = options(0);
  int32_t code = 0;
  for (size_t place = 8; place < 4096 && place < file_count; place += 211) {
    file_bytes[place + 1] ^= 0x55;
    mtlrt *const opened = mtlrt_open_memory(file_bytes + 1, file_count, &o, error);
    file_bytes[place + 1] ^= 0x55;
    if (!opened && error->code == MTLRT_E_MEMORY) code = MTLRT_E_MEMORY;
    mtlrt_close(opened);
  }
  return code;
}
static int32_t damaged_images(mtlrt_error *error) {
  int32_t code = 0;
  for (size_t count = 1; count < image_count; count += image_count / 5) {
    mtlrt_pixels pixels = {.size = sizeof pixels};
    if (mtlrt_decode(model, image_bytes, count, &pixels, error) == MTLRT_E_MEMORY)
      code = MTLRT_E_MEMORY;
    mtlrt_pixels_free(&pixels);
  }
  return code;
}

/* What must not allocate at all. */
static int32_t wrong_arguments(mtlrt_error *error) {
  mtlrt_options o = options(0);
  o.threads = 100000;
  if (mtlrt_open(path, &o, error) || error->code != MTLRT_E_ARGUMENT) stop("threads", 0);
  o = options(1u << 30);
  if (mtlrt_open(path, &o, error) || error->code != MTLRT_E_ARGUMENT) stop("flags", 0);
  o.size = 1;
  if (mtlrt_open(path, &o, error) || error->code != MTLRT_E_ARGUMENT) stop("size", 0);
  if (mtlrt_open(NULL, NULL, error) || error->code != MTLRT_E_ARGUMENT) stop("path", 0);
  mtlrt_pixels pixels = {.size = 1};
  const int32_t codes[] = {
      mtlrt_predict(NULL, input, 1, output, 1, error),
      mtlrt_predict(model, input, in.bytes + 1, output, out.bytes, error),
      mtlrt_predict(model, input, in.bytes, output, out.bytes + 1, error),
      mtlrt_predict(model, input, SIZE_MAX / in.bytes * in.bytes, output, out.bytes, error),
      mtlrt_run(NULL, NULL, NULL, error),
      mtlrt_verify(NULL, error),
      mtlrt_image(model, &pixels, input, in.bytes, error), /* or without preprocessing */
      mtlrt_image(model, NULL, input, in.bytes, error),
      mtlrt_image(model, &pixels, input, 1, error),
      mtlrt_decode(model, image_bytes, 1, &pixels, error),
      mtlrt_encode_png(model, NULL, NULL, NULL, error),
      mtlrt_slot_at(model, 0, 99, &in),
      mtlrt_task_at(model, 99999, NULL),
      mtlrt_ctx_new(model, 0, error) ? 0 : error->code,
  };
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    if (codes[i] != MTLRT_E_ARGUMENT) stop("a wrong argument passes", (long)i);
  mtlrt_metadata(model, "no such key");
  mtlrt_backend(model, 99);
  mtlrt_label(model, 99, 99);
  mtlrt_cancel(context, 1);
  mtlrt_cancel(context, 0);
  return 0;
}

static const struct {
  const char *name;
  int32_t (*call)(mtlrt_error *);
  int allocates;
  int is_slow;
} cases[] = {
    {"open", open_file, 1, 1},
    {"open, verify, copy", open_verified_copy, 1, 1},
    {"open memory", open_memory, 1, 1},
    {"predict first", predict_first, 1, 1},
    {"predict", predict, 0, 0},
    {"new context and run", run, 1, 0},
    {"run", run_again, 0, 0},
    {"verify", verify, 1, 0},
    {"texts", texts, 1, 0},
    {"images", images, 1, 0},
    {"damaged files", damaged_files, 1, 1},
    {"damaged images", damaged_images, 1, 0},
    {"wrong arguments", wrong_arguments, 0, 0},
};
enum { CASES = sizeof cases / sizeof *cases };

/* Lets allocation `number` fail; returns whether the call got that far. */
static int try_one(size_t index, long number, int later) {
  mtlrt_error error = {0, ""};
  current = cases[index].name;
  asked = 0;
  fails_at = number;
  all_later = later;
  armed = 1;
  const int32_t code = cases[index].call(&error);
  armed = 0;
  const int got_there = asked >= number;
  if (code != 0 && !(got_there && code == MTLRT_E_MEMORY)) {
    fprintf(stderr, "code %d: %s\n", code, error.text);
    stop("another failure", number);
  }
  if (!cases[index].allocates && asked > 0) stop("allocates", asked);
  return got_there;
}

static void warm(long step) {
  for (size_t index = 0; index < CASES; index++) {
    long number[2] = {0, 0};
    const long stride = cases[index].is_slow ? step : 1;
    for (int later = 0; later < 2; later++) {
      /* What the first calls leave in libc's own caches is no leak. */
      try_one(index, 1L << 40, 0);
      try_one(index, 1L << 40, 0);
      long before_live = live, before_mapped = mapped, before_files = open_files();
      for (long n = 1; try_one(index, n, later); n += n < 60 ? 1 : stride) {
        number[later] = n;
        dlerror();
        if (live > before_live || mapped > before_mapped) {
          /* Once more: what is left behind once is kept for later calls. */
          try_one(index, n, later);
          const long again = live;
          try_one(index, n, later);
          dlerror();
          if (live > again || mapped > before_mapped + 1) {
            fprintf(stderr, "%ld blocks, %ld mappings more\n", live - before_live,
                    mapped - before_mapped);
            stop("leaves memory behind", n);
          }
          before_live = live;
          before_mapped = mapped;
        }
        if (open_files() > before_files) stop("leaves files open", n);
      }
    }
    printf("%s: %ld and %ld failures\n", cases[index].name, number[0], number[1]);
    if (cases[index].allocates && number[0] == 0) stop("nothing failed", 0);
  }
}

static void cold(long step) {
  for (int later = 0; later < 2; later++) {
    long n = 1;
    for (;; n += n < 40 ? 1 : step) {
      fflush(NULL);
      const pid_t child = fork();
      if (child == 0) {
        alarm(60);
        const int got_there = try_one(0, n, later);
        mtlrt_error error;
        const int32_t code = open_file(&error);
        if (code != 0) stop(error.text, n);
        _exit(got_there ? 0 : 3);
      }
      int status;
      waitpid(child, &status, 0);
      if (WIFEXITED(status) && WEXITSTATUS(status) == 3) break;
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "cold open: allocation %ld %s: status %x\n", n,
                later ? "and all later ones fail" : "fails", status);
        exit(1);
      }
    }
    printf("cold open: %ld failures\n", n - 1);
  }
}

static char *load(const char *name, size_t *count) {
  FILE *const file = fopen(name, "rb");
  if (!file) exit(2);
  fseek(file, 0, SEEK_END);
  *count = (size_t)ftell(file);
  rewind(file);
  char *const bytes = malloc(*count + 1);
  if (fread(bytes + 1, 1, *count, file) != *count) exit(2);
  fclose(file);
  return bytes;
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  path = argv[1];
  backends = argv[2];
  const long step = argc > 5 ? atol(argv[5]) : 1;
  if (strcmp(argv[4], "cold") == 0) return cold(step), 0;
  file_bytes = load(path, &file_count);
  image_bytes = load(argv[3], &image_count) + 1;
  mtlrt_error error;
  const mtlrt_options o = options(0);
  model = mtlrt_open(path, &o, &error);
  if (!model) return fprintf(stderr, "%s\n", error.text), 1;
  mtlrt_slot_at(model, 0, 0, &in);
  mtlrt_slot_at(model, 1, 0, &out);
  input = calloc(3, in.bytes);
  uint8_t pixel[3] = {0};
  const mtlrt_pixels one = {sizeof one, 1, 1, 3, MTLRT_RGB8, pixel};
  has_preprocessing = mtlrt_image(model, &one, input, in.bytes, &error) == 0;
  output = calloc(3, out.bytes);
  expected = calloc(1, out.bytes);
  context = mtlrt_ctx_new(model, 1, &error);
  if (!context || mtlrt_predict(model, input, in.bytes, expected, out.bytes, &error))
    return fprintf(stderr, "%s\n", error.text), 1;
  warm(step);
  return 0;
}
