/* Makes a module of a backend's kernels. For the one C file of a backend, which defines
 * MTL_BACKEND as the word in its kernels' names and includes this.
 *
 * A kernel of operator `relu` in backend `scalar` is up to three functions:
 *
 *     int32_t mtlk_scalar_relu_plan(const mtlrt_chain *, mtlrt_plan *, mtlrt_error *);
 *     int32_t mtlk_scalar_relu_pack(const mtlrt_chain *, const mtlrt_plan *, void *packed,
 *                                   mtlrt_error *);
 *     int32_t mtlk_scalar_relu_run(const mtlrt_call *, uint32_t stage, uint32_t part, void *local);
 *
 * Here each is a weak alias of a function that says "absent", which the kernel's own definition
 * replaces when the two are linked: without `run` the backend does not support the operator,
 * without `plan` the kernel takes one operator as one part, without `pack` it packs nothing.
 * (A weak reference would do, but linkers disagree about what a hidden one is in a shared object.)
 */
#ifndef MTL_KERNELS_H
#define MTL_KERNELS_H

#include <stddef.h>

#include "mtl_backend.h"

#define MTL_PASTE4(a, b, c, d) a##b##c##d
#define MTL_KERNEL_OF(backend, name, function) MTL_PASTE4(mtlk_, backend, _##name, _##function)
#define MTL_KERNEL(name, function) MTL_KERNEL_OF(MTL_BACKEND, name, function)

typedef int32_t mtl_plan_function(const mtlrt_chain *, mtlrt_plan *, mtlrt_error *);
typedef int32_t mtl_pack_function(const mtlrt_chain *, const mtlrt_plan *, void *, mtlrt_error *);
typedef int32_t mtl_run_function(const mtlrt_call *, uint32_t, uint32_t, void *);

static int32_t mtl_absent_plan(const mtlrt_chain *chain, mtlrt_plan *plan, mtlrt_error *error) {
  (void)chain, (void)plan, (void)error;
  return MTLRT_MODULE_OK;
}

static int32_t mtl_absent_pack(const mtlrt_chain *chain, const mtlrt_plan *plan, void *packed,
                               mtlrt_error *error) {
  (void)chain, (void)plan, (void)packed, (void)error;
  return MTLRT_MODULE_OK;
}

static int32_t mtl_absent_run(const mtlrt_call *call, uint32_t stage, uint32_t part, void *local) {
  (void)call, (void)stage, (void)part, (void)local;
  return MTLRT_MODULE_ERROR;
}

#define MTL_OR_ABSENT(function) \
  __attribute__((weak, visibility("hidden"), alias("mtl_absent_" #function)))
#define MTL_DECLARE(code, NAME, name, least, most, attributes, shape, result, numbers) \
  extern mtl_plan_function MTL_KERNEL(name, plan) MTL_OR_ABSENT(plan);                 \
  extern mtl_pack_function MTL_KERNEL(name, pack) MTL_OR_ABSENT(pack);                 \
  extern mtl_run_function MTL_KERNEL(name, run) MTL_OR_ABSENT(run);
MTL_OPERATORS(MTL_DECLARE)

#define MTL_STRING_OF(token) #token
#define MTL_STRING(token) MTL_STRING_OF(token)

/* The functions of an operator. */
typedef struct {
  mtl_plan_function *plan;
  mtl_pack_function *pack;
  mtl_run_function *run;
} mtl_kernel;

/* By the operator's code; NULL where no operator has the code. */
#define MTL_KERNEL_ROW(code, NAME, name, least, most, attributes, shape, result, numbers) \
  [code] = {MTL_KERNEL(name, plan), MTL_KERNEL(name, pack), MTL_KERNEL(name, run)},
static const mtl_kernel mtl_kernels[] = {MTL_OPERATORS(MTL_KERNEL_ROW)};

enum { MTL_KERNEL_LIMIT = sizeof mtl_kernels / sizeof *mtl_kernels /* codes are below this */ };

static int32_t mtl_module_plan(void *self, const mtlrt_chain *chain, mtlrt_plan *plan,
                               mtlrt_error *error) {
  (void)self;
  uint32_t code = chain->op[0].code;
  if (code >= MTL_KERNEL_LIMIT || !mtl_kernels[code].run ||
      mtl_kernels[code].run == mtl_absent_run)
    return mtl_refuse(error, "no kernel for this operator");
  plan->take = 1;
  plan->stages = 1;
  plan->parts[0] = 1;
  return mtl_kernels[code].plan(chain, plan, error);
}

static int32_t mtl_module_pack(void *self, const mtlrt_chain *chain, const mtlrt_plan *plan,
                               void *packed, mtlrt_error *error) {
  (void)self;
  return mtl_kernels[chain->op[0].code].pack(chain, plan, packed, error);
}

static int32_t mtl_module_run(const mtlrt_call *call, uint32_t stage, uint32_t part, void *local) {
  return mtl_kernels[call->chain->op[0].code].run(call, stage, part, local);
}

/* The fields of mtlrt_module that are the same in every backend made this way. */
#define MTL_MODULE_FIELDS                                                             \
  .magic = MTLRT_MODULE_MAGIC, .size = sizeof(mtlrt_module), .abi = MTLRT_MODULE_ABI, \
  .build = "1, clang " MTL_STRING(__clang_major__) "." MTL_STRING(__clang_minor__),   \
  .plan = mtl_module_plan, .pack = mtl_module_pack, .run = mtl_module_run

#endif
