#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* renameat2 */
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "CArguments.h"

/* The absolute path that a new file at `path` would have: its folder without links, and its name.
 * NULL if there is no such folder; to be freed. */
static char *new_place(const char *path) {
  const char *slash = strrchr(path, '/');
  char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
  char *real = folder ? realpath(folder, NULL) : NULL;
  free(folder);
  if (!real) return NULL;
  const char *name = slash ? slash + 1 : path;
  char *place = malloc(strlen(real) + strlen(name) + 2);
  if (place) {
    strcpy(place, real);
    strcat(place, "/");
    strcat(place, name);
  }
  free(real);
  return place;
}

int mtl_same_file(const char *a, const char *b) {
  struct stat one, two;
  const int is_one = stat(a, &one) == 0, is_two = stat(b, &two) == 0;
  if (is_one && is_two) return one.st_dev == two.st_dev && one.st_ino == two.st_ino;
  char *first = new_place(a), *second = new_place(b);
  const int is_same = first && second && strcmp(first, second) == 0;
  free(first);
  free(second);
  return is_same;
}

int mtl_rename_new(const char *from, const char *to) {
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  /* A file system that cannot do so: the name is taken first, by a file of our own. */
  const int taken = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (taken < 0) return -1;
  close(taken);
  if (rename(from, to) == 0) return 0;
  const int reason = errno;
  unlink(to);
  errno = reason;
  return -1;
}

void mtl_keep_standard_files(void) {
  for (int file = 0; file <= 2; file++) {
    if (fcntl(file, F_GETFD) >= 0 || errno != EBADF) continue;
    /* The lowest free number is this one. What is read or written there fails, as it did. */
    (void)!open("/dev/null", file == 0 ? O_WRONLY : O_RDONLY);
  }
}

int mtl_lock_file(const char *path) {
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return -1;
  while (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    /* Some network file systems have no locks. */
    if (errno != EWOULDBLOCK) return file;
    close(file);
    return -2;
  }
  return file;
}
