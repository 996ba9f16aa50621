/* What an importer needs of the HDF5 library and of zlib. Every pointer that is handed out is freed
 * by the caller with free(); NULL means that what was asked for is absent, damaged or too large. */
#ifndef CMODELFILES_H
#define CMODELFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An HDF5 file, which a child process reads: whatever a hostile file does to the HDF5 library, it
 * does it there. The child can open no files and write none, and where Linux permits that (seccomp)
 * asks nothing of the system but memory and the words of its parent. */
typedef struct mtl_h5 mtl_h5;

/* A file in memory, which stays unchanged until mtl_h5_close. The process must have one thread. */
mtl_h5 *mtl_h5_open(const void *bytes, size_t count);
void mtl_h5_close(mtl_h5 *file);
/* 0, or once the child is gone the signal that ended it, or -1 where it ended by itself. */
int mtl_h5_death(const mtl_h5 *file);

/* An attribute that is one text. */
char *mtl_h5_text(mtl_h5 *file, const char *object, const char *attribute);
/* An attribute that is a list of texts: one behind the other, each ended by a zero. */
char *mtl_h5_texts(mtl_h5 *file, const char *object, const char *attribute, size_t *count);
/* The names of what is in a group, as mtl_h5_texts has them, in alphabetical order. */
char *mtl_h5_names(mtl_h5 *file, const char *group, size_t *count);
/* The numbers of a data set as floats, and its shape. */
float *mtl_h5_floats(mtl_h5 *file, const char *path, uint64_t shape[8], uint32_t *rank);

/* Decompresses raw deflate data (RFC 1951) of exactly `result_count` bytes; false where it is
 * damaged, longer or shorter. */
bool mtl_inflate(const void *bytes, size_t count, void *result, size_t result_count);
/* Blocks of four megabytes and more go back to the system as soon as they are freed. */
void mtl_return_large_blocks(void);
/* What is free between blocks in use goes back to the system. */
void mtl_return_free_memory(void);
/* The checksum of zip files. */
uint32_t mtl_crc32(const void *bytes, size_t count);

#endif
