#pragma once
#include "mtlrt_module.h"
extern const mtlrt_module mtlrt_module_v1_scalar;
