/* A pool of threads that help a caller with one job at a time. One per process, so that several
 * models do not oversubscribe it. Not installed. */
#ifndef MTL_POOL_H
#define MTL_POOL_H

#include <stdint.h>

/* Everybody who may call mtl_pool_run holds on to the pool meanwhile; the last to let go ends the
 * helpers, so that a closed library leaves no thread behind. */
void mtl_pool_retain(void);
void mtl_pool_release(void);

/* The caller runs `body(context, 0)`; up to `threads` - 1 helpers run `body(context, i)`, i from 1,
 * each at most once, as they find the time: `body` must do all work that is left whichever threads
 * take part. Returns when no thread is inside `body` any more. While another caller has the
 * helpers, or if none can be started, the caller works alone. A forked child starts with new
 * helpers. */
void mtl_pool_run(uint32_t threads, void (*body)(void *context, uint32_t index), void *context);

#endif
