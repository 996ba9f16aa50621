#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* AT_FDCWD, strchrnul */
#endif

#include "follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINKS_MAX = 40 };

int mtl_path_fails(mtl_path *path, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(path->fault, sizeof path->fault, format, arguments);
  va_end(arguments);
  return -1;
}

static int call_fails(mtl_path *path, const char *name) {
  path->error = errno;
  return mtl_path_fails(path, "%s: %s", name, strerror(path->error));
}

static int too_long(mtl_path *path) {
  path->error = ENAMETOOLONG;
  return mtl_path_fails(path, "the path is longer than %d bytes", MTL_PATH_MAX - 1);
}

/* Some sandboxes know one of the two system calls alone. */
static ssize_t read_link(const char *name, char *target, size_t capacity) {
  const ssize_t count = readlink(name, target, capacity);
  if (count >= 0 || (errno != EPERM && errno != ENOSYS)) return count;
  return readlinkat(AT_FDCWD, name, target, capacity);
}

/* Cuts the first name off `rest` into `link`, behind `real`. 0: there is none. */
static int next_name(mtl_path *path) {
  const char *begin = path->rest;
  while (*begin == '/') begin++;
  if (!*begin) return 0;
  const size_t count = (size_t)(strchrnul(begin, '/') - begin), length = strlen(path->real);
  if (length + 1 + count >= MTL_PATH_MAX) return too_long(path);
  memcpy(path->link, path->real, length);
  path->link[length] = '/';
  memcpy(path->link + length + 1, begin, count);
  path->link[length + 1 + count] = 0;
  memmove(path->rest, begin + count, strlen(begin + count) + 1);
  return 1;
}

/* Puts what the link at `link` says before `rest`. 1: it cannot be read. */
static int expand_link(mtl_path *path) {
  char *const rest = path->rest;
  const size_t left = strlen(rest), room = MTL_PATH_MAX - left;
  /* `rest` moves to the end of its memory, so that the link can be read to its beginning. */
  memmove(rest + room - 1, rest, left + 1);
  const ssize_t count = read_link(path->link, rest, room - 1);
  if (count < 0 || (size_t)count >= room - 1) {
    const int error = errno;
    memmove(rest, rest + room - 1, left + 1);
    errno = error;
    return count < 0 ? 1 : too_long(path);
  }
  memmove(rest + count, rest + room - 1, left + 1);
  if (rest[0] == '/') path->real[0] = 0;
  return 0;
}

/* Visits the folder `real`, which was reached by its name, by ".." or by a link to the root. */
static int visit_folder(mtl_path *path, mtl_visitor *visit, struct stat *status) {
  const char *const name = path->real[0] ? path->real : "/";
  if (lstat(name, status) != 0) return call_fails(path, name);
  return visit ? visit(path, status) : 0;
}

/* Goes on with what the link at `link` says. 1: it cannot be read, and nothing asks for it. */
static int follow_link(mtl_path *path, mtl_visitor *visit, struct stat *status) {
  if (visit && visit(path, status) != 0) return -1;
  const int is_unread = expand_link(path);
  if (is_unread > 0) return visit ? call_fails(path, path->link) : 1;
  if (is_unread < 0 || path->real[0]) return is_unread;
  return visit_folder(path, visit, status);
}

static int is_name(const mtl_path *path, const char *name) {
  return strcmp(path->link + strlen(path->real) + 1, name) == 0;
}

int mtl_follow(mtl_path *path, mtl_visitor *visit, struct stat *status) {
  int links = 0, found;
  if (!path->real[0] && visit_folder(path, visit, status) != 0) return -1;
  while ((found = next_name(path)) > 0) {
    if (is_name(path, ".")) continue;
    if (is_name(path, "..")) {
      char *const last = strrchr(path->real, '/');
      if (last) *last = 0;
      if (visit_folder(path, visit, status) != 0) return -1;
      continue;
    }
    if (lstat(path->link, status) != 0) return call_fails(path, path->link);
    if (S_ISLNK(status->st_mode)) {
      if (++links > LINKS_MAX) {
        errno = ELOOP;
        return call_fails(path, path->link);
      }
      const int result = follow_link(path, visit, status);
      if (result < 0) return -1;
      if (result == 0) continue;
    }
    strcpy(path->real, path->link);
    if (visit && visit(path, status) != 0) return -1;
  }
  return found;
}
