#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* secure_getenv */
#endif

#include <stdlib.h>

#include "include/mtl_libc.h"

const char *mtl_secure_getenv(const char *name) { return secure_getenv(name); }
