/* The libc that Embedded Swift may call; it has no Glibc module of its own. Not installed. */
#ifndef MTL_LIBC_H
#define MTL_LIBC_H

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Macros and variadic functions, which Swift does not see. */
static inline int mtl_errno(void) { return errno; }
static inline void mtl_clear_errno(void) { errno = 0; }
/* Opens for reading; never waits, not even for the writer of a pipe. */
static inline int mtl_open_to_read(const char *path) {
  return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}
/* An environment variable; NULL in a program that runs with more rights than its caller. */
const char *mtl_secure_getenv(const char *name);
/* getopt's state, which Swift may not touch by itself. */
static inline const char *mtl_option_value(void) { return optarg; }
static inline int mtl_option_index(void) { return optind; }
/* Creates a file that is not there yet, for writing. */
static inline int mtl_create_new(const char *path) {
  return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}
/* Opens a device or a pipe that is there for writing. -1: nothing like that is there, a file may be
 * put in its place; -2: it cannot be opened. */
static inline int mtl_open_stream(const char *path) {
  struct stat s;
  if (stat(path, &s) != 0 || S_ISREG(s.st_mode) || S_ISDIR(s.st_mode)) return -1;
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  return file < 0 ? -2 : file;
}
static inline int mtl_is_link(const struct stat *s) { return S_ISLNK(s->st_mode); }
static inline int mtl_is_regular(const struct stat *s) { return S_ISREG(s->st_mode); }
/* Whether what stands there is read as it comes, and once. */
static inline int mtl_is_pipe(const char *path) {
  struct stat s;
  return stat(path, &s) == 0 && (S_ISFIFO(s.st_mode) || S_ISSOCK(s.st_mode));
}
static inline int mtl_is_directory(const struct stat *s) { return S_ISDIR(s->st_mode); }
static inline void *mtl_map_failed(void) { return MAP_FAILED; }
static inline FILE *mtl_stdin(void) { return stdin; }
static inline FILE *mtl_stdout(void) { return stdout; }
static inline FILE *mtl_stderr(void) { return stderr; }

#endif
