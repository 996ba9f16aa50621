#include "include/mtl_pool.h"

#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "affinity.h"
#include "include/mtl_cpu.h"
#include "include/mtl_entry.h"
#include "workers.h"

/* How long a helper looks for more work before it goes to sleep, and a caller for the end of a
 * helper's last piece: enough for a caller that predicts image after image, too little to warm the
 * room. */
#define SPIN_NANOSECONDS 100000
/* A turn that is longer, for each caller whose work it does, lets others in between. */
#define TURN_NANOSECONDS 10000000
/* The part of a turn's length that callers who were served in it get to come back. */
#define RETURN_SHARE 32

/* Work that one caller shares. It lies on the caller's stack. */
struct job {
  struct job *next;
  int (*body)(void *, uint32_t);
  void *context;
  uint32_t threads;
  uint32_t openings;          /* helpers that may still join */
  uint8_t index[WORKERS_MAX]; /* those that are free, `openings` of them */
  atomic_uint inside;         /* helpers at work on it */
};

/* What a helper serves, and who comes back from it. It lies on the helper's stack. */
struct service {
  struct service *next;
  const void *wish;
  uint32_t threads;
};

static struct {
  pthread_mutex_t mutex;
  pthread_cond_t wake;     /* there may be a job to join */
  pthread_cond_t finished; /* the last helper left some job */
  uint32_t users;   /* mtl_pool_retain less mtl_pool_release */
  uint32_t cores;
  uint32_t working;            /* callers in their turn and helpers at work */
  uint32_t interrupted;        /* helpers that let others go first, in the middle of a turn */
  mtl_pool_turn *first;        /* who waits for a turn */
  struct service *services;    /* what helpers serve */
  struct job *jobs;            /* those that helpers may join */
  int stopping;
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER,
          .finished = PTHREAD_COND_INITIALIZER};

static atomic_uint waiting;    /* length of the queue */
static atomic_int is_wanted;   /* whether one of them could have its turn if there were a core */
static atomic_uint departing;  /* callers that were served and do not run yet */
static atomic_uint generation; /* changes when there may be a job, for helpers that spin */

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* Watches `value` until it is no more `seen`, for a moment at most. */
static void spin(atomic_uint *value, unsigned seen) {
  const int64_t until = now() + SPIN_NANOSECONDS;
  do {
    for (int i = 0; i < 64; i++) {
      if (atomic_load_explicit(value, memory_order_acquire) != seen) return;
      mtl_cpu_relax();
    }
    mtl_pool_make_way();
  } while (now() < until);
}

/* Functions from here on that are called with the lock held say so: "locked". */

/* Locked. Whether this turn may begin as soon as there is a core for it. While helpers use all of
 * them for others with its wish, it is served sooner together with those that come meanwhile. */
static int may_begin(const mtl_pool_turn *turn) {
  uint32_t threads = 0;
  for (const struct service *other = pool.services; turn->wish && other; other = other->next)
    if (other->wish == turn->wish) threads += other->threads;
  return threads < pool.cores;
}

/* Locked. The place in the queue of the first that may begin, or of the NULL at its end. */
static mtl_pool_turn **find_turn(void) {
  mtl_pool_turn **place = &pool.first;
  while (*place && !may_begin(*place)) place = &(*place)->next;
  return place;
}

/* Locked. */
static void update_wanted(void) {
  atomic_store_explicit(&is_wanted, *find_turn() != NULL, memory_order_relaxed);
}

/* Locked. A job that a helper may join now, or NULL. */
static struct job *find_job(void) {
  for (struct job *job = pool.jobs; job; job = job->next) {
    const uint32_t most = job->threads > pool.cores ? job->threads : pool.cores;
    if (job->openings > 0 && pool.working < most && !mtl_pool_is_wanted()) return job;
  }
  return NULL;
}

/* Locked. */
static void remove_job(struct job *job) {
  for (struct job **place = &pool.jobs; *place; place = &(*place)->next) {
    if (*place != job) continue;
    *place = job->next;
    return;
  }
}

/* Locked. */
static void wake_helpers(void) {
  atomic_fetch_add_explicit(&generation, 1, memory_order_release);
  pthread_cond_broadcast(&pool.wake);
}

/* Locked. Takes the turn at this place out of the queue. */
static mtl_pool_turn *remove_turn(mtl_pool_turn **place) {
  mtl_pool_turn *const turn = *place;
  *place = turn->next;
  atomic_fetch_sub_explicit(&waiting, 1, memory_order_relaxed);
  return turn;
}

