/* How many CPUs this process may use. Not installed. */
#ifndef MTL_CORES_H
#define MTL_CORES_H

#include <stdint.h>

/* The CPUs that this process may use, but no more than the quota of a control group (version 1 or
 * 2) that it is in, rounded up. At least 1. The process's CPUs are those of its first thread and of
 * every thread that has called this: a thread that is bound to one CPU takes none away. */
uint32_t mtl_cores(void);

#endif
