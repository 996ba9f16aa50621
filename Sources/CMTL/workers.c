#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* affinity and names of threads */
#endif

#include "workers.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "affinity.h"
#include "include/mtl_cpu.h"
#include "lines.h"

/* How long no more threads are tried after the system refused one. */
#define RETRY_NANOSECONDS 10000000
/* How long a thread that opens a model waits for workers to run on the CPUs they begin on. */
#define BEGIN_NANOSECONDS 200000

static struct {
  pthread_t threads[WORKERS_MAX];
  uint32_t count;
  uint32_t cpus; /* of the worker that may use the fewest */
  void *(*body)(void *); /* the same always */
  atomic_uint begun; /* how many run, of those started last */
  /* Whether there may have been a seccomp filter when a model was opened. */
  enum { FILTER_UNKNOWN, FILTER_NONE, FILTER_POSSIBLE } filter;
  int64_t retry;     /* when a thread may be tried again */
  /* Sets of CPUs are large for the stack of a caller. */
  struct cpus process, own, one;
} workers;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* Whether no seccomp filter watches the calling thread; reads a file. */
static int is_unfiltered(void) {
  static const char key[] = "Seccomp:";
  struct lines lines;
  char line[LINE_MAX_BYTES];
  int is_free = 0;
  workers.filter = FILTER_POSSIBLE;
  if (!lines_open(&lines, "/proc/thread-self/status")) return 0;
  while (lines_next(&lines, line)) {
    if (strncmp(line, key, sizeof key - 1) != 0) continue;
    const char *const value = line + sizeof key - 1;
    is_free = value[strspn(value, " \t")] == '0';
    break;
  }
  lines_close(&lines);
  workers.filter = is_free ? FILTER_NONE : FILTER_POSSIBLE;
  return is_free;
}

static void *begin(void *unused) {
  atomic_fetch_add_explicit(&workers.begun, 1, memory_order_relaxed);
  return workers.body(unused);
}

/* Starts one thread more, on the CPU `place` unless that is NULL or refused; 0 if it failed. */
static int start_one(const struct cpus *place) {
  pthread_t *const thread = &workers.threads[workers.count];
  pthread_attr_t attributes;
  int failure = 1;
  if (place && pthread_attr_init(&attributes) == 0) {
    if (pthread_attr_setaffinity_np(
            &attributes, place->bytes, (const cpu_set_t *)place->words) == 0)
      failure = pthread_create(thread, &attributes, begin, NULL);
    pthread_attr_destroy(&attributes);
  }
  if (failure) failure = pthread_create(thread, NULL, begin, NULL);
  if (failure) return 0;
  workers.count++;
  return 1;
}

/* Starts threads until there are `count`. Signals stay with the application's own threads, but for
 * those that a thread's own faults raise: handlers for them must see these. */
static void start_all(uint32_t count, int is_placed) {
  static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT};
  sigset_t blocked, before;
  sigfillset(&blocked);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&blocked, faults[i]);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  while (workers.count < count) {
    if (is_placed) affinity_pick(&workers.process, workers.count + 1, &workers.one);
    if (start_one(is_placed ? &workers.one : NULL)) continue;
    workers.retry = now() + RETRY_NANOSECONDS;
    break;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Waits a moment for `count` threads to run. */
static void await(uint32_t count) {
  const int64_t until = now() + BEGIN_NANOSECONDS;
  while (atomic_load_explicit(&workers.begun, memory_order_relaxed) < count && now() < until)
    mtl_cpu_relax();
}

/* Lets workers from `first` on use all CPUs of the process. Whether they all may. */
static int widen_from(uint32_t first) {
  int is_done = 1;
  for (uint32_t i = first; i < workers.count; i++)
    is_done &= affinity_bind(workers.threads[i], &workers.process);
  return is_done;
}

static void name_from(uint32_t first) {
  for (uint32_t i = first; i < workers.count; i++) {
    char name[24];
    snprintf(name, sizeof name, "mtlrt-%u", (unsigned)(i + 1));
    pthread_setname_np(workers.threads[i], name);
  }
}

uint32_t workers_count(void) { return workers.count; }

void workers_start(uint32_t count, void *(*body)(void *), enum workers_moment moment) {
  const uint32_t first = workers.count;
  const int is_opening = moment == WORKERS_OPENING;
  if (count > WORKERS_MAX) count = WORKERS_MAX;
  if (is_opening && workers.filter == FILTER_UNKNOWN) is_unfiltered();
  if (first >= count || (!is_opening && now() < workers.retry)) return;
  affinity_process(&workers.process);
  if (workers.process.count == 0 && affinity_learn() > 0) affinity_process(&workers.process);
  const int is_whole =
      !affinity_own(&workers.own) || affinity_contains(&workers.own, &workers.process);
  int may_bind = 0;
  if (is_opening) {
    may_bind = is_unfiltered() && workers.process.count > 0;
  } else if (!is_whole && workers.filter == FILTER_NONE) {
    may_bind = prctl(PR_GET_SECCOMP) == 0;
  }
  /* More would only wait for the CPUs that this thread is bound to; others may start them later. */
  if (!is_whole && !may_bind && count >= workers.own.count) count = workers.own.count - 1;
  if (first >= count) return;

  if (!workers.body) workers.body = body;
  atomic_store_explicit(&workers.begun, 0, memory_order_relaxed);
  /* Some systems leave a new thread beside the one that started it, both on one CPU, for as long as
   * a first prediction takes: each begins on another CPU, and may then use all. */
  const int is_placed = is_opening && may_bind && workers.process.count > 1;
  start_all(count, is_placed);
  uint32_t cpus = is_whole ? workers.process.count : workers.own.count;
  if (is_placed) await(workers.count - first);
  if (may_bind && widen_from(first)) cpus = workers.process.count;
  if (is_opening) name_from(first);
  if (first == 0 || cpus < workers.cpus) workers.cpus = cpus;
}

int workers_widen(void) {
  affinity_process(&workers.process);
  if (workers.count == 0 || workers.cpus >= workers.process.count) return 1;
  if (!is_unfiltered())
    return !affinity_own(&workers.own) || !affinity_contains(&workers.own, &workers.process);
  if (widen_from(0)) workers.cpus = workers.process.count;
  return 1;
}

void workers_join(void) {
  for (uint32_t i = 0; i < workers.count; i++) pthread_join(workers.threads[i], NULL);
}

void workers_forget(void) {
  workers.count = 0;
  workers.retry = 0;
}
