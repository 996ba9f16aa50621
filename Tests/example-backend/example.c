/* A complete backend for MTL in C: relu, and dense with the relu behind it in the same step.
 *
 *     cc -std=c11 -O3 -fPIC -shared -fvisibility=hidden -I PREFIX/include example.c \
 *        -o PREFIX/lib/mtlrt/mtlrt-example.so
 *     mtl-check PREFIX/lib/mtlrt/mtlrt-example.so
 *     mtl-run model.mtl image.jpg --backend example
 *
 * The host runs what this one refuses by its other backends. */
#include <mtlrt_module.h>
#include <stdio.h>

/* A part computes this many results. It depends on nothing, so that the bits are the same for any
 * number of threads. */
enum { GRAIN = 256 };

static uint64_t element_count(const mtlrt_tensor *tensor) {
  uint64_t count = 1;
  for (uint32_t axis = 0; axis < tensor->rank; axis++) count *= tensor->dim[axis];
  return count;
}

static const mtlrt_tensor *input(const mtlrt_chain *chain, uint32_t op, uint32_t index) {
  return &chain->tensor[chain->op[op].in[index]];
}

static int32_t refuse(mtlrt_error *error, const char *reason) {
  snprintf(error->text, sizeof error->text, "%s", reason);
  return MTLRT_MODULE_NO;
}

/* Operators of the chain that are one step: two if a relu is all that reads the first result. */
static uint32_t step_length(const mtlrt_chain *chain) {
  const uint32_t result = chain->op[0].out;
  const int fuses = chain->op[0].code == MTLRT_OP_DENSE && chain->n_op > 1 &&
                    chain->op[1].code == MTLRT_OP_RELU && chain->tensor[result].last_reader == 1;
  return fuses ? 2 : 1;
}

static int32_t plan(void *self, const mtlrt_chain *chain, mtlrt_plan *plan, mtlrt_error *error) {
  (void)self;
  const mtlrt_op *const op = &chain->op[0];
  if (op->code != MTLRT_OP_RELU && op->code != MTLRT_OP_DENSE)
    return refuse(error, "relu and dense are all that it knows");
  if (op->code == MTLRT_OP_DENSE && input(chain, 0, 1)->type != MTLRT_F32)
    return refuse(error, "weights other than f32");
  const uint64_t parts = (element_count(&chain->tensor[op->out]) + GRAIN - 1) / GRAIN;
  if (parts > UINT32_MAX) return refuse(error, "too large");
  plan->take = step_length(chain);
  plan->stages = 1;
  plan->parts[0] = (uint32_t)parts;
  plan->in_place = op->code == MTLRT_OP_RELU;
  return MTLRT_MODULE_OK;
}

/* NaN stays NaN. */
static float rectified(float x) { return x < 0 ? 0 : x; }

static void run_relu(const mtlrt_call *call, uint64_t first, uint64_t end) {
  const mtlrt_op *const op = &call->chain->op[0];
  const float *const x = call->value[op->in[0]];
  float *const y = call->value[op->out];
  for (uint64_t i = first; i < end; i++) y[i] = rectified(x[i]);
}

static void run_dense(const mtlrt_call *call, uint64_t first, uint64_t end) {
  const mtlrt_chain *const chain = call->chain;
  const mtlrt_op *const op = &chain->op[0];
  const uint64_t outputs = input(chain, 0, 1)->dim[0], length = input(chain, 0, 1)->dim[1];
  const float *const x = call->value[op->in[0]];
  const float *const weights = input(chain, 0, 1)->data;
  const int has_bias = op->n_in > 2 && op->in[2] != MTLRT_ABSENT;
  const float *const bias = has_bias ? input(chain, 0, 2)->data : NULL;
  const int is_rectified = call->plan->take == 2;
  float *const y = call->value[chain->op[call->plan->take - 1].out];
  for (uint64_t i = first; i < end; i++) {
    const uint64_t row = i / outputs, output = i % outputs;
    float sum = bias ? bias[output] : 0;
    for (uint64_t k = 0; k < length; k++)
      sum += x[row * length + k] * weights[output * length + k];
    y[i] = is_rectified ? rectified(sum) : sum;
  }
}

static int32_t run(const mtlrt_call *call, uint32_t stage, uint32_t part, void *local) {
  (void)stage, (void)local;
  const mtlrt_op *const op = &call->chain->op[0];
  const uint64_t count = element_count(&call->chain->tensor[op->out]);
  const uint64_t first = (uint64_t)part * GRAIN;
  const uint64_t end = first + GRAIN < count ? first + GRAIN : count;
  if (op->code == MTLRT_OP_RELU)
    run_relu(call, first, end);
  else
    run_dense(call, first, end);
  return MTLRT_MODULE_OK;
}

__attribute__((visibility("default"))) const mtlrt_module mtlrt_module_v1 = {
    .magic = MTLRT_MODULE_MAGIC,
    .size = sizeof(mtlrt_module),
    .abi = MTLRT_MODULE_ABI,
    .rank = 1,
    .name = "example",
    .build = "1",
    .plan = plan,
    .run = run,
};
