/* The OpenBLAS backend as a module. */
#ifndef MTL_BACKEND_OPENBLAS_H
#define MTL_BACKEND_OPENBLAS_H

#include "mtlrt_module.h"

extern const mtlrt_module mtlrt_module_v1_openblas;

#endif
