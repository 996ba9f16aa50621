/* Helpers may run wherever the thread may that opened the model. Usage: affinity MODEL.mtl */
#define _GNU_SOURCE
#include <dirent.h>
#include <mtlrt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 3 };

/* Threads of this process that may use these CPUs and no others; -1 if they cannot be listed. */
static int threads_with(const cpu_set_t *cpus) {
  DIR *folder = opendir("/proc/self/task");
  if (!folder) return -1;
  int count = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    cpu_set_t set;
    const int thread = atoi(entry->d_name);
    if (thread > 0 && !sched_getaffinity(thread, sizeof set, &set)) count += CPU_EQUAL(&set, cpus);
  }
  closedir(folder);
  return count;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof cpus, &cpus)) return perror("sched_getaffinity"), 1;
  mtlrt_options options = {.size = sizeof options, .threads = THREADS};
  mtlrt_error e;
  mtlrt *m = mtlrt_open(argv[1], &options, &e);
  if (!m) return fprintf(stderr, "%s\n", e.text), 1;
  /* Each of them says so when it has begun. */
  for (int tries = 0; threads_with(&cpus) != THREADS; tries++) {
    if (tries == 10000) return fprintf(stderr, "%d threads\n", threads_with(&cpus)), 1;
    usleep(1000);
  }
  mtlrt_close(m);
  return 0;
}
