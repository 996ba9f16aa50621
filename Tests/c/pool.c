/* Callers of the pool of threads, some of which are served together and only when nobody else with
 * the same wish is, with work that helpers share, long turns and a pool that ends and begins again
 * meanwhile; for ThreadSanitizer.
 *
 *   pool SECONDS
 *
 * Prints nothing when every answer was right.
 */
#include <mtl_pool.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CALLERS = 12, ITEMS = 64, CORES = 3, THREADS = 3 };

/* One caller's question: the sum of the squares of ITEMS numbers from `first` on. */
struct question {
  long first, answer;
};

/* Work in parts, as a run of a model is; answers come from plain memory of each part. */
struct work {
  long first, parts[ITEMS];
  atomic_uint next;
  mtl_pool_turn *turn;
};

static atomic_int stop, failures, together;
static const int wish;

static int body(void *context, uint32_t index) {
  struct work *work = context;
  for (;;) {
    if (index > 0 && mtl_pool_is_wanted()) return 1;
    const unsigned item = atomic_fetch_add(&work->next, 1);
    if (item >= ITEMS) return 0;
    work->parts[item] = (work->first + item) * (work->first + item);
    mtl_pool_make_way();
    if (index == 0) mtl_pool_yield(work->turn);
  }
}

static void answer(struct question *question, mtl_pool_turn *turn) {
  struct work work = {.first = question->first, .turn = turn};
  atomic_init(&work.next, 0);
  mtl_pool_run(THREADS, body, &work);
  long sum = 0;
  for (int i = 0; i < ITEMS; i++) sum += work.parts[i];
  question->answer = sum;
}

static void serve(mtl_pool_turn *turn) {
  if (turn->wish && atomic_fetch_add(&together, 1) > 0) atomic_fetch_add(&failures, 1);
  answer(turn->caller, turn);
  for (mtl_pool_turn *other = turn->others; other; other = other->next)
    answer(other->caller, turn);
  if (turn->wish) atomic_fetch_sub(&together, 1);
}

/* Every other caller can be served by a helper, and these together. */
static void *call(void *argument) {
  const long number = (long)argument;
  for (long round = 0; !atomic_load(&stop); round++) {
    mtl_pool_retain(CORES, THREADS);
    struct question question = {.first = number * 1000 + round % 1000};
    mtl_pool_turn turn = {.caller = &question};
    if (number % 2) turn.serve = serve;
    if (number % 4 == 1) {
      turn.wish = &wish;
      turn.threads = THREADS;
    }
    if (mtl_pool_enter(&turn, NULL, NULL) == MTL_TURN_BEGINS) {
      answer(&question, &turn);
      mtl_pool_leave();
    }
    long sum = 0;
    for (long i = 0; i < ITEMS; i++) sum += (question.first + i) * (question.first + i);
    if (sum != question.answer) atomic_fetch_add(&failures, 1);
    mtl_pool_release();
  }
  return NULL;
}

int main(int count, char **words) {
  if (count != 2) {
    fprintf(stderr, "pool SECONDS\n");
    return 2;
  }
  pthread_t callers[CALLERS];
  for (long i = 0; i < CALLERS; i++)
    if (pthread_create(&callers[i], NULL, call, (void *)i)) return 2;
  const double seconds = atof(words[1]);
  const struct timespec time = {(time_t)seconds, (long)((seconds - (long)seconds) * 1e9)};
  nanosleep(&time, NULL);
  atomic_store(&stop, 1);
  for (long i = 0; i < CALLERS; i++) pthread_join(callers[i], NULL);
  const int failed = atomic_load(&failures);
  if (failed) fprintf(stderr, "%d answers were wrong, or not together\n", failed);
  return failed != 0;
}
