/* What programs need of the system beside Swift and CMTL: the command line of this process
 * (Embedded Swift has no CommandLine), and care for the user's files. For programs only. */
#ifndef MTL_ARGUMENTS_H
#define MTL_ARGUMENTS_H

int mtl_argument_count(void);
/* In main's form; getopt may reorder them. */
char **mtl_arguments(void);

/* Whether two paths name one file: by device and inode where both are there, else by the resolved
 * folder and the name. Links are followed. */
int mtl_same_file(const char *a, const char *b);

/* Renames `from` to `to`, which must not be there yet: nothing is ever replaced. 0, or -1 with the
 * reason in errno (EEXIST). */
int mtl_rename_new(const char *from, const char *to);

/* Makes sure that 0, 1 and 2 are taken, so that no file that is opened later receives what is
 * printed. */
void mtl_keep_standard_files(void);

/* Opens a file, which is made where it is missing, and locks it until it is closed. -1: it cannot
 * be opened, errno says why; -2: another process has it locked. */
int mtl_lock_file(const char *path);

#endif
