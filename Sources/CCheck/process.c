#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* environ */
#endif

#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "include/CCheck.h"

/* A thread that was joined may be listed for a moment longer. */
enum { JOINED_MILLISECONDS = 500 };

static uint32_t thread_count(void) {
  DIR *const tasks = opendir("/proc/self/task");
  if (!tasks) return 0;
  uint32_t count = 0;
  for (struct dirent *entry; (entry = readdir(tasks));) count += entry->d_name[0] != '.';
  closedir(tasks);
  return count;
}

static uint64_t environment_hash(void) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (char **variable = environ; variable && *variable; variable++)
    for (const char *c = *variable;; c++) {
      hash = (hash ^ (unsigned char)*c) * 0x100000001B3u;
      if (!*c) break;
    }
  return hash;
}

void mtl_check_process_note(mtl_check_process *state) {
  memset(state, 0, sizeof *state);
  state->threads = thread_count();
  for (int file = 0; file < MTL_CHECK_FILES_MAX; file++) {
    struct stat about;
    state->files[file] = fcntl(file, F_GETFD) >= 0 && fstat(file, &about) == 0
                             ? (uint64_t)about.st_ino * 31 + about.st_dev + 1
                             : 0;
  }
  for (int number = 1; number < MTL_CHECK_SIGNALS; number++)
    sigaction(number, NULL, &state->actions[number]);
  pthread_sigmask(SIG_SETMASK, NULL, &state->blocked);
  state->mode = umask(0);
  umask(state->mode);
  state->environment = environment_hash();
  const char *const locale = setlocale(LC_ALL, NULL);
  snprintf(state->locale, sizeof state->locale, "%s", locale ? locale : "");
  if (!getcwd(state->folder, sizeof state->folder)) state->folder[0] = 0;
}

static int is_same_action(const struct sigaction *a, const struct sigaction *b) {
  return a->sa_sigaction == b->sa_sigaction && a->sa_flags == b->sa_flags;
}

const char *mtl_check_process_change(const mtl_check_process *before) {
  static char text[128];
  mtl_check_process now;
  mtl_check_process_note(&now);
  for (int i = 0; i < JOINED_MILLISECONDS && now.threads > before->threads; i++) {
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    now.threads = thread_count();
  }
  if (now.threads > before->threads) return "a thread that it started runs on";
  for (int file = 0; file < MTL_CHECK_FILES_MAX; file++) {
    if (now.files[file] == before->files[file]) continue;
    snprintf(text, sizeof text, "file descriptor %d is %s", file,
             !before->files[file] ? "left open" : now.files[file] ? "another file" : "closed");
    return text;
  }
  for (int number = 1; number < MTL_CHECK_SIGNALS; number++) {
    const char *what = NULL;
    if (!is_same_action(&now.actions[number], &before->actions[number])) what = "handled otherwise";
    if (sigismember(&now.blocked, number) != sigismember(&before->blocked, number))
      what = "blocked otherwise";
    if (!what) continue;
    snprintf(text, sizeof text, "signal %d (%s) is %s", number, strsignal(number), what);
    return text;
  }
  if (now.mode != before->mode) return "the file mode creation mask (umask) is another";
  if (now.environment != before->environment) return "an environment variable is another";
  if (strcmp(now.locale, before->locale) != 0) return "the locale is another";
  if (strcmp(now.folder, before->folder) != 0) return "the working directory is another";
  return NULL;
}
