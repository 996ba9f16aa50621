/* The file that the library or program is, as it was while it was loaded. */
#ifndef MTL_ORIGIN_H
#define MTL_ORIGIN_H

#include <sys/stat.h>

/* Its status; NULL if it is not known. */
const struct stat *mtl_origin_status(void);

#endif
