/* Makes the single-threaded OpenBLAS safe for callers on several threads.
 *
 * Debian builds it without USE_LOCKING: two callers at once may be given the same work memory, and
 * both results are wrong. The linker option --wrap leads every call of its allocator here. */
#include <pthread.h>

void *__real_blas_memory_alloc(int kind);
void __real_blas_memory_free(void *memory);

void *__wrap_blas_memory_alloc(int kind);
void __wrap_blas_memory_free(void *memory);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void *__wrap_blas_memory_alloc(int kind) {
  pthread_mutex_lock(&mutex);
  void *const memory = __real_blas_memory_alloc(kind);
  pthread_mutex_unlock(&mutex);
  return memory;
}

void __wrap_blas_memory_free(void *memory) {
  pthread_mutex_lock(&mutex);
  __real_blas_memory_free(memory);
  pthread_mutex_unlock(&mutex);
}
