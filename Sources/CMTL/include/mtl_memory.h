/* What Swift code gets when the system has no memory left. Not installed.
 *
 * An allocation in Embedded Swift cannot fail: it traps. So in the libraries that are loaded into a
 * user's process an allocation that fails is served from a reserve, and its thread is marked; the
 * code ends with MTLRT_E_MEMORY at its next check. spec/decisions/0029-no-memory.md says more. */
#ifndef MTL_MEMORY_H
#define MTL_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Threads that are marked. */
extern unsigned mtl_memory_failures;

int mtl_memory_thread_failed(void);

/* Whether an allocation of this thread failed since its last mtl_memory_forget. */
static inline int mtl_memory_failed(void) {
  return __atomic_load_n(&mtl_memory_failures, __ATOMIC_RELAXED) != 0 &&
         mtl_memory_thread_failed();
}

/* The same, and takes the mark away: a call that ends has told its caller. */
int mtl_memory_forget(void);

enum {
  MTL_RESERVE_NO_MEMORY = -1,
  MTL_RESERVE_NOT_NEEDED = -2, /* other calls have added as much as there is room for */
};

/* Adds `bytes` to the reserve, for this thread, until mtl_reserve_remove: calls whose lists grow
 * with a model need more than what is always there. Returns a handle from 0, or one of the above.
 */
int mtl_reserve_add(size_t bytes);
void mtl_reserve_remove(int handle);

/* For an allocation that failed: memory out of the reserve, aligned as asked for, up to a page; the
 * thread is marked. NULL: the reserve is used up too. */
void *mtl_reserve_take(size_t alignment, size_t bytes);

/* Blocks of the reserve that are in use. */
extern unsigned mtl_reserve_blocks;

int mtl_reserve_free_block(void *memory);

/* Returns 0 if the memory is not from the reserve; else takes it back. */
static inline int mtl_reserve_give_back(void *memory) {
  return __atomic_load_n(&mtl_reserve_blocks, __ATOMIC_RELAXED) != 0 &&
         mtl_reserve_free_block(memory);
}

#endif
