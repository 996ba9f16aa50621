/* Systems that tell nothing of CPUs, or have more of them than a cpu_set_t holds: a model opens
 * with the threads that were asked for, and leaves the caller's signal mask as it was. The
 * program's own sched_getaffinity stands for the system's.
 * Usage: cpu_masks MODEL.mtl none|empty|absent|many */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <mtlrt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 2, MANY_BYTES = 1024 };

static const char *mode;

int sched_getaffinity(pid_t process, size_t size, cpu_set_t *set) {
  (void)process;
  if (!strcmp(mode, "none")) return errno = EPERM, -1;
  if (!strcmp(mode, "many") && size < MANY_BYTES) return errno = EINVAL, -1;
  memset(set, 0, size);
  /* CPUs that no machine of this kind has can be read of and not be used. */
  if (!strcmp(mode, "absent")) ((unsigned char *)set)[100] = 0xff;
  if (!strcmp(mode, "many")) ((unsigned char *)set)[0] = ((unsigned char *)set)[1000] = 1;
  return 0;
}

static int threads(void) {
  DIR *folder = opendir("/proc/self/task");
  int count = 0;
  for (struct dirent *entry; folder && (entry = readdir(folder));) count += entry->d_name[0] != '.';
  if (folder) closedir(folder);
  return count;
}

static int open_and_predict(const char *path, mtlrt_options *options) {
  mtlrt_error e;
  mtlrt *m = mtlrt_open(path, options, &e);
  if (!m) return fprintf(stderr, "%s\n", e.text), 1;
  const uint32_t least = strcmp(mode, "many") ? 1 : 2;
  if (mtlrt_threads(m) < least) return fprintf(stderr, "too few threads\n"), 1;
  if (options && threads() != THREADS) return fprintf(stderr, "%d threads\n", threads()), 1;
  mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};
  mtlrt_slot_at(m, 0, 0, &in);
  mtlrt_slot_at(m, 1, 0, &out);
  float *x = calloc(1, in.bytes), *y = malloc(out.bytes);
  for (int i = 0; i < 20; i++)
    if (mtlrt_predict(m, x, in.bytes, y, out.bytes, &e)) return fprintf(stderr, "%s\n", e.text), 1;
  free(x);
  free(y);
  mtlrt_close(m);
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  mode = argv[2];
  alarm(60);
  sigset_t before, after;
  sigprocmask(SIG_BLOCK, NULL, &before);
  mtlrt_options options = {.size = sizeof options, .threads = THREADS};
  if (open_and_predict(argv[1], &options) || open_and_predict(argv[1], NULL)) return 1;
  sigprocmask(SIG_BLOCK, NULL, &after);
  for (int number = 1; number < SIGRTMAX; number++)
    if (sigismember(&before, number) != sigismember(&after, number))
      return fprintf(stderr, "signal %d stayed blocked\n", number), 1;
  return 0;
}
