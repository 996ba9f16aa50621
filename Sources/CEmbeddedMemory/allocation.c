#include <stddef.h>
#include <stdlib.h>

#include "CEmbeddedMemory.h"
#include "mtl_memory.h"

int __real_posix_memalign(void **memory, size_t alignment, size_t bytes);
void __real_free(void *memory);

int __wrap_posix_memalign(void **memory, size_t alignment, size_t bytes) {
  if (__real_posix_memalign(memory, alignment, bytes) == 0) return 0;
  *memory = mtl_reserve_take(alignment, bytes);
  return *memory ? 0 : 12 /* ENOMEM */;
}

void __wrap_free(void *memory) {
  if (!mtl_reserve_give_back(memory)) __real_free(memory);
}
