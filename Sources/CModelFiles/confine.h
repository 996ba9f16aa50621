/* Confining a process that has nothing to do but to compute. */
#ifndef MTL_CONFINE_H
#define MTL_CONFINE_H

#include <stdbool.h>

/* From now on the system does nothing for this process but what talking over a connected socket,
 * allocating memory that cannot be run, and ending take; all else fails with EPERM. false where
 * the system has no such filter or permits none: then nothing has changed. */
bool mtl_confine_to_memory(int socket);

#endif