/* Locked. Whether a helper may serve somebody in the queue now. */
static int may_serve(void) {
  const mtl_pool_turn *const turn = *find_turn();
  return turn && turn->serve && pool.working < pool.cores;
}

/* Locked. Gives what cores are free to those who wait, or to helpers: when somebody left the queue,
 * and when a helper begins to serve or ends. */
static void give_turns(void) {
  mtl_pool_turn **place;
  while (*(place = find_turn()) && !(*place)->serve && pool.working < pool.cores) {
    mtl_pool_turn *const turn = remove_turn(place);
    pool.working++;
    turn->state = MTL_TURN_BEGINS;
    pthread_cond_signal(&turn->wake);
  }
  update_wanted();
  if (may_serve() || find_job()) wake_helpers();
}

static void *help(void *unused);

/* Locked. */
static void start_workers(uint32_t count, enum workers_moment moment) {
  if (!pool.stopping) workers_start(count, help, moment);
}

/* Locked. Waits at the end of the queue. */
static int queue(mtl_pool_turn *turn, int (*is_over)(void *), void *context) {
  if (turn->serve) start_workers(pool.cores + pool.interrupted, WORKERS_PREDICTING);
  if (workers_count() <= pool.interrupted || pool.stopping) turn->serve = NULL;
  turn->next = NULL;
  turn->state = MTL_TURN_WAITS;
  pthread_cond_init(&turn->wake, NULL);
  mtl_pool_turn **end = &pool.first;
  while (*end) end = &(*end)->next;
  *end = turn;
  atomic_fetch_add_explicit(&waiting, 1, memory_order_relaxed);
  update_wanted();
  int is_needless = 0;
  while (turn->state == MTL_TURN_WAITS && !(is_needless = is_over && is_over(context)))
    pthread_cond_wait(&turn->wake, &pool.mutex);
  pthread_cond_destroy(&turn->wake);
  if (turn->state == MTL_TURN_SERVED)
    atomic_fetch_sub_explicit(&departing, 1, memory_order_relaxed);
  if (!is_needless) return turn->state;
  mtl_pool_turn **place = &pool.first;
  while (*place != turn) place = &(*place)->next;
  remove_turn(place);
  give_turns();
  return MTL_TURN_IS_OVER;
}

/* Locked. Begins a turn, at once if a core is free that nobody else waits for. */
static int take_turn(mtl_pool_turn *turn, int (*is_over)(void *), void *context) {
  if (mtl_pool_is_wanted() || pool.working >= pool.cores || !may_begin(turn))
    return queue(turn, is_over, context);
  pool.working++;
  return MTL_TURN_BEGINS;
}

/* Locked. Takes the first in the queue that may begin out of it, with as many that have the same
 * wish, first come, first served, as make the largest power of two: memory is kept for few sizes of
 * batches. */
static mtl_pool_turn *gather(void) {
  mtl_pool_turn **place = find_turn();
  const void *const wish = (*place)->wish;
  uint32_t count = 1, wanted = 1;
  for (const mtl_pool_turn *other = (*place)->next; other && wish; other = other->next)
    count += other->wish == wish;
  while (wanted * 2 <= count && wanted * 2 <= MTL_POOL_TOGETHER_MAX) wanted *= 2;
  mtl_pool_turn *const turn = remove_turn(place), **end = &turn->others;
  for (turn->other_count = wanted - 1; --wanted > 0; end = &(*end)->next) {
    while ((*place)->wish != wish) place = &(*place)->next;
    *end = remove_turn(place);
  }
  *end = NULL;
  return turn;
}

/* Locked. The turn's work is done. Its caller finds it unchanged as long as the lock is held. */
static void dismiss(mtl_pool_turn *turn) {
  atomic_fetch_add_explicit(&departing, 1, memory_order_relaxed);
  turn->state = MTL_TURN_SERVED;
  pthread_cond_signal(&turn->wake);
}

/* Locked. So many callers were served together; gives them a moment to come back, so that as many
 * are served together again. */
