/* Where plugins may come from, and what their files say before any of their code runs. Not
 * installed. */
#ifndef MTL_PLUGINS_H
#define MTL_PLUGINS_H

#include <stddef.h>
#include <stdint.h>

/* The longest path, its ending zero included. */
#define MTL_PATH_MAX 4096

/* The folder of plugins that belongs to the library or program that this function is part of:
 * `mtlrt/` beside it or, for a program, `../lib/mtlrt/`. It is found while the library is loaded,
 * so it does not follow the process into another working directory. NULL: not known. */
const char *mtl_origin_folder(void);

/* A way through the file system, with memory for it. */
typedef struct mtl_path mtl_path;

/* NULL: no memory. */
mtl_path *mtl_path_new(void);
void mtl_path_free(mtl_path *path);
/* Where it leads, without links; "" is the root. */
const char *mtl_path_real(const mtl_path *path);
/* Why it ended, a sentence, and the errno if a system call failed; else 0. */
const char *mtl_path_fault(const mtl_path *path);
int mtl_path_error(const mtl_path *path);

/* Follows `rest` from `real`, a folder that was checked before; "" is the root. Folders that others
 * could exchange are refused: each folder on the way, those of links included, belongs to root, to
 * this user, to the owner of the library or to that of "/", and nobody else may write to it, with
 * three exceptions: sticky folders, where each may change only files of his own; group 0 and the
 * private group of a trusted user (its number is the user's); the group that may write to the
 * library itself.
 * Returns the descriptor and the size of a regular file of which the same holds, or -1. */
int mtl_path_open_trusted(
    mtl_path *path, const char *real, const char *rest, uint64_t *size);

/* The same for a folder of plugins, which may not be a sticky one either. Returns 0 or -1. */
int mtl_path_enter_trusted(mtl_path *path, const char *folder);

/* Reads the beginning of the data object `symbol` of the shared object `file`, which has `size`
 * bytes: at most `capacity` bytes, or as many as the second 32-bit number of the object says; the
 * rest of `constant` is cleared. Pointers in it have no meaning. Returns 0; or -1 with the reason,
 * if the file is damaged, made for another machine, or has no such object; or -2 if there is no
 * memory. No code of the file runs. */
int mtl_elf_constant(
    int file, uint64_t size, const char *symbol, void *constant, size_t capacity, char *reason,
    size_t reason_capacity);

/* Lets a moment pass. */
void mtl_wait_a_moment(void);

#endif
