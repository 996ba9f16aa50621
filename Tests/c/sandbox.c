/* A seccomp filter that ends the process for calls that only gain a little, or refuses them, does
 * no harm: models open and predict, with workers.
 * Usage: sandbox MODEL.mtl kill|kill-later|refuse|refuse-reading */
#define _GNU_SOURCE
#include <malloc.h>
#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <mtlrt.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS = 2, CALLERS = 8, ROUNDS = 50 };

static mtlrt *model;
static mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};

/* Answers one system call with `action`, in all threads. */
static void filter(long number, unsigned action) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = {sizeof code / sizeof *code, code};
  static int is_first = 1;
  if ((is_first && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) ||
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program)) {
    perror("seccomp");
    exit(77);
  }
  is_first = 0;
}

static int threads(void) {
  DIR *folder = opendir("/proc/self/task");
  int count = 0;
  for (struct dirent *entry; folder && (entry = readdir(folder));) count += entry->d_name[0] != '.';
  if (folder) closedir(folder);
  return count;
}

static void *call(void *unused) {
  (void)unused;
  float *x = calloc(1, in.bytes), *y = malloc(out.bytes);
  mtlrt_error e;
  for (int i = 0; i < ROUNDS; i++) {
    if (!mtlrt_predict(model, x, in.bytes, y, out.bytes, &e)) continue;
    fprintf(stderr, "%s\n", e.text);
    exit(1);
  }
  free(x);
  free(y);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  const char *const mode = argv[2];
  alarm(60);
  /* With more of them, malloc itself opens a file to count the CPUs. */
  mallopt(M_ARENA_MAX, 1);
  if (!strcmp(mode, "kill")) {
    filter(SYS_sched_setaffinity, SECCOMP_RET_KILL_PROCESS);
    filter(SYS_prctl, SECCOMP_RET_KILL_PROCESS);
  }
  if (!strcmp(mode, "refuse")) filter(SYS_sched_setaffinity, SECCOMP_RET_ERRNO | EPERM);
  if (!strcmp(mode, "refuse-reading")) filter(SYS_sched_getaffinity, SECCOMP_RET_ERRNO | EPERM);
  mtlrt_options options = {.size = sizeof options, .threads = THREADS};
  mtlrt_error e;
  model = mtlrt_open(argv[1], &options, &e);
  if (!model) return fprintf(stderr, "%s\n", e.text), 1;
  if (threads() != THREADS) return fprintf(stderr, "%d threads\n", threads()), 1;
  static const long needless[] = {SYS_sched_setaffinity, SYS_openat, SYS_readlink, SYS_prctl};
  for (size_t i = 0; i < 4 && !strcmp(mode, "kill-later"); i++)
    filter(needless[i], SECCOMP_RET_KILL_PROCESS);
  mtlrt_slot_at(model, 0, 0, &in);
  mtlrt_slot_at(model, 1, 0, &out);
  pthread_t callers[CALLERS];
  for (int i = 0; i < CALLERS; i++) pthread_create(&callers[i], NULL, call, NULL);
  for (int i = 0; i < CALLERS; i++) pthread_join(callers[i], NULL);
  mtlrt_close(model);
  return 0;
}
