/* Prints how many CPUs the control groups grant a process whose files lie below a folder; 0: no
 * quota. Compiled with Sources/CMTL/cgroup.c. Usage: cgroups ROOT */
#include <cgroup.h>
#include <limits.h>
#include <stdio.h>

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  const uint32_t count = cgroup_cpus(argv[1]);
  printf("%u\n", count == UINT_MAX ? 0 : (unsigned)count);
  return 0;
}
