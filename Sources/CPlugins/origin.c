#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dladdr1, secure_getenv */
#endif

#include "origin.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "follow.h"

/* Written while the library is loaded, and never again. */
static struct {
  char folder[MTL_PATH_MAX];
  struct stat status;
  int has_status;
} origin;

const char *mtl_origin_folder(void) { return origin.folder[0] ? origin.folder : NULL; }

const struct stat *mtl_origin_status(void) { return origin.has_status ? &origin.status : NULL; }

/* The program's own file. Where there is no /proc, the name by which it was started, which a
 * program that runs with more rights than its caller cannot rely on. */
static int find_program(char *name) {
  const ssize_t count = readlink("/proc/self/exe", name, MTL_PATH_MAX - 1);
  if (count > 0) {
    name[count] = 0;
    return 1;
  }
  const char *given = (const char *)getauxval(AT_EXECFN);
  if (!given || getauxval(AT_SECURE) || strlen(given) >= MTL_PATH_MAX) return 0;
  strcpy(name, given);
  return 1;
}

/* The name by which the library was loaded; the program itself has an empty one. */
static int find_name(char *name) {
  Dl_info information;
  struct link_map *map = NULL;
  if (!dladdr1((const void *)&find_name, &information, (void **)&map, RTLD_DL_LINKMAP) || !map ||
      !map->l_name[0])
    return find_program(name);
  if (strlen(map->l_name) >= MTL_PATH_MAX) return 0;
  strcpy(name, map->l_name);
  return 1;
}

/* Makes a name that counts from the working directory an absolute one. */
static int make_absolute(mtl_path *path) {
  if (path->rest[0] == '/') return 1;
  if (!getcwd(path->link, sizeof path->link) || path->link[0] != '/') return 0;
  const size_t length = strlen(path->link), count = strlen(path->rest);
  if (length + 1 + count >= MTL_PATH_MAX) return 0;
  memmove(path->rest + length + 1, path->rest, count + 1);
  memcpy(path->rest, path->link, length);
  path->rest[length] = '/';
  return 1;
}

static int is_folder(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Cuts off the last name of an absolute path. */
static void cut_name(char *path) { *strrchr(path, '/') = 0; }

static void choose_folder(char *file) {
  cut_name(file);
  char *const folder = origin.folder;
  const int count = snprintf(folder, sizeof origin.folder, "%s/mtlrt", file);
  if (count >= (int)sizeof origin.folder) {
    folder[0] = 0;
    return;
  }
  if (is_folder(folder) || !file[0]) return;
  cut_name(file);
  char *const sibling = folder + strlen(folder) + 1;
  const size_t room = (size_t)(origin.folder + sizeof origin.folder - sibling);
  const int length = snprintf(sibling, room, "%s/lib/mtlrt", file);
  if (length < (int)room && is_folder(sibling)) memmove(folder, sibling, (size_t)length + 1);
}

/* Any call here may fail, as in a sandbox: then the origin is not known. It allocates nothing. */
__attribute__((constructor)) static void record_origin(void) {
  static mtl_path path;
  if (!find_name(path.rest) || !make_absolute(&path)) return;
  if (mtl_follow(&path, NULL, &origin.status) != 0 || !path.real[0]) return;
  origin.has_status = stat(path.real, &origin.status) == 0;
  choose_folder(path.real);
}
