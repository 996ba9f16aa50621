/* Workers leave all signals to the application but those of faults, so that its handlers see them,
 * and have names.
 * Usage: worker_signals MODEL.mtl */
#define _GNU_SOURCE
#include <dirent.h>
#include <mtlrt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 3 };

/* Copies what follows `key` in a file of a thread. */
static int read_value(const char *thread, const char *file, const char *key, char value[64]) {
  char path[320], line[256];
  snprintf(path, sizeof path, "/proc/self/task/%s/%s", thread, file);
  FILE *stream = fopen(path, "r");
  int is_found = 0;
  while (stream && !is_found && fgets(line, sizeof line, stream)) {
    if (strncmp(line, key, strlen(key))) continue;
    is_found = sscanf(line + strlen(key), " %63s", value) == 1;
  }
  if (stream) fclose(stream);
  return is_found;
}

static int check(const char *thread) {
  static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
  static const int others[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1, SIGALRM, SIGPROF, SIGIO};
  char value[64];
  if (!read_value(thread, "status", "SigBlk:", value)) return fprintf(stderr, "no status\n"), 0;
  const unsigned long long blocked = strtoull(value, NULL, 16);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
    if (blocked >> (faults[i] - 1) & 1) return fprintf(stderr, "%d is blocked\n", faults[i]), 0;
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (!(blocked >> (others[i] - 1) & 1)) return fprintf(stderr, "%d is open\n", others[i]), 0;
  if (!read_value(thread, "comm", "", value) || strncmp(value, "mtlrt-", 6))
    return fprintf(stderr, "its name is %s\n", value), 0;
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  /* What the application blocks itself changes nothing. */
  sigset_t segv;
  sigemptyset(&segv);
  sigaddset(&segv, SIGSEGV);
  sigprocmask(SIG_BLOCK, &segv, NULL);
  mtlrt_options options = {.size = sizeof options, .threads = THREADS};
  mtlrt_error e;
  mtlrt *m = mtlrt_open(argv[1], &options, &e);
  if (!m) return fprintf(stderr, "%s\n", e.text), 1;
  usleep(100000); /* a thread blocks all signals until it runs */
  DIR *folder = opendir("/proc/self/task");
  if (!folder) return 77;
  int workers = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    const int thread = atoi(entry->d_name);
    if (thread <= 0 || thread == getpid()) continue;
    workers++;
    if (!check(entry->d_name)) return 1;
  }
  closedir(folder);
  mtlrt_close(m);
  if (workers != THREADS - 1) return fprintf(stderr, "%d workers\n", workers), 1;
  return 0;
}
