/* A thread that is bound to one CPU opens a model: the process's CPUs count for it, and workers may
 * use them all; where a seccomp filter forbids to ask, as soon as another thread predicts.
 * Usage: pinned MODEL.mtl free|filtered */
#define _GNU_SOURCE
#include <dirent.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <mtlrt.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static mtlrt *model;
static const char *path;
static pid_t pinned;

static void fail(const char *what, long number) {
  fprintf(stderr, "%s: %ld\n", what, number);
  exit(1);
}

static mtlrt *open_model(void) {
  mtlrt_error e;
  mtlrt *m = mtlrt_open(path, NULL, &e);
  if (!m) fail(e.text, 0);
  return m;
}

static void predict(void) {
  mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};
  mtlrt_slot_at(model, 0, 0, &in);
  mtlrt_slot_at(model, 1, 0, &out);
  float *x = calloc(1, in.bytes), *y = malloc(out.bytes);
  mtlrt_error e;
  if (mtlrt_predict(model, x, in.bytes, y, out.bytes, &e)) fail(e.text, 0);
  free(x);
  free(y);
}

/* Binds itself, opens the model, predicts, and waits. */
static void *begin(void *barrier) {
  cpu_set_t one;
  pinned = (pid_t)syscall(SYS_gettid);
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  if (sched_setaffinity(0, sizeof one, &one)) fail("sched_setaffinity", 0);
  model = open_model();
  predict();
  pthread_barrier_wait(barrier);
  pthread_barrier_wait(barrier);
  return NULL;
}

/* Threads of this process but the bound one; each must be allowed what `cpus` has. */
static int free_threads(const cpu_set_t *cpus) {
  DIR *folder = opendir("/proc/self/task");
  int count = 0;
  if (!folder) exit(77);
  for (struct dirent *entry; (entry = readdir(folder));) {
    cpu_set_t set;
    const int thread = atoi(entry->d_name);
    if (thread <= 0 || thread == pinned || sched_getaffinity(thread, sizeof set, &set)) continue;
    if (!CPU_EQUAL(&set, cpus)) fail("CPUs of a worker", CPU_COUNT(&set));
    count++;
  }
  closedir(folder);
  return count;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  path = argv[1];
  alarm(60);
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof cpus, &cpus) || CPU_COUNT(&cpus) < 2) return 77;
  mtlrt *first = open_model();
  const long expected = mtlrt_threads(first);
  mtlrt_close(first);
  if (expected < 2) return 77;
  struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const struct sock_fprog program = {1, code};
  if (!strcmp(argv[2], "filtered") && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
                                       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)))
    return 77;

  /* In a child that knows nothing of the first model's CPUs as well. */
  const pid_t child = fork();
  pthread_barrier_t barrier;
  pthread_t thread;
  pthread_barrier_init(&barrier, NULL, 2);
  pthread_create(&thread, NULL, begin, &barrier);
  pthread_barrier_wait(&barrier);
  if (mtlrt_threads(model) != expected) fail("threads", mtlrt_threads(model));
  predict();
  if (free_threads(&cpus) != expected) fail("threads that run", free_threads(&cpus));
  pthread_barrier_wait(&barrier);
  pthread_join(thread, NULL);
  mtlrt_close(model);
  int status = 0;
  if (child == 0) _exit(0);
  if (waitpid(child, &status, 0) < 0 || status) fail("child", status);
  return 0;
}
