/* The rounds of SHA-256 by instructions that some CPUs have for them. Not installed. */
#ifndef MTL_SHA256_H
#define MTL_SHA256_H

#include <stddef.h>
#include <stdint.h>

/* Adds `count` blocks of 64 bytes to `state`, with the 64 constants of FIPS 180-4. Returns 0 and
 * changes nothing where the CPU has no such instructions. */
int mtl_sha256_blocks(
    uint32_t state[8], const void *blocks, size_t count, const uint32_t constants[64]);

#endif
