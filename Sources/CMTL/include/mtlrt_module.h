/* mtlrt_module.h: the contract between MTL's runtime (the host) and a backend module.
 *
 * A module is a shared object `mtlrt-<name>.so` that exports one constant, `mtlrt_module_v1`,
 * and nothing else. The host owns threads, memory, files and version negotiation; a module is
 * pure functions. It starts no thread, has no constructor, prints nothing, never aborts, and lets
 * no exception or panic cross this border. What a module needs of the CPU is data in the constant,
 * which the host checks before it executes any code of the module.
 *
 * Structures grow at their end only. `size` is what the writer of the structure compiled; a reader
 * looks at no field beyond it. A breaking change gets a new symbol, `mtlrt_module_v2`.
 */
#ifndef MTLRT_MODULE_H
#define MTLRT_MODULE_H

#include <stdint.h>

#include "mtlrt_ops.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MTLRT_MODULE_MAGIC 0x4D4C544Du /* "MTLM" read as little-endian */
#define MTLRT_MODULE_ABI 1u
#define MTLRT_RANK_MAX 8
#define MTLRT_STAGES_MAX 8
#define MTLRT_ABSENT 0xFFFFFFFFu /* in mtlrt_op.in: an optional input that is not there */

/* Result of a module's function: 0, or one of these. */
enum {
  MTLRT_MODULE_OK = 0,
  MTLRT_MODULE_NO = 1,    /* plan: not mine; `error.text` may say why, the report shows it */
  MTLRT_MODULE_ERROR = 2, /* it cannot go on; `error.text` says why */
  MTLRT_MODULE_NO_MEMORY = 3, /* there is not enough memory for it */
};

/* Element types, the same numbers as in the file format. */
enum {
  MTLRT_F32 = 1,
  MTLRT_F16 = 2,
  MTLRT_I32 = 3,
  MTLRT_U8 = 4,
  MTLRT_I8 = 5,  /* constants: value = data * scale[channel], channel = index on axis 0 */
  MTLRT_I16 = 6, /* constants: value = data * scale[row], row = index on axis 0 */
};

/* CPU features, mtlrt_module.cpu_need[0]: x86-64. A feature counts as present when CPUID has it
 * and, where it has register state of its own, the operating system saves that state (XGETBV). */
#define MTLRT_X86_SSE42 (1ull << 0)
#define MTLRT_X86_AVX (1ull << 1)
#define MTLRT_X86_AVX2 (1ull << 2)
#define MTLRT_X86_FMA (1ull << 3)
#define MTLRT_X86_F16C (1ull << 4)
#define MTLRT_X86_BMI2 (1ull << 5)
#define MTLRT_X86_AVX512F (1ull << 6)
#define MTLRT_X86_AVX512BW (1ull << 7)
#define MTLRT_X86_AVX512DQ (1ull << 8)
#define MTLRT_X86_AVX512VL (1ull << 9)
#define MTLRT_X86_AVX512VNNI (1ull << 10)
#define MTLRT_X86_AVX512FP16 (1ull << 11)
/* mtlrt_module.cpu_need[1]: arm64. */
#define MTLRT_ARM_NEON (1ull << 0)
#define MTLRT_ARM_DOTPROD (1ull << 1)
#define MTLRT_ARM_FP16 (1ull << 2)
#define MTLRT_ARM_I8MM (1ull << 3)

/* Lives on the caller's stack; nothing to free. `text` is UTF-8 and ends with a zero. */
#ifndef MTLRT_ERROR_DEFINED
#define MTLRT_ERROR_DEFINED
typedef struct mtlrt_error {
  int32_t code;
  char text[252];
} mtlrt_error;
#endif

/* mtlrt_module.flags: the result for an image has the same bits whatever the batch it is part of
 * and its place there. The host may then answer several callers by one run. */
#define MTLRT_MODULE_BATCH_INVARIANT (1ull << 0)
/* mtlrt_module.flags: what `pack` writes follows from its chain and from the module's file alone,
 * holds no address, and decides about results but never about which memory is used. The host may
 * keep it in a model file, and give it to `run` in a later process instead of calling `pack`. */
#define MTLRT_MODULE_PACKED_LASTS (1ull << 1)

/* A value or a constant. Layout is dense, row-major, last dimension innermost; images are NHWC.
 * Values (data == NULL) are always f32, and dim[0] counts the batch in. */
typedef struct mtlrt_tensor {
  uint32_t type; /* MTLRT_F32 ... */
  uint32_t rank; /* 0 to 8 */
  uint64_t dim[MTLRT_RANK_MAX];
  const void *data;     /* constants: the elements, aligned to 64 bytes; values: NULL */
  const float *scale;   /* i8 and i16 constants: dim[0] scales; else NULL */
  uint32_t last_reader; /* values: index in the chain of the last operator that reads it, or
                           MTLRT_ABSENT when somebody beyond the chain may read it too */
  uint32_t reserved;
} mtlrt_tensor;

