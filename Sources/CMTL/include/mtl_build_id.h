/* What tells one build of a shared object from every other. Not installed. */
#ifndef MTL_BUILD_ID_H
#define MTL_BUILD_ID_H

#include <stddef.h>
#include <stdint.h>

/* The build ID that the linker put into the loaded object whose memory `address` is part of: a hash
 * of its content, valid as long as the object is loaded. NULL if it has none. */
const uint8_t *mtl_build_id(const void *address, size_t *count);

#endif
