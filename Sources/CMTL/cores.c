#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* CPU_COUNT */
#endif

#include "include/mtl_cores.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads the beginning of a small file as text; 0 if it cannot. */
static int read_text(const char *path, char *text, size_t capacity) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t count = read(file, text, capacity - 1);
  close(file);
  if (count <= 0) return 0;
  text[count] = 0;
  return 1;
}

/* CPUs, rounded up, of a quota and a period in microseconds; UINT_MAX where there is no quota. */
static uint32_t cpus(long long quota, long long period) {
  if (quota <= 0 || period <= 0) return UINT_MAX;
  const long long count = quota / period + (quota % period != 0);
  return count < UINT_MAX ? (uint32_t)count : UINT_MAX;
}

/* The quota of one group in its folder, in either version's files. */
static uint32_t quota_of(const char *folder) {
  char path[PATH_MAX], text[64], *rest;
  snprintf(path, sizeof path, "%s/cpu.max", folder);
  if (read_text(path, text, sizeof text)) {
    const long long quota = strtoll(text, &rest, 10);
    return cpus(quota, strtoll(rest, NULL, 10));
  }
  snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
  if (!read_text(path, text, sizeof text)) return UINT_MAX;
  const long long quota = strtoll(text, NULL, 10);
  snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
  if (!read_text(path, text, sizeof text)) return UINT_MAX;
  return cpus(quota, strtoll(text, NULL, 10));
}

/* The least quota of the group `name` below `root` and of every group that it is part of. */
static uint32_t least_quota(const char *root, const char *name) {
  char folder[PATH_MAX];
  if ((size_t)snprintf(folder, sizeof folder, "%s%s", root, name) >= sizeof folder)
    return UINT_MAX;
  uint32_t least = UINT_MAX;
  for (;;) {
    const uint32_t quota = quota_of(folder);
    if (quota < least) least = quota;
    char *const slash = strrchr(folder, '/');
    if (!slash || strlen(folder) <= strlen(root)) return least;
    *slash = 0;
  }
}

/* Whether "cpu" is among names with commas between. */
static int has_cpu(const char *names) {
  for (const char *name = names; name; name = strchr(name, ',')) {
    if (*name == ',') name++;
    if (strncmp(name, "cpu", 3) == 0 && (name[3] == 0 || name[3] == ',')) return 1;
  }
  return 0;
}

/* A line of /proc/self/cgroup is "number:controllers:/name"; version 2 has no controllers. */
static uint32_t group_quota(void) {
  char text[4096];
  uint32_t least = UINT_MAX;
  if (!read_text("/proc/self/cgroup", text, sizeof text)) return least;
  char *state = NULL;
  for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
    char *const controllers = strchr(line, ':');
    char *const name = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!name) continue;
    *name = 0;
    const int is_unified = controllers[1] == 0;
    if (!is_unified && !has_cpu(controllers + 1)) continue;
    const char *const root = is_unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";
    const uint32_t quota = least_quota(root, name + 1);
    if (quota < least) least = quota;
  }
  return least;
}

uint32_t mtl_cores(void) {
  cpu_set_t set;
  uint32_t count = sched_getaffinity(0, sizeof set, &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
  const uint32_t quota = group_quota();
  if (quota < count) count = quota;
  return count > 0 ? count : 1;
}
