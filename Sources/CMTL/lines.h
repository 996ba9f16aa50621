/* Reads a text file line by line in little memory, without allocating any. */
#ifndef LINES_H
#define LINES_H

#include <stddef.h>

enum { LINE_MAX_BYTES = 4608 }; /* a path and something beside it */

struct lines {
  int file;
  size_t budget; /* bytes that may still be read: some files have no end */
  size_t count, next;
  char bytes[512];
};

/* 0 if the file cannot be opened. lines_close must follow otherwise. */
int lines_open(struct lines *lines, const char *path);
/* The next line of at most LINE_MAX_BYTES - 1 bytes, without its end; longer ones are left out. */
int lines_next(struct lines *lines, char line[LINE_MAX_BYTES]);
void lines_close(struct lines *lines);

#endif
