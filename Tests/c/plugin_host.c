/* A host that does what its arguments say, one after the other, and prints what comes of it:
 *
 *   load FILE       the library, by dlopen
 *   dir FOLDER      module_dir for what is opened from now on; backends NAMES, flags NUMBER alike
 *   open MODEL      from a copy in memory that `read MODEL` may have made before; close: the last
 *   predict         on zeros
 *   report, fallback
 *   read FILE       keeps the content; decode: as an image, for the model that is open, if one is
 *   chdir, chroot FOLDER; rename A B; delete FILE; uid NUMBER; exec PROGRAM WORDS...
 *   no-readlink, no-files    system calls that fail with EPERM from now on
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <mtlrt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
  void *library;
  mtlrt *model[64];
  int models;
  mtlrt_options options;
  struct content {
    const char *name;
    void *bytes;
    size_t count;
  } content[16];
  int contents;
} state = {.options = {.size = sizeof(mtlrt_options)}};

#define FUNCTION(name) ((__typeof__(&name))symbol(#name))

static void *symbol(const char *name) {
  void *found = state.library ? dlsym(state.library, name) : NULL;
  if (!found) {
    printf("no %s\n", name);
    exit(1);
  }
  return found;
}

static mtlrt *model(void) { return state.models ? state.model[state.models - 1] : NULL; }

static void check(int failed, const char *what) {
  if (!failed) return;
  printf("%s: %s\n", what, strerror(errno));
  exit(1);
}

static struct content *content(const char *name) {
  for (int i = 0; i < state.contents; i++)
    if (strcmp(state.content[i].name, name) == 0) return &state.content[i];
  struct content *new = &state.content[state.contents++];
  FILE *file = fopen(name, "rb");
  check(!file || fseek(file, 0, SEEK_END) != 0, name);
  new->name = name;
  new->count = (size_t)ftell(file);
  new->bytes = aligned_alloc(64, (new->count + 63) / 64 * 64);
  rewind(file);
  check(!new->bytes || fread(new->bytes, 1, new->count, file) != new->count, name);
  fclose(file);
  return new;
}

static void open_model(const char *name) {
  mtlrt_error e = {0};
  struct content *file = content(name);
  mtlrt *opened =
      FUNCTION(mtlrt_open_memory)(file->bytes, file->count, &state.options, &e);
  if (opened) state.model[state.models++] = opened;
  const char *first = opened ? FUNCTION(mtlrt_backend)(opened, 0) : e.text;
  printf("open %d %s\n", (int)(opened ? 0 : e.code), first);
}

static void predict(void) {
  mtlrt_error e = {0};
  static float in[1 << 16], out[1 << 16];
  mtlrt_slot slot = {.size = sizeof slot};
  size_t in_bytes = 0, out_bytes = 0;
  for (uint32_t i = 0; FUNCTION(mtlrt_slot_at)(model(), 0, i, &slot) == 0; i++)
    in_bytes += slot.bytes;
  for (uint32_t i = 0; FUNCTION(mtlrt_slot_at)(model(), 1, i, &slot) == 0; i++)
    out_bytes += slot.bytes;
  const int code = FUNCTION(mtlrt_predict)(model(), in, in_bytes, out, out_bytes, &e);
  printf("predict %d %s\n", code, e.text);
}

static void report(void) {
  const size_t size = FUNCTION(mtlrt_report)(model(), 1, NULL, 0);
  char *text = malloc(size);
  FUNCTION(mtlrt_report)(model(), 1, text, size);
  printf("%s\n", text);
  free(text);
}

static void fallback(void) {
  int32_t (*function)(const mtlrt *, mtlrt_error *) = symbol("mtlrt_fallback");
  mtlrt_error e = {0};
  const int code = function(model(), &e);
  printf("fallback %d %s\n", code, e.text);
}

static void decode(const char *name) {
  mtlrt_error e = {0};
  mtlrt_pixels pixels = {.size = sizeof pixels};
  const struct content *file = content(name);
  const int code = FUNCTION(mtlrt_decode)(model(), file->bytes, file->count, &pixels, &e);
  printf("decode %d %s\n", code, code ? e.text : "");
  if (code == 0) FUNCTION(mtlrt_pixels_free)(&pixels);
}

/* From now on these system calls fail with EPERM; a number below 0 is none. */
static void forbid(const int *calls, int count) {
  struct sock_filter filter[32];
  int n = 0;
  filter[n++] = (struct sock_filter)BPF_STMT(
      BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (int i = 0; i < count; i++) {
    if (calls[i] < 0) continue;
    filter[n++] = (struct sock_filter)BPF_JUMP(
        BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i], 0, 1);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  }
  filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {.len = (unsigned short)n, .filter = filter};
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0, "prctl");
  check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0, "seccomp");
}

