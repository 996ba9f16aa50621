/* Following a path link by link. */
#ifndef MTL_FOLLOW_H
#define MTL_FOLLOW_H

#include <sys/stat.h>

#include "include/CPlugins.h"

struct mtl_path {
  char real[MTL_PATH_MAX]; /* the path so far without links, "" for the root */
  char rest[MTL_PATH_MAX]; /* what is still to be followed */
  char link[MTL_PATH_MAX]; /* `real` and the first name of what was `rest` */
  char fault[512];         /* why it ended */
  int error;               /* the errno of a system call that failed, or 0 */
  int is_shared;           /* the folder `real` is one that others may add files to */
  uid_t root_owner;        /* of the folder "/" */
};

/* What may be done with each folder, file or link on the way, whose path is `path->link`, or
 * `path->real` for a folder that was entered. Returns 0, or -1 with `path->fault`. */
typedef int mtl_visitor(mtl_path *path, const struct stat *status);

/* Follows `path->rest` from `path->real`. `visit` may be NULL: then a link that cannot be read is
 * kept as if it were what it leads to. Returns 0 with `status` of the last; or -1. */
int mtl_follow(mtl_path *path, mtl_visitor *visit, struct stat *status);

/* -1, with `path->fault` written as by printf. */
int mtl_path_fails(mtl_path *path, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
