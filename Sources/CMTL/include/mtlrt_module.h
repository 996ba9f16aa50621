/* mtlrt_module.h: the contract between MTL's runtime (the host) and a backend plugin.
 *
 * A plugin is a shared object `mtlrt-<name>.so` that exports one constant, `mtlrt_module_v1`, and
 * nothing else. <name> has 1 to 15 of the letters a to z and A to Z, digits, `-` and `_`; the host
 * keeps `scalar`, `auto` and `image` for itself. What a plugin needs of the CPU is data in the
 * constant: the host reads it from the file, with magic, size, abi, rank, name, build and flags,
 * before it loads the plugin or executes any code of it. So the constant is initialized data, not
 * something that a constructor fills in.
 *
 * The host owns threads, memory, files and version negotiation; a plugin is pure functions. It has
 * no constructor, starts no thread, prints nothing, and leaves the process as it found it: signal
 * handlers and masks, open files, locale, working directory, environment.
 *
 * A plugin never aborts, and no exception or panic leaves its functions: it would end the host's
 * process. C++: each function is `noexcept` and catches what it calls may throw, or nothing throws.
 * Rust: each function cannot panic, or catches panics and prints nothing; `panic = "abort"` alone
 * does not keep this promise. What can fail is refused by `plan`, or returns MTLRT_MODULE_ERROR.
 *
 * The host calls a plugin with the floating-point environment of a new thread: round to nearest,
 * all exceptions masked. A plugin changes it for the length of a call at most. `errno` is the
 * plugin's to change.
 *
 * A process may hold several copies of the runtime, each of which opens the plugin for itself:
 * what `open` gives in `self` is independent of any other.
 *
 * Structures grow at their end only. `size` is what the writer of the structure compiled; a reader
 * looks at no field beyond it. A breaking change gets a new symbol, `mtlrt_module_v2`.
 *
 * `mtlrt_ops.h` has the operators with their codes and attributes, `operators.md` (installed as
 * share/doc/mtlrt/operators.md) their formulas and how exact results are. `mtl-check FILE` tries a
 * plugin against all of this.
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
#define MTLRT_SEQUENCE_MAX 16    /* mtlrt_chain.n_op is at most this */
#define MTLRT_ABSENT 0xFFFFFFFFu /* in mtlrt_op.in: an optional input that is not there */

