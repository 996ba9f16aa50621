#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_CLOEXEC */
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "follow.h"
#include "origin.h"

mtl_path *mtl_path_new(void) {
  mtl_path *path = malloc(sizeof *path);
  if (path) path->real[0] = path->fault[0] = 0, path->error = 0, path->root_owner = 0;
  return path;
}

void mtl_path_free(mtl_path *path) { free(path); }

const char *mtl_path_real(const mtl_path *path) { return path->real; }

const char *mtl_path_fault(const mtl_path *path) { return path->fault; }

int mtl_path_error(const mtl_path *path) { return path->error; }

static int is_trusted_user(uid_t user) {
  const struct stat *library = mtl_origin_status();
  return user == 0 || user == geteuid() || (library && user == library->st_uid);
}

/* Whether the group of a file that a trusted user owns has nobody in it that is not trusted. */
static int is_trusted_group(const struct stat *status) {
  const struct stat *library = mtl_origin_status();
  if (status->st_gid == 0 || status->st_gid == (gid_t)status->st_uid) return 1;
  return library && library->st_mode & S_IWGRP && library->st_gid == status->st_gid;
}

/* An access control list lets the bits of the group speak for others too. */
static int has_list(const char *name) {
  return getxattr(name, "system.posix_acl_access", NULL, 0) > 0;
}

static int check_owner(mtl_path *path, const char *name, const struct stat *status) {
  if (is_trusted_user(status->st_uid)) return 0;
  return mtl_path_fails(
      path, "%s belongs to another user (%u): not trusted (chown it to root or to this user)", name,
      (unsigned)status->st_uid);
}

static int check_writers(mtl_path *path, const char *name, const struct stat *status) {
  if (status->st_mode & S_IWOTH)
    return mtl_path_fails(
        path, "%s is writable by group or world: not trusted (chmod go-w)", name);
  if (!(status->st_mode & S_IWGRP)) return 0;
  if (!is_trusted_group(status))
    return mtl_path_fails(
        path, "%s is writable by group or world, group %u: not trusted (chmod go-w)", name,
        (unsigned)status->st_gid);
  if (has_list(name))
    return mtl_path_fails(
        path, "%s is writable by those in its access control list: not trusted (setfacl -b)",
        name);
  return 0;
}

/* Whether a folder belongs to whoever owns "/", which is not user 0 in a user namespace that has no
 * number for the system's root; who owns it can exchange every folder anyway. In a sticky folder it
 * may belong to any other user that has no number. */
static int is_folder_of_root(const mtl_path *path, const struct stat *status) {
  return status->st_uid == path->root_owner && !path->is_shared;
}

/* In a sticky folder each user may exchange files and links of his own. */
static int visit(mtl_path *path, const struct stat *status) {
  if (S_ISLNK(status->st_mode))
    return path->is_shared ? check_owner(path, path->link, status) : 0;
  if (!S_ISDIR(status->st_mode)) return 0; /* its descriptor is checked */
  const char *const name = path->real[0] ? path->real : "/";
  if (!path->real[0]) path->root_owner = status->st_uid;
  if (!is_folder_of_root(path, status) && check_owner(path, name, status) != 0) return -1;
  path->is_shared = 0;
  if (check_writers(path, name, status) == 0) return 0;
  if (!(status->st_mode & S_ISVTX)) return -1;
  path->is_shared = 1;
  return 0;
}

/* The folder reached holds plugins, so nobody may add any; `fault` says who may. */
static int check_not_shared(mtl_path *path) {
  if (path->is_shared) return -1;
  path->fault[0] = 0;
  return 0;
}

static int system_fails(mtl_path *path, const char *name) {
  path->error = errno;
  return mtl_path_fails(path, "%s: %s", name, strerror(path->error));
}

static int begin(mtl_path *path, const char *real, const char *rest) {
  path->fault[0] = 0;
  path->error = 0;
  path->is_shared = 0;
  if (strlen(real) >= MTL_PATH_MAX || strlen(rest) >= MTL_PATH_MAX) {
    path->error = ENAMETOOLONG;
    return mtl_path_fails(path, "the path is longer than %d bytes", MTL_PATH_MAX - 1);
  }
  if (real != path->real) strcpy(path->real, real);
  strcpy(path->rest, rest);
  return 0;
}

int mtl_path_enter_trusted(mtl_path *path, const char *folder) {
  struct stat status;
  if (begin(path, "", folder) != 0 || mtl_follow(path, visit, &status) != 0) return -1;
  if (!S_ISDIR(status.st_mode)) {
    path->error = ENOTDIR;
    return mtl_path_fails(path, "%s is not a folder", folder);
  }
  return check_not_shared(path);
}

/* A device is not even opened: that alone may do something. */
static int check_file(mtl_path *path, const struct stat *status) {
  if (!S_ISREG(status->st_mode))
    return mtl_path_fails(path, "%s is not a regular file", path->real);
  if (check_owner(path, path->real, status) != 0) return -1;
  return check_writers(path, path->real, status);
}

static int open_file(mtl_path *path, struct stat *status) {
  const int file = open(path->real, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0) return system_fails(path, path->real);
  if (fstat(file, status) != 0)
    system_fails(path, path->real);
  else if (check_file(path, status) == 0)
    return file;
  close(file);
  return -1;
}

int mtl_path_open_trusted(
    mtl_path *path, const char *real, const char *rest, uint64_t *size) {
  struct stat status;
  if (begin(path, real, rest) != 0 || mtl_follow(path, visit, &status) != 0) return -1;
  if (check_not_shared(path) != 0 || check_file(path, &status) != 0) return -1;
  const int file = open_file(path, &status);
  *size = file < 0 ? 0 : (uint64_t)status.st_size;
  return file;
}

void mtl_wait_a_moment(void) {
  const struct timespec moment = {0, 100 * 1000};
  nanosleep(&moment, NULL);
}
