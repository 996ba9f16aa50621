#include "include/mtl_pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "include/mtl_cpu.h"

/* How often a helper looks for the next job before it goes to sleep: some ten microseconds, enough
 * for a caller that predicts image after image, too little to warm the room. */
enum { SPINS = 2000, HELPERS_MAX = 255 };

static struct {
  pthread_mutex_t mutex;
  pthread_cond_t wake;     /* a job has openings */
  pthread_cond_t finished; /* the last helper left the job */
  pthread_t helper[HELPERS_MAX];
  uint32_t helpers; /* threads started */
  uint32_t users;   /* mtl_pool_retain less mtl_pool_release */
  int stopping;
  uint32_t openings;       /* helpers that may still join the job */
  uint32_t joined;         /* index that the last one to join got */
  uint32_t inside;         /* helpers at work on it */
  void (*body)(void *, uint32_t);
  void *context;
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER,
          .finished = PTHREAD_COND_INITIALIZER};

static atomic_flag taken = ATOMIC_FLAG_INIT; /* some caller has the helpers */
static atomic_uint generation;               /* counts jobs, for helpers that spin */

static void *help(void *unused) {
  (void)unused;
  pthread_mutex_lock(&pool.mutex);
  for (;;) {
    while (pool.openings == 0 && !pool.stopping) {
      const unsigned seen = atomic_load_explicit(&generation, memory_order_acquire);
      pthread_mutex_unlock(&pool.mutex);
      for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&generation, memory_order_acquire) != seen) break;
        mtl_cpu_relax();
      }
      pthread_mutex_lock(&pool.mutex);
      if (atomic_load_explicit(&generation, memory_order_relaxed) == seen)
        pthread_cond_wait(&pool.wake, &pool.mutex);
    }
    if (pool.stopping) break;
    pool.openings--;
    pool.inside++;
    const uint32_t index = ++pool.joined;
    void (*const body)(void *, uint32_t) = pool.body;
    void *const context = pool.context;
    pthread_mutex_unlock(&pool.mutex);
    body(context, index);
    pthread_mutex_lock(&pool.mutex);
    if (--pool.inside == 0) pthread_cond_signal(&pool.finished);
  }
  pthread_mutex_unlock(&pool.mutex);
  return NULL;
}

/* The parent's helpers do not exist in a forked child, and its locks may have been held. */
static void forget_helpers(void) {
  pthread_mutex_init(&pool.mutex, NULL);
  pthread_cond_init(&pool.wake, NULL);
  pthread_cond_init(&pool.finished, NULL);
  pool.helpers = pool.openings = pool.inside = 0;
  atomic_flag_clear(&taken);
}

static void watch_forks(void) { pthread_atfork(NULL, NULL, forget_helpers); }

/* Starts helpers until there are `wanted`; signals stay with the application's own threads. */
static void start_helpers(uint32_t wanted) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (pool.helpers < wanted) {
    if (pthread_create(&pool.helper[pool.helpers], NULL, help, NULL) != 0) break;
    pool.helpers++;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void mtl_pool_retain(void) {
  pthread_mutex_lock(&pool.mutex);
  pool.users++;
  pthread_mutex_unlock(&pool.mutex);
}

void mtl_pool_release(void) {
  pthread_mutex_lock(&pool.mutex);
  if (--pool.users > 0 || pool.helpers == 0 || pool.stopping) {
    pthread_mutex_unlock(&pool.mutex);
    return;
  }
  pool.stopping = 1;
  atomic_fetch_add_explicit(&generation, 1, memory_order_release);
  pthread_cond_broadcast(&pool.wake);
  pthread_mutex_unlock(&pool.mutex);
  for (uint32_t i = 0; i < pool.helpers; i++) pthread_join(pool.helper[i], NULL);
  pthread_mutex_lock(&pool.mutex);
  pool.helpers = 0;
  pool.stopping = 0;
  pthread_mutex_unlock(&pool.mutex);
}

void mtl_pool_run(uint32_t threads, void (*body)(void *context, uint32_t index), void *context) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  if (threads <= 1 || atomic_flag_test_and_set_explicit(&taken, memory_order_acquire)) {
    body(context, 0);
    return;
  }
  pthread_once(&once, watch_forks);
  const uint32_t wanted = threads - 1 < HELPERS_MAX ? threads - 1 : HELPERS_MAX;
  pthread_mutex_lock(&pool.mutex);
  if (pool.helpers < wanted) start_helpers(wanted);
  pool.body = body;
  pool.context = context;
  pool.joined = 0;
  pool.openings = wanted < pool.helpers ? wanted : pool.helpers;
  atomic_fetch_add_explicit(&generation, 1, memory_order_release);
  pthread_cond_broadcast(&pool.wake);
  pthread_mutex_unlock(&pool.mutex);

  body(context, 0);

  pthread_mutex_lock(&pool.mutex);
  pool.openings = 0;
  while (pool.inside > 0) pthread_cond_wait(&pool.finished, &pool.mutex);
  pthread_mutex_unlock(&pool.mutex);
  atomic_flag_clear_explicit(&taken, memory_order_release);
}
