/* The CPU time that a control group grants this process. */
#ifndef CGROUP_H
#define CGROUP_H

#include <stdint.h>

/* CPUs, rounded up, of the least quota among the groups (version 1 or 2) that this process is in;
 * UINT_MAX where there is no quota. `root` comes before each path that is read: "", or the folder
 * of a test. */
uint32_t cgroup_cpus(const char *root);

#endif
