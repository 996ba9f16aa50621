#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* secure_getenv, dladdr */
#endif

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>

#include "include/mtl_libc.h"

const char *mtl_secure_getenv(const char *name) { return secure_getenv(name); }

char *mtl_own_path(void) {
  Dl_info information;
  struct link_map *map = NULL;
  if (!dladdr1((const void *)&mtl_own_path, &information, (void **)&map, RTLD_DL_LINKMAP))
    return NULL;
  /* The program itself has an empty name there. */
  return realpath(map && map->l_name[0] ? map->l_name : "/proc/self/exe", NULL);
}
