#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#endif

#include "include/mtl_memory.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <sys/mman.h>

/* Nothing here takes a lock: a child that was forked from any moment goes on. */

enum {
  ALWAYS_THERE = 128 << 10, /* for messages, and for what a call holds besides its lists */
  REGIONS_MAX = 64,
  MARKS_MAX = 64,
  LIVE_BITS = 24, /* of `state`: blocks that are in use; the rest: bytes given out */
};

/* Memory that is given out front to back, and is empty again when its last block is given back. */
struct region {
  _Atomic(uintptr_t) owner; /* the thread that it is for, or one of the below */
  _Atomic(char *) start;
  atomic_size_t size;
  _Atomic(uint64_t) state;
};

/* A region that is REMOVED goes with its last block. */
static const uintptr_t FREE = 0, TAKEN = 1, EVERYBODY = 2, REMOVED = 3;

static alignas(64) char always_there[ALWAYS_THERE];
static struct region regions[REGIONS_MAX] = {
    {.owner = 2, .start = always_there, .size = ALWAYS_THERE}};

unsigned mtl_memory_failures;
unsigned mtl_reserve_blocks;
static _Atomic(uintptr_t) marks[MARKS_MAX];
static atomic_uint unnamed; /* failures that found no place in `marks` */

static uintptr_t this_thread(void) { return (uintptr_t)pthread_self(); }

static _Atomic(uintptr_t) *find_mark(uintptr_t owner) {
  for (int i = 0; i < MARKS_MAX; i++)
    if (atomic_load(&marks[i]) == owner) return &marks[i];
  return NULL;
}

static void mark(void) {
  if (find_mark(this_thread())) return;
  __atomic_fetch_add(&mtl_memory_failures, 1, __ATOMIC_RELAXED);
  for (int i = 0; i < MARKS_MAX; i++) {
    uintptr_t none = FREE;
    if (atomic_compare_exchange_strong(&marks[i], &none, this_thread())) return;
  }
  atomic_fetch_add(&unnamed, 1);
}

int mtl_memory_thread_failed(void) {
  return find_mark(this_thread()) != NULL || atomic_load(&unnamed) > 0;
}

int mtl_memory_forget(void) {
  if (!mtl_memory_failed()) return 0;
  _Atomic(uintptr_t) *const own = find_mark(this_thread());
  if (own) {
    atomic_store(own, FREE);
  } else {
    /* Of the failures without a name any may be this thread's. */
    unsigned left = atomic_load(&unnamed);
    while (left > 0 && !atomic_compare_exchange_weak(&unnamed, &left, left - 1)) continue;
    if (left == 0) return 1;
  }
  __atomic_fetch_sub(&mtl_memory_failures, 1, __ATOMIC_RELAXED);
  return 1;
}

/* A block of `region`, or NULL. */
static void *take_from(struct region *region, size_t alignment, size_t bytes) {
  char *const start = atomic_load(&region->start);
  const size_t size = atomic_load(&region->size);
  uint64_t before = atomic_load(&region->state), after;
  size_t first;
  do {
    const size_t used = (size_t)(before >> LIVE_BITS);
    const size_t skew = ((uintptr_t)start + used) % alignment;
    first = used + (skew ? alignment - skew : 0);
    if (first > size || bytes > size - first) return NULL;
    after = (uint64_t)(first + bytes) << LIVE_BITS;
    after |= (before & ((1u << LIVE_BITS) - 1)) + 1;
  } while (!atomic_compare_exchange_weak(&region->state, &before, after));
  return start + first;
}

static void *take_for(uintptr_t owner, size_t alignment, size_t bytes) {
  for (int i = 0; i < REGIONS_MAX; i++) {
    if (atomic_load(&regions[i].owner) != owner) continue;
    void *const memory = take_from(&regions[i], alignment, bytes);
    if (memory) return memory;
  }
  return NULL;
}

void *mtl_reserve_take(size_t alignment, size_t bytes) {
  mark();
  if (bytes == 0) bytes = 1;
  __atomic_fetch_add(&mtl_reserve_blocks, 1, __ATOMIC_RELAXED);
  void *memory = take_for(this_thread(), alignment, bytes);
  if (!memory) memory = take_for(EVERYBODY, alignment, bytes);
  if (!memory) __atomic_fetch_sub(&mtl_reserve_blocks, 1, __ATOMIC_RELAXED);
  return memory;
}

/* Gives a region back to the system if it is REMOVED. */
static void unmap_removed(struct region *region) {
  uintptr_t removed = REMOVED;
  if (!atomic_compare_exchange_strong(&region->owner, &removed, TAKEN)) return;
  munmap(atomic_load(&region->start), atomic_load(&region->size));
  atomic_store(&region->owner, FREE);
}

int mtl_reserve_free_block(void *memory) {
  for (int i = 0; i < REGIONS_MAX; i++) {
    struct region *const region = &regions[i];
    if (atomic_load_explicit(&region->owner, memory_order_relaxed) <= TAKEN) continue;
    const uintptr_t start = (uintptr_t)atomic_load_explicit(&region->start, memory_order_relaxed);
    const size_t size = atomic_load_explicit(&region->size, memory_order_relaxed);
    if ((uintptr_t)memory - start >= size) continue;
    uint64_t before = atomic_load(&region->state), after;
    do {
      after = before - 1;
      if ((after & ((1u << LIVE_BITS) - 1)) == 0) after = 0;
    } while (!atomic_compare_exchange_weak(&region->state, &before, after));
    if (after == 0) unmap_removed(region);
    __atomic_fetch_sub(&mtl_reserve_blocks, 1, __ATOMIC_RELAXED);
    return 1;
  }
  return 0;
}

int mtl_reserve_add(size_t bytes) {
  void *const start =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return MTL_RESERVE_NO_MEMORY;
  for (int i = 0; i < REGIONS_MAX; i++) {
    struct region *const region = &regions[i];
    uintptr_t none = FREE;
    if (!atomic_compare_exchange_strong(&region->owner, &none, TAKEN)) continue;
    atomic_store(&region->start, start);
    atomic_store(&region->size, bytes);
    atomic_store(&region->state, 0);
    atomic_store(&region->owner, this_thread());
    return i;
  }
  munmap(start, bytes);
  return MTL_RESERVE_NOT_NEEDED;
}

void mtl_reserve_remove(int handle) {
  struct region *const region = &regions[handle];
  atomic_store(&region->owner, REMOVED);
  if (atomic_load(&region->state) == 0) unmap_removed(region);
}