static void await_return(uint32_t count, int64_t length) {
  count += atomic_load_explicit(&waiting, memory_order_relaxed);
  if (count < 2) return;
  if (count > MTL_POOL_TOGETHER_MAX) count = MTL_POOL_TOGETHER_MAX;
  const int64_t until = now() + length / RETURN_SHARE;
  /* Whoever spins makes way for them until they are here. */
  atomic_fetch_add_explicit(&departing, 1, memory_order_relaxed);
  pthread_mutex_unlock(&pool.mutex);
  while (atomic_load_explicit(&waiting, memory_order_relaxed) < count && now() < until)
    mtl_pool_make_way();
  pthread_mutex_lock(&pool.mutex);
  atomic_fetch_sub_explicit(&departing, 1, memory_order_relaxed);
}

/* Locked. A helper does the work of the first in the queue, and of others like it. */
static void serve(void) {
  mtl_pool_turn *const turn = gather();
  struct service service = {pool.services, turn->wish, turn->threads};
  pool.services = &service;
  pool.working++;
  give_turns();
  pthread_mutex_unlock(&pool.mutex);
  turn->since = now();
  turn->is_served = 1;
  turn->serve(turn);
  pthread_mutex_lock(&pool.mutex);
  const int64_t length = now() - turn->since;
  const uint32_t count = turn->other_count + 1;
  dismiss(turn);
  for (mtl_pool_turn *other = turn->others; other; other = other->next) dismiss(other);
  if (service.wish) await_return(count, length);
  struct service **place = &pool.services;
  while (*place != &service) place = &(*place)->next;
  *place = service.next;
  pool.working--;
  give_turns();
}

/* Locked. A helper waits for a job; where no core is free it leaves them alone at once. */
static void rest(void) {
  if (pool.working < pool.cores) {
    const unsigned seen = atomic_load_explicit(&generation, memory_order_relaxed);
    pthread_mutex_unlock(&pool.mutex);
    spin(&generation, seen);
    pthread_mutex_lock(&pool.mutex);
    if (atomic_load_explicit(&generation, memory_order_relaxed) != seen) return;
  }
  if (!may_serve() && !find_job() && !pool.stopping)
    pthread_cond_wait(&pool.wake, &pool.mutex);
}

static void *help(void *unused) {
  (void)unused;
  /* Not as the thread that started it, which may be the application's. */
  mtl_float_set(mtl_float_default());
  pthread_mutex_lock(&pool.mutex);
  while (!pool.stopping) {
    if (may_serve()) {
      serve();
      continue;
    }
    struct job *const job = find_job();
    if (!job) {
      rest();
      continue;
    }
    const uint8_t index = job->index[--job->openings];
    pool.working++;
    atomic_fetch_add_explicit(&job->inside, 1, memory_order_relaxed);
    pthread_mutex_unlock(&pool.mutex);
    const int is_left = job->body(job->context, index);
    pthread_mutex_lock(&pool.mutex);
    if (is_left) {
      job->index[job->openings++] = index;
    } else {
      remove_job(job);
    }
    pool.working--;
    give_turns();
    /* The job is gone as soon as its caller sees nobody inside. */
    if (atomic_fetch_sub_explicit(&job->inside, 1, memory_order_release) == 1)
      pthread_cond_broadcast(&pool.finished);
  }
  pthread_mutex_unlock(&pool.mutex);
  return NULL;
}

/* The parent's other threads do not exist in a forked child: no helpers, nobody at work. */
static void forget_threads(void) {
  pthread_mutex_init(&pool.mutex, NULL);
  pthread_cond_init(&pool.wake, NULL);
  pthread_cond_init(&pool.finished, NULL);
  pool.working = pool.interrupted = 0;
  pool.first = NULL;
  pool.services = NULL;
  pool.jobs = NULL;
  pool.stopping = 0;
  workers_forget();
  affinity_forget();
  atomic_store(&waiting, 0);
  atomic_store(&is_wanted, 0);
  atomic_store(&departing, 0);
}

static void watch_forks(void) { pthread_atfork(mtl_pool_lock, mtl_pool_unlock, forget_threads); }

/* Locked. How many helpers there should be for a job that wants so many and for those under way: as
 * many as there are cores beside a caller's, or as the job wants if that is more. */
static uint32_t helpers_for(uint32_t wanted) {
  uint32_t sum = wanted;
  for (const struct job *job = pool.jobs; job; job = job->next) sum += job->threads - 1;
  const uint32_t most = wanted < pool.cores ? pool.cores - 1 : wanted;
  return sum < most ? sum : most;
}

void mtl_pool_lock(void) { pthread_mutex_lock(&pool.mutex); }
void mtl_pool_unlock(void) { pthread_mutex_unlock(&pool.mutex); }

