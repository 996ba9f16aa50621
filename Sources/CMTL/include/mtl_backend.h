/* For backends in Swift: what it cannot reach of mtlrt_module.h by itself. Not installed. */
#ifndef MTL_BACKEND_H
#define MTL_BACKEND_H

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "mtlrt_module.h"

/* Arrays within structures, which Swift sees as tuples. */
static inline const uint64_t *mtl_tensor_dims(const mtlrt_tensor *tensor) { return tensor->dim; }
static inline const char *mtl_module_name(const mtlrt_module *module) { return module->name; }
static inline uint32_t *mtl_plan_parts(mtlrt_plan *plan) { return plan->parts; }

/* Threads that will run the step, at least 1. A chain may end before it says how many. */
static inline uint32_t mtl_chain_threads(const mtlrt_chain *chain) {
  return chain->size >= sizeof(mtlrt_chain) && chain->threads > 0 ? chain->threads : 1;
}

/* Elements in the dimensions from `first` to before `end`. Inlined, its loop of a few turns would
 * become vectors and hundreds of bytes in every kernel. */
__attribute__((nothrow, pure)) long mtl_tensor_count(
    const mtlrt_tensor *tensor, long first, long end);

/* The module's flags, if it is one that knows them. */
static inline uint64_t mtl_module_flags(const mtlrt_module *module) {
  return module->size >= offsetof(mtlrt_module, explain) ? module->flags : 0;
}
/* Lets the module say why `run` failed, if it is one that can; else clears `error`. */
static inline void mtl_module_explain(
    const mtlrt_module *module, const mtlrt_call *call, uint32_t stage, uint32_t part, void *local,
    mtlrt_error *error) {
  const size_t size = offsetof(mtlrt_module, explain) + sizeof module->explain;
  error->code = 0;
  error->text[0] = 0;
  if (module->size >= size && module->explain) module->explain(call, stage, part, local, error);
}
/* Whether the name is a text that ends within its field. */
static inline int mtl_module_has_name(const mtlrt_module *module) {
  return module->name[0] && memchr(module->name, 0, sizeof module->name) != NULL;
}
/* The least that a module's constant has: all that was there when the contract began. */
static inline size_t mtl_module_size_least(void) { return offsetof(mtlrt_module, flags); }

/* The answer of a plan that does not take the operator, and why. */
static inline int32_t mtl_refuse(mtlrt_error *error, const char *reason) {
  error->code = MTLRT_MODULE_NO;
  snprintf(error->text, sizeof error->text, "%s", reason);
  return MTLRT_MODULE_NO;
}

#endif
