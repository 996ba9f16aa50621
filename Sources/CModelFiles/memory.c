#include <malloc.h>

#include "CModelFiles.h"

/* Stated once, the limit stays: by itself it grows with the blocks that are freed. */
void mtl_return_large_blocks(void) { mallopt(M_MMAP_THRESHOLD, 4 << 20); }

void mtl_return_free_memory(void) { malloc_trim(0); }
