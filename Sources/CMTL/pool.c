#include "include/mtl_pool.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "include/mtl_cpu.h"

/* How long a helper looks for more work before it goes to sleep, and a caller for the end of a
 * helper's last piece: enough for a caller that predicts image after image, too little to warm the
 * room. */
#define SPIN_NANOSECONDS 100000
/* A turn that is longer, for each caller whose work it does, lets others in between. */
#define TURN_NANOSECONDS 10000000

enum { HELPERS_MAX = 255 };

/* Work that one caller shares. It lies on the caller's stack. */
struct job {
  struct job *next;
  int (*body)(void *, uint32_t);
  void *context;
  uint32_t threads;
  uint32_t openings;          /* helpers that may still join */
  uint8_t index[HELPERS_MAX]; /* those that are free, `openings` of them */
  atomic_uint inside;         /* helpers at work on it */
};

static struct {
  pthread_mutex_t mutex;
  pthread_cond_t wake;     /* there may be a job to join */
  pthread_cond_t finished; /* the last helper left some job */
  pthread_t helper[HELPERS_MAX];
  uint32_t helpers; /* threads started */
  uint32_t users;   /* mtl_pool_retain less mtl_pool_release */
  uint32_t cores;
  uint32_t working;           /* callers in their turn and helpers at work */
  uint32_t interrupted;       /* helpers that let others go first, in the middle of a turn */
  mtl_pool_turn *first, *last; /* who waits for a turn */
  struct job *jobs;           /* those that helpers may join */
  int stopping;
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER,
          .finished = PTHREAD_COND_INITIALIZER};

static atomic_uint waiting;    /* length of the queue */
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