/* One operator. Attributes are 64-bit slots in the order of mtlrt_ops.h: an integer, or the bits
 * of a double. */
typedef struct mtlrt_op {
  uint32_t code; /* MTLRT_OP_CONV ... */
  uint32_t n_in, n_attr;
  uint32_t out;         /* index into mtlrt_chain.tensor */
  const uint32_t *in;   /* n_in indexes into mtlrt_chain.tensor, or MTLRT_ABSENT */
  const int64_t *attr;
} mtlrt_op;

/* The next operators in execution order. The host keeps a chain alive and unchanged as long as a
 * plan made from it is in use. */
typedef struct mtlrt_chain {
  uint32_t size;
  uint32_t n_op;     /* at least 1 */
  uint32_t n_tensor;
  uint32_t batch;    /* images at once; values' dim[0] has it multiplied in */
  const mtlrt_op *op;
  const mtlrt_tensor *tensor;
  uint32_t threads; /* that will run the step at once, or 0 if that is not known. A plan may cut its
                       parts to suit them; results have the same bits whatever it is. May be left
                       out: then `size` ends before it */
  uint32_t reserved;
} mtlrt_chain;

/* What the module answers: how much it takes, and the memory that it needs for it. The host
 * clears it before the call. */
typedef struct mtlrt_plan {
  uint32_t size;
  uint32_t take;   /* the first `take` operators of the chain become one step; at least 1.
                      The step writes each result whose last_reader is MTLRT_ABSENT or >= take,
                      and no other. */
  uint32_t stages; /* at least 1; all parts of a stage end before the next stage begins */
  uint32_t in_place; /* not 0: the step's output may be the very buffer of op[0].in[0] */
  uint32_t parts[MTLRT_STAGES_MAX]; /* per stage; any thread runs any part, in any order, so no
                                       two parts write the same byte */
  uint64_t packed_bytes;  /* constants in the module's own layout; independent of the batch */
  uint64_t scratch_bytes; /* per step, shared by all parts and kept from stage to stage */
  uint64_t local_bytes;   /* per thread; its content is lost between parts */
  uint64_t opaque[8];     /* the module's own */
} mtlrt_plan;

typedef struct mtlrt_call {
  void *self;
  const mtlrt_chain *chain;
  const mtlrt_plan *plan;
  const void *packed;  /* packed_bytes, aligned to 64; as `pack` left it, maybe in a process
                          before: then anybody may have written it */
  void *scratch;       /* scratch_bytes, aligned to 64; not cleared */
  void *const *value;  /* n_tensor pointers, each aligned to 64: the inputs and outputs of the
                          step; NULL for what the step keeps to itself */
} mtlrt_call;

typedef struct mtlrt_module {
  uint32_t magic; /* MTLRT_MODULE_MAGIC */
  uint32_t size;  /* sizeof(mtlrt_module) */
  uint32_t abi;   /* MTLRT_MODULE_ABI */
  uint32_t rank;  /* of two modules that can run here, `auto` prefers the higher */
  uint64_t cpu_need[2];
  char name[16];  /* the <name> of mtlrt-<name>.so */
  char build[48]; /* version of module and compiler, for the report */
  /* May be NULL: then `self` is NULL. Called once, before any other function. */
  int32_t (*open)(void **self, mtlrt_error *error);
  /* Will it run the beginning of this chain? Called at open for a batch of 1, and later with
   * exactly the operators that it took, for other batches and counts of threads: it then takes the
   * same ones, with the same packed_bytes. Any number of threads may call it at once. */
  int32_t (*plan)(void *self, const mtlrt_chain *chain, mtlrt_plan *plan, mtlrt_error *error);
  /* May be NULL if packed_bytes is always 0. Fills `packed`, which is zeroed; called for several
   * steps at once, and for a step again where its file is verified. */
  int32_t (*pack)(void *self, const mtlrt_chain *chain, const mtlrt_plan *plan, void *packed,
                  mtlrt_error *error);
  /* Runs one part. `local` has local_bytes, aligned to 64. Any number of threads at once. */
  int32_t (*run)(const mtlrt_call *call, uint32_t stage, uint32_t part, void *local);
  /* May be NULL. */
  void (*close)(void *self);
  uint64_t flags; /* MTLRT_MODULE_..., or 0. May be left out: then `size` ends before it */
} mtlrt_module;

#ifdef __cplusplus
}
#endif
#endif
