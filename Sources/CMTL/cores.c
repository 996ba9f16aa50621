#include "include/mtl_cores.h"

#include <unistd.h>

#include "affinity.h"
#include "cgroup.h"

uint32_t mtl_cores(void) {
  uint32_t count = affinity_learn();
  if (count == 0) {
    /* The system does not tell which CPUs; it may tell how many there are. */
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    count = online > 0 ? (uint32_t)online : 1;
  }
  const uint32_t quota = cgroup_cpus("");
  if (quota < count) count = quota;
  return count > 0 ? count : 1;
}
