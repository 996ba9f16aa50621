#include "CBackendScalar.h"
const mtlrt_module mtlrt_module_v1_scalar = {.magic = MTLRT_MODULE_MAGIC};
