#include "cgroup.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"

/* The memory of one search: callers may have a small stack. */
struct search {
  const char *root;
  struct lines lines;
  char line[LINE_MAX_BYTES];
  char path[PATH_MAX]; /* of a group's folder, and of a file in it */
  char mount[512];     /* where the groups lie */
  char top[512];       /* the name of the group whose folder that is */
  int is_unified;      /* version 2 */
  int is_found;        /* whether any group says what its quota is, if only that it has none */
  uint32_t least;
};

/* CPUs, rounded up, of a quota and a period in microseconds; UINT_MAX where there is no quota. */
static uint32_t cpus(long long quota, long long period) {
  if (quota <= 0 || period <= 0) return UINT_MAX;
  const long long count = quota / period + (quota % period != 0);
  return count < UINT_MAX ? (uint32_t)count : UINT_MAX;
}

/* Reads a small file in the folder `path` as text; 0 if it cannot. */
static int read_text(struct search *search, const char *name, char *text, size_t capacity) {
  const size_t length = strlen(search->path), left = sizeof search->path - length;
  int file = -1;
  if ((size_t)snprintf(search->path + length, left, "/%s", name) < left)
    file = open(search->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  search->path[length] = 0;
  if (file < 0) return 0;
  const ssize_t count = read(file, text, capacity - 1);
  close(file);
  if (count <= 0) return 0;
  text[count] = 0;
  return 1;
}

/* Notes the quota of the group whose folder is `path`, in either version's files. */
static void note_quota(struct search *search) {
  char text[64], *rest;
  uint32_t count;
  if (read_text(search, "cpu.max", text, sizeof text)) {
    const long long quota = strtoll(text, &rest, 10);
    count = cpus(quota, strtoll(rest, NULL, 10));
  } else {
    if (!read_text(search, "cpu.cfs_quota_us", text, sizeof text)) return;
    const long long quota = strtoll(text, NULL, 10);
    if (!read_text(search, "cpu.cfs_period_us", text, sizeof text)) return;
    count = cpus(quota, strtoll(text, NULL, 10));
  }
  search->is_found = 1;
  if (count < search->least) search->least = count;
}

/* Whether "cpu" is among names with commas between. */
static int has_cpu(const char *names) {
  for (const char *name = names; name; name = strchr(name, ',')) {
    if (*name == ',') name++;
    if (strncmp(name, "cpu", 3) == 0 && (name[3] == 0 || name[3] == ',')) return 1;
  }
  return 0;
}

/* Opens a file of this process. */
static int open_proc(struct search *search, const char *name) {
  const size_t length =
      (size_t)snprintf(search->path, sizeof search->path, "%s/proc/self/%s", search->root, name);
  return length < sizeof search->path && lines_open(&search->lines, search->path);
}

/* The name of this process's next group of the version that is searched, or NULL. A line is
 * "number:controllers:/name"; version 2 has no controllers. */
static char *next_group(struct search *search) {
  while (lines_next(&search->lines, search->line)) {
    char *const controllers = strchr(search->line, ':');
    char *const name = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!name) continue;
    *name = 0;
    if (search->is_unified ? controllers[1] == 0 : has_cpu(controllers + 1)) return name + 1;
  }
  return NULL;
}

/* Notes the quotas of a group and of every group that it is part of. */
static void note_group(struct search *search, const char *name) {
  /* A name from outside of what is mounted says nothing: the mount's own group remains. */
  const size_t top = strcmp(search->top, "/") == 0 ? 0 : strlen(search->top);
  const int is_below = strncmp(name, search->top, top) == 0 &&
                       (name[top] == 0 || name[top] == '/') && strncmp(name, "/..", 3) != 0;
  const size_t mount = strlen(search->root) + strlen(search->mount);
  if ((size_t)snprintf(search->path, sizeof search->path, "%s%s%s", search->root, search->mount,
                       is_below ? name + top : "") >= sizeof search->path)
    return;
  for (;;) {
    note_quota(search);
    char *const slash = strrchr(search->path, '/');
    if (!slash || slash < search->path + mount) return;
    *slash = 0;
  }
}

static void note_groups(struct search *search) {
  if (!open_proc(search, "cgroup")) return;
  for (char *name; (name = next_group(search));) note_group(search, name);
  lines_close(&search->lines);
}

/* Copies a path of mountinfo, in which \040 stands for a space and so on. 0 if it is too long. */
static int copy_path(char *target, size_t capacity, const char *source) {
  size_t length = 0;
  for (; *source; source++) {
    char byte = *source;
    if (byte == '\\' && source[1] >= '0' && source[1] <= '3' && source[2] && source[3]) {
      byte = (char)((source[1] - '0') * 64 + (source[2] - '0') * 8 + (source[3] - '0'));
      source += 3;
    }
    if (length + 1 >= capacity) return 0;
    target[length++] = byte;
  }
  target[length] = 0;
  return 1;
}

/* Takes one line of mountinfo: "id parent device top mount options [more] - type source options".
 * Whether groups of the version that is searched are mounted there. */
static int take_mount(struct search *search) {
  char *words[5], *state = NULL, *word = strtok_r(search->line, " ", &state);
  for (int i = 0; i < 5; i++) {
    if (!word) return 0;
    words[i] = word;
    word = strtok_r(NULL, " ", &state);
  }
  while (word && strcmp(word, "-") != 0) word = strtok_r(NULL, " ", &state);
  const char *const type = strtok_r(NULL, " ", &state);
  const char *const source = strtok_r(NULL, " ", &state);
  const char *const options = strtok_r(NULL, " ", &state);
  if (!word || !type || !source || !options) return 0;
  if (strcmp(type, search->is_unified ? "cgroup2" : "cgroup") != 0) return 0;
  if (!search->is_unified && !has_cpu(options)) return 0;
  return copy_path(search->top, sizeof search->top, words[3]) &&
         copy_path(search->mount, sizeof search->mount, words[4]);
}

/* Notes the quotas where mountinfo says that groups of this version lie. */
static void note_mounted_groups(struct search *search) {
  if (!open_proc(search, "mountinfo")) return;
  int is_mounted = 0;
  while (!is_mounted && lines_next(&search->lines, search->line)) is_mounted = take_mount(search);
  lines_close(&search->lines);
  if (is_mounted) note_groups(search);
}

/* Whether version 1 has the CPU controller: it belongs to one version alone. */
static int is_version_1(struct search *search) {
  search->is_unified = 0;
  if (!open_proc(search, "cgroup")) return 0;
  const int has_group = next_group(search) != NULL;
  lines_close(&search->lines);
  return has_group;
}

uint32_t cgroup_cpus(const char *root) {
  static const char *const places[] = {
      "/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/cpu",
      "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/cpuacct,cpu"};
  struct search search = {.root = root, .top = "/", .least = UINT_MAX};
  search.is_unified = !is_version_1(&search);
  const int first = search.is_unified ? 0 : 2, end = search.is_unified ? 2 : 5;
  /* The usual places are tried first: mountinfo is long on some systems. */
  for (int i = first; i < end && !search.is_found; i++) {
    snprintf(search.mount, sizeof search.mount, "%s", places[i]);
    note_groups(&search);
  }
  if (!search.is_found) note_mounted_groups(&search);
  return search.least;
}
