/* What an importer needs of the HDF5 library. Every pointer that is handed out is freed by the
 * caller with free(); NULL means that what was asked for is absent, damaged or too large. */
#ifndef CMODELFILES_H
#define CMODELFILES_H

#include <stddef.h>
#include <stdint.h>

typedef struct mtl_h5 mtl_h5;

/* A file in memory, which stays unchanged until mtl_h5_close. */
mtl_h5 *mtl_h5_open(const void *bytes, size_t count);
void mtl_h5_close(mtl_h5 *file);

/* An attribute that is one text. */
char *mtl_h5_text(const mtl_h5 *file, const char *object, const char *attribute);
/* An attribute that is a list of texts: one behind the other, each ended by a zero. */
char *mtl_h5_texts(const mtl_h5 *file, const char *object, const char *attribute, size_t *count);
/* The names of what is in a group, as mtl_h5_texts has them, in alphabetical order. */
char *mtl_h5_names(const mtl_h5 *file, const char *group, size_t *count);
/* The numbers of a data set as floats, and its shape. */
float *mtl_h5_floats(const mtl_h5 *file, const char *path, uint64_t shape[8], uint32_t *rank);

#endif