/* Locked. Ends the workers; meanwhile others may take the lock. Nobody waits to be served then: a
 * worker that let others go first comes after them in the queue. */
static void stop_workers(void) {
  pool.stopping = 1;
  for (mtl_pool_turn *turn = pool.first; turn; turn = turn->next) turn->serve = NULL;
  give_turns();
  wake_helpers();
  mtl_pool_unlock();
  workers_join();
  mtl_pool_lock();
  workers_forget();
  pool.stopping = 0;
}

void mtl_pool_retain(uint32_t cores, uint32_t threads) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, watch_forks);
  mtl_pool_lock();
  if (pool.users++ == 0 || cores > pool.cores) pool.cores = cores;
  if (!pool.stopping && !workers_widen()) stop_workers();
  start_workers(helpers_for(threads - 1), WORKERS_OPENING);
  mtl_pool_unlock();
}

void mtl_pool_release(void) {
  mtl_pool_lock();
  if (--pool.users == 0 && workers_count() > 0 && !pool.stopping) stop_workers();
  mtl_pool_unlock();
}

int mtl_pool_enter(mtl_pool_turn *turn, int (*is_over)(void *), void *context) {
  mtl_pool_lock();
  const int state = take_turn(turn, is_over, context);
  mtl_pool_unlock();
  turn->since = now();
  return state;
}

void mtl_pool_leave(void) {
  mtl_pool_lock();
  pool.working--;
  give_turns();
  mtl_pool_unlock();
}

void mtl_pool_nudge(void) {
  mtl_pool_lock();
  for (mtl_pool_turn *turn = pool.first; turn; turn = turn->next) pthread_cond_signal(&turn->wake);
  mtl_pool_unlock();
}

void mtl_pool_make_way(void) {
  if (atomic_load_explicit(&departing, memory_order_relaxed) > 0) sched_yield();
}

int mtl_pool_is_wanted(void) { return atomic_load_explicit(&is_wanted, memory_order_relaxed); }

void mtl_pool_yield(mtl_pool_turn *turn) {
  const int64_t length = (1 + (int64_t)turn->other_count) * TURN_NANOSECONDS;
  if (!mtl_pool_is_wanted() || now() - turn->since < length) return;
  mtl_pool_lock();
  if (turn->is_served) {
    pool.interrupted++;
    start_workers(pool.cores + pool.interrupted, WORKERS_PREDICTING);
  }
  /* A helper goes on if no other is left to serve those who wait. */
  if (mtl_pool_is_wanted() && (!turn->is_served || workers_count() > pool.interrupted)) {
    /* A turn of its own: somebody may wait for the end of the other one. */
    mtl_pool_turn rest_of_turn = {0};
    pool.working--;
    give_turns();
    take_turn(&rest_of_turn, NULL, NULL);
  }
  if (turn->is_served) pool.interrupted--;
  mtl_pool_unlock();
  turn->since = now();
}

void mtl_pool_run(uint32_t threads, int (*body)(void *context, uint32_t index), void *context) {
  if (threads <= 1) {
    body(context, 0);
    return;
  }
  struct job job = {.body = body, .context = context, .threads = threads};
  const uint32_t wanted = threads - 1 < WORKERS_MAX ? threads - 1 : WORKERS_MAX;
  for (uint32_t i = 0; i < wanted; i++) job.index[i] = (uint8_t)(wanted - i);
  mtl_pool_lock();
  start_workers(helpers_for(wanted), WORKERS_PREDICTING);
  job.openings = wanted;
  job.next = pool.jobs;
  pool.jobs = &job;
  if (workers_count() > 0) pthread_cond_broadcast(&pool.wake);
  mtl_pool_unlock();
  /* Helpers that spin find the lock free. */
  atomic_fetch_add_explicit(&generation, 1, memory_order_release);

  body(context, 0);

  mtl_pool_lock();
  remove_job(&job);
  job.openings = 0;
  mtl_pool_unlock();
  unsigned inside;
  while ((inside = atomic_load_explicit(&job.inside, memory_order_acquire)) > 0) {
    spin(&job.inside, inside);
    mtl_pool_lock();
    if (atomic_load_explicit(&job.inside, memory_order_relaxed) == inside)
      pthread_cond_wait(&pool.finished, &pool.mutex);
    mtl_pool_unlock();
  }
}
