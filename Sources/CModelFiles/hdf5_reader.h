/* Reading an HDF5 file within this process. Texts and numbers are freed with free(); NULL means
 * that what was asked for is absent, damaged or too large. */
#ifndef MTL_HDF5_READER_H
#define MTL_HDF5_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MTL_H5_TEXT_MOST = 64 << 20, MTL_H5_TEXTS_MOST = 1 << 16, MTL_H5_FLOATS_MOST = 1 << 29 };

/* One file at a time: bytes that stay in memory as they are until it is closed. */
bool mtl_h5_reader_open(const void *bytes, size_t count);
void mtl_h5_reader_close(void);
/* A list of texts, `length` bytes in all. */
char *mtl_h5_reader_texts(const char *object, const char *attribute, size_t *count,
                          size_t *length);
char *mtl_h5_reader_names(const char *group, size_t *count, size_t *length);
float *mtl_h5_reader_floats(const char *path, uint64_t shape[8], uint32_t *rank);

#endif