#ifdef SYS_readlink
enum { OLD_READLINK = SYS_readlink, OLD_OPEN = SYS_open };
#else
enum { OLD_READLINK = -1, OLD_OPEN = -1 };
#endif

static void load(char **word) {
  state.library = dlopen(word[0], RTLD_NOW | RTLD_GLOBAL);
  if (!state.library) {
    printf("%s\n", dlerror());
    exit(1);
  }
}

static void set_dir(char **word) { state.options.module_dir = word[0]; }
static void set_backends(char **word) { state.options.backends = word[0]; }
static void set_flags(char **word) { state.options.flags = (uint32_t)atoi(word[0]); }
static void set_reserved(char **word) { state.options.reserved = (uint32_t)atoi(word[0]); }
static void read_file(char **word) { content(word[0]); }
static void open_it(char **word) { open_model(word[0]); }
static void decode_it(char **word) { decode(word[0]); }
static void predict_it(char **word) { (void)word, predict(); }
static void report_it(char **word) { (void)word, report(); }
static void fallback_it(char **word) { (void)word, fallback(); }
static void change_folder(char **word) { check(chdir(word[0]) != 0, word[0]); }
static void rename_it(char **word) { check(rename(word[0], word[1]) != 0, word[0]); }
static void delete_it(char **word) { check(unlink(word[0]) != 0, word[0]); }
static void execute(char **word) { check(execv(word[0], word) != 0, word[0]); }

static void close_it(char **word) {
  (void)word;
  FUNCTION(mtlrt_close)(state.model[--state.models]);
}

static void change_root(char **word) {
  check(chroot(word[0]) != 0 || chdir("/") != 0, word[0]);
}

static void change_user(char **word) {
  const unsigned user = (unsigned)atoi(word[0]);
  check(setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0, word[0]);
}

static void forbid_links(char **word) {
  (void)word;
  forbid((const int[]){OLD_READLINK, SYS_readlinkat}, 2);
}

static void forbid_files(char **word) {
  (void)word;
  forbid((const int[]){OLD_READLINK, SYS_readlinkat, OLD_OPEN, SYS_openat}, 4);
}

static const struct {
  const char *verb;
  int words;
  void (*function)(char **word);
} verbs[] = {
    {"load", 1, load},           {"dir", 1, set_dir},         {"backends", 1, set_backends},
    {"flags", 1, set_flags},     {"reserved", 1, set_reserved}, {"read", 1, read_file},
    {"open", 1, open_it},        {"close", 0, close_it},      {"predict", 0, predict_it},
    {"report", 0, report_it},    {"fallback", 0, fallback_it}, {"decode", 1, decode_it},
    {"chdir", 1, change_folder}, {"chroot", 1, change_root},  {"rename", 2, rename_it},
    {"delete", 1, delete_it},    {"uid", 1, change_user},     {"no-readlink", 0, forbid_links},
    {"no-files", 0, forbid_files}, {"exec", 1, execute},
};

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int i = 1; i < argc;) {
    size_t verb = 0;
    while (verb < sizeof verbs / sizeof *verbs && strcmp(verbs[verb].verb, argv[i]) != 0) verb++;
    if (verb == sizeof verbs / sizeof *verbs || i + verbs[verb].words >= argc)
      return printf("what is %s?\n", argv[i]), 2;
    verbs[verb].function(argv + i + 1);
    i += 1 + verbs[verb].words;
  }
  return 0;
}
