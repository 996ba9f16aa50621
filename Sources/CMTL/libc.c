#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* secure_getenv, dladdr, CPU_COUNT */
#endif

#include <dlfcn.h>
#include <link.h>
#include <sched.h>
#include <stdlib.h>

#include "include/mtl_libc.h"

int mtl_affinity_count(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

const char *mtl_secure_getenv(const char *name) { return secure_getenv(name); }

char *mtl_own_path(void) {
  Dl_info information;
  struct link_map *map = NULL;
  if (!dladdr1((const void *)&mtl_own_path, &information, (void **)&map, RTLD_DL_LINKMAP))
    return NULL;
  /* The program itself has an empty name there. */
  return realpath(map && map->l_name[0] ? map->l_name : "/proc/self/exe", NULL);
}
