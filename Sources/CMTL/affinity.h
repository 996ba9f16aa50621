/* Which CPUs this process and its threads may run on. */
#ifndef AFFINITY_H
#define AFFINITY_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* cpu_set_t */
#endif

#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>

/* Twice as many CPUs as Linux can be built for. */
enum { CPUS_MAX = 16384, CPU_WORD_BITS = 8 * sizeof(unsigned long) };

/* A set of CPUs, of which the system's own functions read `bytes` bytes. */
struct cpus {
  unsigned long words[CPUS_MAX / CPU_WORD_BITS];
  size_t bytes;
  uint32_t count;
};

/* Adds the CPUs of the process, which are those of its first thread, and of the calling thread to
 * what is known of the process; returns how many these are together, 0 if the system does not tell.
 * What was once allowed stays: one thread that is bound to a CPU says nothing about the others. */
uint32_t affinity_learn(void);
/* What affinity_learn has found so far. */
void affinity_process(struct cpus *cpus);
/* Forgets it, in a forked child: that may be bound anew. */
void affinity_forget(void);

/* The CPUs of the calling thread; 0 if the system does not tell. */
int affinity_own(struct cpus *cpus);
int affinity_contains(const struct cpus *all, const struct cpus *some);

/* The CPU of `cpus`, not empty, that comes so many after the calling thread's, around and around;
 * as a set. */
void affinity_pick(const struct cpus *cpus, uint32_t distance, struct cpus *one);
/* Binds a thread; 0 if that failed. A seccomp filter may end the process for it. */
int affinity_bind(pthread_t thread, const struct cpus *cpus);

#endif
