/* How many CPUs this process may use. Not installed. */
#ifndef MTL_CORES_H
#define MTL_CORES_H

#include <stdint.h>

/* The CPUs of the affinity mask, but no more than the quota of a control group (version 1 or 2)
 * that this process is in, rounded up. At least 1. */
uint32_t mtl_cores(void);

#endif
