/* The threads of the pool. All functions but workers_join are called with the pool's lock held.
 *
 * Sandboxes end a process for a system call that they do not expect. A thread that opens a model
 * reads files anyway: it may read in /proc whether there is such a filter, and name, place and bind
 * workers where there is none. A thread that predicts must not: it only starts threads. */
#ifndef WORKERS_H
#define WORKERS_H

#include <stdint.h>

enum { WORKERS_MAX = 255 };

enum workers_moment { WORKERS_OPENING, WORKERS_PREDICTING };

/* Starts workers until there are `count`, or as many as the system allows. They run `body`, block
 * all signals but those of faults, and may use all CPUs of the process whoever starts them. */
void workers_start(uint32_t count, void *(*body)(void *), enum workers_moment moment);
uint32_t workers_count(void);

/* When a model is opened: lets workers use CPUs that the process was found to have since they were
 * started. 0: they cannot, but others that this thread starts in their place could. */
int workers_widen(void);

/* Waits for the end of all; then they are to be forgotten. */
void workers_join(void);
void workers_forget(void);

#endif