/* Locked. A job that a helper may join now, or NULL. */
static struct job *find_job(void) {
  for (struct job *job = pool.jobs; job; job = job->next) {
    const uint32_t most = job->threads > pool.cores ? job->threads : pool.cores;
    if (job->openings > 0 && pool.working < most && !pool.first) return job;
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

/* Locked. Takes the turn behind `before`, or the first one if that is NULL, out of the queue. */
static void remove_turn(mtl_pool_turn *before) {
  mtl_pool_turn **const place = before ? &before->next : &pool.first;
  if (pool.last == *place) pool.last = before;
  *place = (*place)->next;
  atomic_fetch_sub_explicit(&waiting, 1, memory_order_relaxed);
}

/* Locked. Whether a helper may serve the first in the queue now. */
static int may_serve(void) {
  return pool.first && pool.first->serve && pool.working < pool.cores;
}

/* Locked. Gives what cores are free to those who wait, or to helpers. */
static void give_turns(void) {
  while (pool.first && !pool.first->serve && pool.working < pool.cores) {
    mtl_pool_turn *const turn = pool.first;
    remove_turn(NULL);
    pool.working++;
    turn->state = MTL_TURN_BEGINS;
    pthread_cond_signal(&turn->wake);
  }
  if (may_serve() || find_job()) wake_helpers();
}

static void *help(void *unused);

/* Locked. Signals stay with the application's own threads. */
static void start_helpers(uint32_t count) {
  if (count > HELPERS_MAX) count = HELPERS_MAX;
  if (pool.helpers >= count || pool.stopping) return;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (pool.helpers < count) {
    if (pthread_create(&pool.helper[pool.helpers], NULL, help, NULL) != 0) break;
    pool.helpers++;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Locked. Waits at the end of the queue. */
static int queue(mtl_pool_turn *turn, int (*is_over)(void *), void *context) {
  if (turn->serve) start_helpers(pool.cores + pool.interrupted);
  if (pool.helpers <= pool.interrupted) turn->serve = NULL;
  turn->next = NULL;
  turn->state = MTL_TURN_WAITS;
  pthread_cond_init(&turn->wake, NULL);
  if (pool.first) {
    pool.last->next = turn;
  } else {
    pool.first = turn;
  }
  pool.last = turn;
  atomic_fetch_add_explicit(&waiting, 1, memory_order_relaxed);
  int is_needless = 0;
  while (turn->state == MTL_TURN_WAITS && !(is_needless = is_over && is_over(context)))
    pthread_cond_wait(&turn->wake, &pool.mutex);
  pthread_cond_destroy(&turn->wake);
  if (turn->state == MTL_TURN_SERVED)
    atomic_fetch_sub_explicit(&departing, 1, memory_order_relaxed);
  if (!is_needless) return turn->state;
  mtl_pool_turn *before = NULL;
  for (mtl_pool_turn *other = pool.first; other != turn; other = other->next) before = other;
  remove_turn(before);
  give_turns();
  return MTL_TURN_IS_OVER;
}

/* Locked. Begins a turn, at once if a core is free and nobody else waits for it. */
static int take_turn(mtl_pool_turn *turn, int (*is_over)(void *), void *context) {
  if (pool.first || pool.working >= pool.cores) return queue(turn, is_over, context);
  pool.working++;
  return MTL_TURN_BEGINS;
}

/* Locked. Takes the first in the queue out of it, with as many that have the same wish, first come,
 * first served, as make the largest power of two: memory is kept for few sizes of batches. */
static mtl_pool_turn *gather(void) {
  mtl_pool_turn *const turn = pool.first;
  uint32_t count = 1, wanted = 1;
  for (const mtl_pool_turn *other = turn->next; other && turn->wish; other = other->next)
    count += other->wish == turn->wish;
  while (wanted * 2 <= count && wanted * 2 <= MTL_POOL_TOGETHER_MAX) wanted *= 2;
  remove_turn(NULL);
  mtl_pool_turn **end = &turn->others, *before = NULL;
  while (turn->other_count + 1 < wanted) {
    mtl_pool_turn *const other = before ? before->next : pool.first;
    if (other->wish == turn->wish) {
      remove_turn(before);
      *end = other;
      end = &other->next;
      turn->other_count++;
    } else {
      before = other;
    }
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

/* Locked. A helper does the work of the first in the queue, and of others like it. */
static void serve(void) {
  mtl_pool_turn *const turn = gather();
  pool.working++;
  if (pool.first) give_turns();
  pthread_mutex_unlock(&pool.mutex);
  turn->since = now();
  turn->is_served = 1;
  turn->serve(turn);
  pthread_mutex_lock(&pool.mutex);
  dismiss(turn);
  for (mtl_pool_turn *other = turn->others; other; other = other->next) dismiss(other);
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
  pool.helpers = pool.working = pool.interrupted = 0;
  pool.first = pool.last = NULL;
  pool.jobs = NULL;
  pool.stopping = 0;
  atomic_store(&waiting, 0);
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

void mtl_pool_retain(uint32_t cores) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, watch_forks);
  mtl_pool_lock();
  pool.users++;
  pool.cores = cores;
  mtl_pool_unlock();
}

void mtl_pool_release(void) {
  mtl_pool_lock();
  if (--pool.users > 0 || pool.helpers == 0 || pool.stopping) {
    mtl_pool_unlock();
    return;
  }
  pool.stopping = 1;
  wake_helpers();
  mtl_pool_unlock();
  for (uint32_t i = 0; i < pool.helpers; i++) pthread_join(pool.helper[i], NULL);
  mtl_pool_lock();
  pool.helpers = 0;
  pool.stopping = 0;
  /* Somebody may have come meanwhile and count on helpers. */
  if (pool.first) start_helpers(pool.cores);
  for (mtl_pool_turn *turn = pool.first; turn && pool.helpers == 0; turn = turn->next)
    turn->serve = NULL;
  give_turns();
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

int mtl_pool_is_wanted(void) { return atomic_load_explicit(&waiting, memory_order_relaxed) > 0; }

void mtl_pool_yield(mtl_pool_turn *turn) {
  const int64_t length = (1 + (int64_t)turn->other_count) * TURN_NANOSECONDS;
  if (!mtl_pool_is_wanted() || now() - turn->since < length) return;
  mtl_pool_lock();
  if (turn->is_served) {
    pool.interrupted++;
    start_helpers(pool.cores + pool.interrupted);
  }
  /* A helper goes on if no other is left to serve those who wait. */
  if (pool.first && (!turn->is_served || pool.helpers > pool.interrupted)) {
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
  const uint32_t wanted = threads - 1 < HELPERS_MAX ? threads - 1 : HELPERS_MAX;
  for (uint32_t i = 0; i < wanted; i++) job.index[i] = (uint8_t)(wanted - i);
  mtl_pool_lock();
  start_helpers(helpers_for(wanted));
  job.openings = wanted;
  job.next = pool.jobs;
  pool.jobs = &job;
  if (pool.helpers > 0) pthread_cond_broadcast(&pool.wake);
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
