/* A backend that runs global_avg_pool and tells what is done with it, on standard error. With
 * -DNAME="..." its name; -DRANK=, -DNEED=, -DFLAGS= what its constant says; -DCONSTRUCTOR: code
 * that runs while it is loaded; -DFAILS: run fails, and says why; -DNO_OPEN: open fails. */
#include <mtlrt_module.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef NAME
#define NAME "acme"
#endif
#ifndef RANK
#define RANK 1
#endif
#ifndef NEED
#define NEED 0
#endif
#ifndef FLAGS
#define FLAGS 0
#endif

static void tell(const char *what) {
  char line[64];
  const int count = snprintf(line, sizeof line, "%.15s %s\n", NAME, what);
  if (write(2, line, (size_t)count) < 0) return;
}

#ifdef CONSTRUCTOR
__attribute__((constructor)) static void construct(void) { tell("constructed"); }
#endif

static int32_t open_plugin(void **self, mtlrt_error *error) {
  (void)error;
  static int count;
  tell("opened");
  *self = &count;
#ifdef NO_OPEN
  snprintf(error->text, sizeof error->text, "not today");
  return MTLRT_MODULE_ERROR;
#endif
  return MTLRT_MODULE_OK;
}

static void close_plugin(void *self) { tell(self ? "closed" : "closed without self"); }

static int32_t plan(void *self, const mtlrt_chain *chain, mtlrt_plan *plan, mtlrt_error *error) {
  (void)error;
  if (chain->op[0].code != MTLRT_OP_GLOBAL_AVG_POOL || !self) return MTLRT_MODULE_NO;
  plan->take = plan->stages = plan->parts[0] = 1;
  plan->local_bytes = 64;
  return MTLRT_MODULE_OK;
}

static int32_t run(const mtlrt_call *call, uint32_t stage, uint32_t part, void *local) {
  (void)stage, (void)part;
  const mtlrt_op *op = &call->chain->op[0];
  const uint64_t *dim = call->chain->tensor[op->in[0]].dim;
  const uint64_t pixels = dim[1] * dim[2], channels = dim[3];
  const float *x = call->value[op->in[0]];
  float *y = call->value[op->out];
  for (uint64_t image = 0; image < dim[0]; image++)
    for (uint64_t channel = 0; channel < channels; channel++) {
      float sum = 0;
      for (uint64_t i = 0; i < pixels; i++) sum += x[(image * pixels + i) * channels + channel];
      y[image * channels + channel] = sum / (float)pixels;
    }
  strcpy(local, "the device is gone");
#ifdef FAILS
  return MTLRT_MODULE_ERROR;
#endif
  return MTLRT_MODULE_OK;
}

#ifdef FAILS
static void explain(const mtlrt_call *call, uint32_t stage, uint32_t part, void *local,
                    mtlrt_error *error) {
  snprintf(error->text, sizeof error->text, "%s, op %u, stage %u, part %u", (const char *)local,
           (unsigned)call->chain->op[0].code, (unsigned)stage, (unsigned)part);
}
#endif

__attribute__((visibility("default"))) const mtlrt_module mtlrt_module_v1 = {
    .magic = MTLRT_MODULE_MAGIC,
    .size = sizeof(mtlrt_module),
    .abi = MTLRT_MODULE_ABI,
    .rank = RANK,
    .cpu_need = {NEED, 0},
    .name = NAME,
    .build = "1",
    .open = open_plugin,
    .plan = plan,
    .run = run,
    .close = close_plugin,
    .flags = FLAGS,
#ifdef FAILS
    .explain = explain,
#endif
};
