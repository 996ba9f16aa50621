#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* secure_getenv, dladdr, CPU_COUNT */
#endif

#include <dlfcn.h>
#include <sched.h>
#include <stdlib.h>

#include "include/mtl_libc.h"

int mtl_affinity_count(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

const char *mtl_secure_getenv(const char *name) { return secure_getenv(name); }

const char *mtl_own_path(void) {
  Dl_info information;
  return dladdr((const void *)&mtl_own_path, &information) ? information.dli_fname : NULL;
}
