/* Threads of this process at work on predictions: whose turn it is, and helpers that take part in
 * one. There is one pool per process, so that several models and callers do not oversubscribe the
 * CPUs. Not installed. */
#ifndef MTL_POOL_H
#define MTL_POOL_H

#include <pthread.h>
#include <stdint.h>

/* Everybody who may use the pool holds on to it meanwhile; the last to let go ends the helpers, so
 * that a closed library leaves no thread behind. `cores`: how many threads may work at once;
 * `threads`: how many will in the first run, from 1: its helpers start meanwhile. */
void mtl_pool_retain(uint32_t cores, uint32_t threads);
void mtl_pool_release(void);

enum {
  MTL_TURN_WAITS,
  MTL_TURN_BEGINS, /* mtl_pool_leave must follow */
  MTL_TURN_IS_OVER,
  MTL_TURN_SERVED, /* a helper did the work */
};

/* A caller's turn, in its own memory while it waits and works; cleared before the first use. */
typedef struct mtl_pool_turn {
  struct mtl_pool_turn *next;
  pthread_cond_t wake;
  int64_t since; /* when it began, in nanoseconds */
  int state;
  int is_served; /* by a helper */
  /* Callers that are served together with this one, linked by `next`, and how many they are. */
  struct mtl_pool_turn *others;
  uint32_t other_count;
  /* Does the work in a helper, if the caller has to wait: its own and that of `others`, which wait
   * for the same `wish`. NULL: the caller alone can do it. */
  void (*serve)(struct mtl_pool_turn *turn);
  const void *wish; /* NULL: it is served alone */
  uint32_t threads; /* that `serve` uses, for turns with a wish */
  void *caller;     /* for `serve` */
} mtl_pool_turn;

/* Most callers that are served together: a power of two. */
#define MTL_POOL_TOGETHER_MAX 16

/* Waits until fewer threads than cores are at work. Callers get their turns in the order in which
 * they came; those whose wish helpers serve with all cores are passed over until that is done.
 * Returns MTL_TURN_BEGINS; or MTL_TURN_IS_OVER if `is_over`, which may be NULL, said so meanwhile:
 * it is asked at first and after each mtl_pool_nudge; or MTL_TURN_SERVED. */
int mtl_pool_enter(mtl_pool_turn *turn, int (*is_over)(void *context), void *context);
void mtl_pool_leave(void);
void mtl_pool_nudge(void);

/* Runs `body(context, 0)`, and up to `threads` - 1 helpers run `body(context, i)` as far as there
 * are cores for them, no two at once with the same i from 1 to `threads` - 1. The body does all
 * work that is left, whichever threads take part, and returns 0; a helper's may return early, with
 * 1, and be called again. Returns when no thread is inside `body` any more. The caller has a turn;
 * without one, as when a model is opened, its own thread is not counted. */
void mtl_pool_run(uint32_t threads, int (*body)(void *context, uint32_t index), void *context);

/* Whether somebody waits for a core: a helper does well to return from `body` soon. */
int mtl_pool_is_wanted(void);
/* Between two pieces of work: lets callers run that got their answer and have not left yet, if they
 * have to wait for this CPU. */
void mtl_pool_make_way(void);
/* For index 0, between two pieces of work: lets those who wait go first if this turn is long. */
void mtl_pool_yield(mtl_pool_turn *turn);

/* A lock for moments, which a forked child finds open. */
void mtl_pool_lock(void);
void mtl_pool_unlock(void);

#endif
