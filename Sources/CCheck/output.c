#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create */
#endif

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "include/CCheck.h"

static int outputs[2] = {-1, -1}; /* the process's own, while they are caught */
static int caught = -1;

void mtl_check_catch_output(void) {
  fflush(NULL);
  if (caught < 0) caught = memfd_create("mtl-check", MFD_CLOEXEC);
  if (caught < 0 || ftruncate(caught, 0) != 0 || lseek(caught, 0, SEEK_SET) != 0) return;
  for (int file = 1; file <= 2; file++) {
    outputs[file - 1] = dup(file);
    if (outputs[file - 1] >= 0) dup2(caught, file);
  }
}

size_t mtl_check_caught_output(char *text, size_t size) {
  fflush(NULL);
  for (int file = 1; file <= 2; file++) {
    if (outputs[file - 1] < 0) continue;
    dup2(outputs[file - 1], file);
    close(outputs[file - 1]);
    outputs[file - 1] = -1;
  }
  const ssize_t count = caught < 0 ? 0 : pread(caught, text, size, 0);
  return count < 0 ? 0 : (size_t)count;
}

int mtl_check_standard_error(void) { return outputs[1] < 0 ? 2 : outputs[1]; }