/* Result of a plugin's function: 0, or one of these. */
enum {
  MTLRT_MODULE_OK = 0,
  MTLRT_MODULE_NO = 1,    /* plan: not mine; `error.text` may say why, the report shows it */
  MTLRT_MODULE_ERROR = 2, /* it cannot go on; `error.text` says why (`run`: see `explain`) */
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

/* Lives on the caller's stack; nothing to free. `text` is UTF-8 and ends with a zero; the host
 * clears it before the call. A plugin may leave `code` as it is. */
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
/* mtlrt_module.flags: what `pack` writes follows from its chain and from the plugin's file alone,
 * holds no address, and decides about results but never about which memory is used. The host may
 * keep it in a model file, and give it to `run` in a later process instead of calling `pack`.
 *
 * The host tells builds of a plugin apart by the GNU build ID of its file, the note that a linker
 * writes for `--build-id` (`cc -shared -Wl,--build-id`; many compilers pass it by themselves). It
 * keeps nothing of a plugin without one. */
#define MTLRT_MODULE_PACKED_LASTS (1ull << 1)
/* mtlrt_module.flags: the backend runs every operator that it is worth running, so for those that
 * it declines `auto` asks no backend of a lower rank, only scalar. */
#define MTLRT_MODULE_GENERAL (1ull << 2)

/* A value or a constant. Layout is dense, row-major, last dimension innermost; images are NHWC.
 * Values (data == NULL) are always f32, and dim[0] counts the batch in. A constant has its shape
 * as in the model file, whatever the batch. `operators.md` says for each input whether it is a
 * value or a constant, and which types and shapes it may have: the host has checked all of it, and
 * a plugin need not do so again. No dimension is 0, and a value has fewer than 2^31 elements for
 * one image. */
typedef struct mtlrt_tensor {
  uint32_t type; /* MTLRT_F32 ... */
  uint32_t rank; /* 0 to 8 */
  uint64_t dim[MTLRT_RANK_MAX];
  const void *data;     /* constants: the elements, aligned to 64 bytes, not to be written; they
                           stay there as long as the plan is in use. Values: NULL */
  const float *scale;   /* i8 and i16 constants: dim[0] scales; else NULL */
  uint32_t last_reader; /* values: index in the chain of the last operator that reads it, or
                           MTLRT_ABSENT when something beyond the chain may read it too: a later
                           operator, or the model's caller. Constants: MTLRT_ABSENT */
  uint32_t reserved;
} mtlrt_tensor;

/* One operator. Attributes are 64-bit slots in the order of mtlrt_ops.h, which has a constant for
 * the index of each: an integer, or the bits of a double.
 *
 * An optional input that the model does not give is left out in either of two ways, which mean the
 * same: in[i] is MTLRT_ABSENT, or n_in is at most i. So look at n_in before in[i], and at in[i]
 * before tensor[in[i]]. Inputs that are not optional are always there. */
typedef struct mtlrt_op {
  uint32_t code; /* MTLRT_OP_CONV ...; one that a plugin does not know, it refuses */
  uint32_t n_in, n_attr;
  uint32_t out;         /* index into mtlrt_chain.tensor */
  const uint32_t *in;   /* n_in indexes into mtlrt_chain.tensor, or MTLRT_ABSENT */
  const int64_t *attr;
} mtlrt_op;

/* The next operators in execution order: an operator sequence. A model's operators are offered
 * from some position on, at most MTLRT_SEQUENCE_MAX of them, fewer before the end of the model or
 * before an operator that reads a reshaped view of a result within the sequence. A plugin may rely
 * on the bound, but not on getting as many as it wants to fuse.
 *
 * The sequence that `plan` is offered lives until `plan` returns. The host makes another one, of
 * just the operators that the plugin took, for each plan that it runs, and keeps that one alive
 * and unchanged as long as the plan is in use; `pack` and `run` get it. So pointers into a chain
 * may stand in the `opaque` of the plan that was made from it, and nowhere else.
 *
 * Each value is computed by at most one operator of the sequence and has one index in `tensor`. Two
 * inputs of a step may lie in the same memory where one is a reshaped view of the other. */
typedef struct mtlrt_chain {
  uint32_t size;
  uint32_t n_op;     /* 1 to MTLRT_SEQUENCE_MAX */
  uint32_t n_tensor;
  uint32_t batch;    /* images at once; values' dim[0] has it multiplied in */
  const mtlrt_op *op;
  const mtlrt_tensor *tensor;
  uint32_t threads; /* that will run the step at once, or 0 if that is not known. A plan may cut its
                       parts to suit them; results have the same bits whatever it is. May be left
                       out: then `size` ends before it */
  uint32_t reserved;
} mtlrt_chain;

/* What the plugin answers: how much it takes, and the memory that it needs for it. The host
 * clears it before the call and sets `size`. The same sequence with the same batch and threads
 * always gets the same plan, byte for byte. */
typedef struct mtlrt_plan {
  uint32_t size;
  uint32_t take;   /* the first `take` operators of the chain become one step; at least 1.
                      The step writes each result whose last_reader is MTLRT_ABSENT or >= take,
                      and no other. */
  uint32_t stages; /* at least 1; all parts of a stage end before the next stage begins */
  uint32_t in_place; /* not 0: the step's output may be the very buffer of op[0].in[0]. The host
                        does so only where the step writes one result, of the same size, and
                        nothing later reads that input */
  uint32_t parts[MTLRT_STAGES_MAX]; /* per stage; any thread runs any part, in any order, so no
                                       two parts write the same byte. A stage of 0 parts is passed
                                       over */
  uint64_t packed_bytes;  /* constants in the plugin's own layout; independent of the batch */
  uint64_t scratch_bytes; /* per step, shared by all parts and kept from stage to stage */
  uint64_t local_bytes;   /* per thread; its content is lost between parts */
  uint64_t opaque[8];     /* the plugin's own */
} mtlrt_plan;

/* What `run` is given. All of it stays as it is for all parts of all stages of one run of the step;
 * another run may have other pointers. */
typedef struct mtlrt_call {
  void *self;
  const mtlrt_chain *chain; /* of exactly the operators that were taken: n_op is plan->take */
  const mtlrt_plan *plan;   /* as `plan` filled it for this chain */
  const void *packed;  /* packed_bytes, aligned to 64; as `pack` left it, maybe in a process
                          before: then anybody may have written it. NULL if packed_bytes is 0 */
  void *scratch;       /* scratch_bytes, aligned to 64; not cleared */
  /* n_tensor pointers, by the index of the tensor in the chain, each aligned to 64:
   * - a value that an operator of the step reads and none computes, an input of the step: its
   *   elements, not to be written;
   * - a result that the step writes (see mtlrt_plan.take): the memory to write every element of.
   *   What it held before has no meaning;
   * - a result that the step keeps to itself, because no operator beyond the step reads it: NULL;
   * - a constant: its elements, the same pointer as tensor[i].data.
   * An absent input has no tensor, and so no pointer here. */
  void *const *value;
} mtlrt_call;

/* The host reads the constant from the file before it loads it, so every field but the functions
 * stands in the file as it is: a constant initializer, no relocation. */
typedef struct mtlrt_module {
  uint32_t magic; /* MTLRT_MODULE_MAGIC */
  uint32_t size;  /* sizeof(mtlrt_module) */
  uint32_t abi;   /* MTLRT_MODULE_ABI */
  /* `auto` offers an operator to the backends in order of rank, the highest first, until one that
   * is MTLRT_MODULE_GENERAL; scalar (rank 0) comes last. Of one family, the part of the name before
   * a dash, it takes the one of the highest rank that can run here. */
  uint32_t rank;
  uint64_t cpu_need[2];
  char name[16];  /* the <name> of mtlrt-<name>.so; ends with a zero */
  char build[48]; /* version of plugin and compiler, for the report; ends with a zero */
  /* May be NULL: then `self` is NULL. Called before any other function, once for all models of a
   * host that use the plugin at a time; after `close` it may be called again. */
  int32_t (*open)(void **self, mtlrt_error *error);
  /* Will it run the beginning of this chain? Called at open for a batch of 1, and later with
   * exactly the operators that it took, for other batches and counts of threads: it then takes the
   * same ones, with the same packed_bytes. Any number of threads may call it at once. */
  int32_t (*plan)(void *self, const mtlrt_chain *chain, mtlrt_plan *plan, mtlrt_error *error);
  /* May be NULL if packed_bytes is always 0. Fills `packed`, which is zeroed and aligned to 64,
   * from the constants of the chain; called for several steps at once, and for a step again where
   * its file is verified: it then writes the same bytes. */
  int32_t (*pack)(void *self, const mtlrt_chain *chain, const mtlrt_plan *plan, void *packed,
                  mtlrt_error *error);
  /* Runs one part. `local` has local_bytes, aligned to 64. Any number of threads at once, for parts
   * of one run and for runs of other callers. Returns MTLRT_MODULE_OK, or anything else if it
   * failed: then the whole run ends with an error. */
  int32_t (*run)(const mtlrt_call *call, uint32_t stage, uint32_t part, void *local);
  /* May be NULL. Called when no model uses the module any more; a process may end without it. */
  void (*close)(void *self);
  uint64_t flags; /* MTLRT_MODULE_..., or 0. May be left out: then `size` ends before it */
  /* May be NULL, or left out: then `size` ends before it. Says in `error->text` why `run` failed:
   * called by the same thread right after it, with the same arguments; `local` is as `run` left
   * it. Of several failures in a run the first is asked for. */
  void (*explain)(const mtlrt_call *call, uint32_t stage, uint32_t part, void *local,
                  mtlrt_error *error);
} mtlrt_module;

#ifdef __cplusplus
}
#endif
#endif
