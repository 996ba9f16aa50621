/* Kernels of training: what a step of a convolutional network spends its time on, compiled once for
 * each instruction set. MTLTrain picks a table by what the CPU has. Not installed.
 *
 * Everything is f32 in memory that the caller has sized by a plan; images are NHWC. A kernel does
 * one part of its work; which parts there are depends on shapes alone. */
#ifndef MTL_TRAIN_H
#define MTL_TRAIN_H

#include <stdint.h>

/* A 3x3 convolution of stride 1 with a border of zeros, (batch, height, width, channels) to
 * (batch, height, width, filters). Its input gradient is one with the two exchanged. */
typedef struct {
  long batch, height, width, channels, filters;
} mtl_conv_shape;

typedef struct {
  /* Floats of packed weights, and parts of packing them. */
  long packed, pack_parts;
  /* Parts of the convolution. */
  long parts;
  /* Parts of the weight gradient, floats of the sums of each, and parts of adding them up. */
  long slices, slice, gather_parts;
  /* Floats of scratch memory that a part of anything takes. */
  long local;
} mtl_conv_plan;

/* Weights for a convolution. Weight (filter, tap, channel) of `shape` is at
 * source[filter * filter_step + tap * tap_step + channel * channel_step]; tap 0 ... 8 by rows. */
typedef struct {
  mtl_conv_shape shape;
  const float *source;
  long filter_step, tap_step, channel_step;
  float *packed, *local;
} mtl_conv_pack;

typedef struct {
  mtl_conv_shape shape;
  const float *input, *packed;
  /* What is seen of the input: scale * x + shift, by channel. NULL: x. */
  const float *scale, *shift;
  /* By filter, added to the results. NULL: nothing. */
  const float *bias;
  /* Whether results below 0 become 0. */
  int has_relu;
  float *output;
  /* (part, 2, filters): sums over the part's results of each filter, of the result and of the
   * result times the number in the same place of `other` or, where that is NULL, itself. NULL: not
   * wanted. */
  double *sums;
  const float *other;
  float *local;
} mtl_conv_call;

/* The gradient by the weights, from the gradient by the results. */
typedef struct {
  mtl_conv_shape shape;
  const float *input, *scale, *shift, *gradient;
  /* What the gradient has to go through before, by filter: where the result, in `values`, is above
   * 0, a * gradient + b * value + c, elsewhere 0. All NULL: nothing. */
  const float *values, *a, *b, *c;
  /* `slices` times `slice` floats. */
  float *sums;
  /* Results: (filters, 3, 3, channels) and (filters). */
  float *weights, *bias;
  float *local;
} mtl_conv_gradient;

/* A max pool of windows side by side over scale * x + shift. */
typedef struct {
  long height, width, channels, size;
  /* One image of each: input, result, and for each result the input it was made of, and which
   * pixel of its window that was. */
  const float *input, *scale, *shift;
  float *output, *sources;
  uint8_t *places;
} mtl_pool_call;

/* Through a max pool, batch normalisation and ReLU at once: where the input is above 0,
 * a * g + b * input + c, g being the gradient that reaches the pixel. */
typedef struct {
  long height, width, channels, size;
  /* One image of each. */
  const float *input, *pooled;
  const uint8_t *places;
  const float *a, *b, *c;
  float *gradient;
} mtl_pool_gradient;

typedef struct {
  float *value, *first, *second;
  const float *gradient;
  long count;
  float size, beta1, beta2, epsilon, decay;
} mtl_adam_call;

/* A dense layer, (batch, features) to (batch, units) by weights (units, features). */
typedef struct {
  long batch, features, units;
} mtl_dense_shape;

typedef struct {
  /* Floats of packed inputs, and parts of packing them. */
  long packed, pack_parts;
  /* Parts of the layer, and of its gradients. */
  long parts, gradient_parts;
  /* Floats of scratch memory that a part of anything takes. */
  long local;
} mtl_dense_plan;

typedef struct {
  mtl_dense_shape shape;
  const float *input, *weights, *bias;
  float *packed, *output, *local;
} mtl_dense_call;

/* All gradients, from the one by the results. */
typedef struct {
  mtl_dense_shape shape;
  /* The packed inputs. */
  const float *packed;
  const float *gradient;
  /* By the inputs; NULL: not wanted. */
  float *inputs;
  const float *weights;
  /* By the weights; NULL: `step` is made with it at once, and it is not kept. */
  float *weight_gradient;
  /* What happens to all weights, but for its gradient and count. */
  mtl_adam_call step;
  float *bias_gradient;
  float *local;
} mtl_dense_gradient;

typedef struct mtl_train_kernels {
  const char *name;
  /* Bits of mtlrt_module.cpu_need[0]. */
  uint64_t cpu_need;

  void (*conv_plan)(const mtl_conv_shape *, mtl_conv_plan *);
  void (*conv_pack)(const mtl_conv_pack *, long part);
  void (*conv_run)(const mtl_conv_call *, long part);
  /* Overwrites the sums of slice `part`. */
  void (*conv_gradient)(const mtl_conv_gradient *, long part);
  /* Adds all slices up, in order; part 0 also the bias. */
  void (*conv_gather)(const mtl_conv_gradient *, long part);
  /* In place, rows of `channels`: gradient = input > 0 ? a * gradient + b * input + c : 0. */
  void (*norm_gradient)(float *gradient, const float *input, const float *a, const float *b,
                        const float *c, long rows, long channels);
  /* result = kept == 0 ? 0 : scale * input. */
  void (*mask)(const float *input, const uint8_t *kept, float scale, float *result, long count);
  void (*pool_run)(const mtl_pool_call *);
  void (*pool_gradient)(const mtl_pool_gradient *);
  /* value -= size * (first / (sqrt(second) + epsilon)) + decay * value, the moments going on. */
  void (*adam)(const mtl_adam_call *);

  void (*dense_plan)(const mtl_dense_shape *, mtl_dense_plan *);
  void (*dense_pack)(const mtl_dense_call *, long part);
  /* From packed inputs. */
  void (*dense_run)(const mtl_dense_call *, long part);
  /* Part 0 also the bias. */
  void (*dense_gradient)(const mtl_dense_gradient *, long part);
} mtl_train_kernels;

#endif
