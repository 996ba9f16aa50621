#include "affinity.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WORDS = CPUS_MAX / CPU_WORD_BITS };

static atomic_ulong known[WORDS];

static void count(struct cpus *cpus) {
  cpus->count = 0;
  cpus->bytes = 0;
  for (size_t i = 0; i < WORDS; i++) {
    cpus->count += (uint32_t)__builtin_popcountl(cpus->words[i]);
    if (cpus->words[i]) cpus->bytes = (i + 1) * sizeof cpus->words[i];
  }
}

/* The CPUs of a thread, 0 for the calling one. Larger systems refuse sets that are too small. */
static int get(pid_t thread, struct cpus *cpus) {
  for (size_t bytes = sizeof(cpu_set_t); bytes <= sizeof cpus->words; bytes *= 2) {
    memset(cpus->words, 0, sizeof cpus->words);
    if (sched_getaffinity(thread, bytes, (cpu_set_t *)cpus->words) != 0) continue;
    count(cpus);
    return cpus->count > 0;
  }
  return 0;
}

uint32_t affinity_learn(void) {
  struct cpus cpus;
  const pid_t process = getpid();
  const pid_t threads[] = {0, process};
  /* The first thread's number is the process's. */
  const int distinct = syscall(SYS_gettid) == process ? 1 : 2;
  for (int i = 0; i < distinct; i++) {
    if (!get(threads[i], &cpus)) continue;
    for (size_t word = 0; word * sizeof *cpus.words < cpus.bytes; word++)
      if (cpus.words[word])
        atomic_fetch_or_explicit(&known[word], cpus.words[word], memory_order_relaxed);
  }
  affinity_process(&cpus);
  return cpus.count;
}

void affinity_process(struct cpus *cpus) {
  for (size_t i = 0; i < WORDS; i++)
    cpus->words[i] = atomic_load_explicit(&known[i], memory_order_relaxed);
  count(cpus);
}

void affinity_forget(void) {
  for (size_t i = 0; i < WORDS; i++) atomic_store_explicit(&known[i], 0, memory_order_relaxed);
}

int affinity_own(struct cpus *cpus) { return get(0, cpus); }

int affinity_contains(const struct cpus *all, const struct cpus *some) {
  for (size_t i = 0; i < WORDS; i++)
    if (some->words[i] & ~all->words[i]) return 0;
  return 1;
}

static int has(const struct cpus *cpus, size_t cpu) {
  return cpus->words[cpu / CPU_WORD_BITS] >> cpu % CPU_WORD_BITS & 1;
}

void affinity_pick(const struct cpus *cpus, uint32_t distance, struct cpus *one) {
  const size_t end = 8 * cpus->bytes;
  const int own = sched_getcpu();
  size_t cpu = own >= 0 && (size_t)own < end ? (size_t)own : 0;
  distance = (distance - 1) % cpus->count + 1;
  for (size_t tries = 0; tries < 2 * end && distance > 0; tries++) {
    cpu = (cpu + 1) % end;
    distance -= has(cpus, cpu);
  }
  memset(one, 0, sizeof *one);
  one->words[cpu / CPU_WORD_BITS] = 1UL << cpu % CPU_WORD_BITS;
  count(one);
}

int affinity_bind(pthread_t thread, const struct cpus *cpus) {
  return pthread_setaffinity_np(thread, cpus->bytes, (const cpu_set_t *)cpus->words) == 0;
}
