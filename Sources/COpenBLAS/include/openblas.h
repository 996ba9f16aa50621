/* Debian's single-threaded OpenBLAS by its own path: /etc/alternatives may name another build. */
#ifndef MTL_OPENBLAS_H
#define MTL_OPENBLAS_H

#if defined(__aarch64__)
#include <aarch64-linux-gnu/openblas-serial/cblas.h>
#else
#include <x86_64-linux-gnu/openblas-serial/cblas.h>
#endif

#endif
