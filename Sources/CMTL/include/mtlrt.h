/* mtlrt.h: predict with a multi-task image model from C and every language that can call C.
 *
 * The smallest correct program is three calls:
 *
 *     mtlrt_error e; float in[96 * 96 * 3], out[6];
 *     mtlrt *m = mtlrt_open("model.mtl", NULL, &e);
 *     if (!m || mtlrt_predict(m, in, sizeof in, out, sizeof out, &e)) { puts(e.text); return 1; }
 *     mtlrt_close(m);
 *
 * Rules that hold everywhere:
 * - The caller owns every buffer, unless a function says otherwise. Sizes are in bytes and checked.
 * - An `mtlrt *` does not change after it was opened: any number of threads may use it at once.
 * - Functions that can fail return NULL or a code that is not 0 and fill `error`, which lives with
 *   the caller and may be NULL. Codes: MTLRT_E_* below; 100 and up are the rules of spec/format.md.
 * - Strings are UTF-8, belong to the handle, and live until mtlrt_close.
 * - Structures with a `size` field: the caller sets it to sizeof before the call.
 * - A process that confines itself (chroot, seccomp, a deleted installation) first opens a model,
 *   with MTLRT_IMAGES if it will decode: plugins that were loaded once need no file any more, so
 *   later models, in that process, get the same ones. The library remembers where it lay when it
 *   was loaded; where it cannot know that, it has no plugins, and scalar runs everything.
 * - A plugin is loaded only from a folder and file that nobody can exchange but root, the user of
 *   the process and the owner of libmtlrt.so: that holds for each folder above, too.
 * - The library never prints, never aborts, and keeps no state per thread.
 * - Without memory a call returns MTLRT_E_MEMORY and leaves nothing behind. Wrong arguments, and
 *   predictions of a batch that has been predicted before, allocate nothing.
 * - A thread that is cancelled (pthread_cancel) ends after the call that it is in, if its type of
 *   cancellation is the deferred one, as it is unless a program asks for the other.
 * - Results do not depend on how the calling thread rounds, traps or flushes floating-point
 *   numbers; its state is the same after the call.
 * - A model file is mapped. Replace it by renaming another one over it: a process that has it open
 *   keeps the old one. A file that is written or cut in place changes results, which mtlrt_verify
 *   notices, or ends the process with SIGBUS; where that may happen, open it with MTLRT_COPY.
 * - Its own threads are named `mtlrt-1` and so on, block all signals but those of faults (SIGSEGV,
 *   SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT), and may use all CPUs of the process,
 *   whichever thread opened the model. They end with the last handle.
 * - Everything keeps frame pointers: profilers that follow them (perf record -g) find the caller.
 */
#ifndef MTLRT_H
#define MTLRT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef MTLRT_ERROR_DEFINED
#define MTLRT_ERROR_DEFINED
typedef struct mtlrt_error {
  int32_t code;
  char text[252];
} mtlrt_error;
#endif

typedef struct mtlrt mtlrt;         /* an open model */
typedef struct mtlrt_ctx mtlrt_ctx; /* memory for one prediction at a time, of a fixed batch */

enum {
  MTLRT_OK = 0,
  MTLRT_E_ARGUMENT = 1,  /* a NULL, a size or an option that cannot be */
  MTLRT_E_IO = 2,        /* a file could not be opened or read */
  MTLRT_E_MEMORY = 3,    /* not enough memory */
  MTLRT_E_BACKEND = 4,   /* the backend asked for is not there or cannot run here */
  MTLRT_E_IMAGE = 5,     /* not an image, a damaged one, or one over the limits */
  MTLRT_E_CANCELLED = 6, /* mtlrt_cancel */
  MTLRT_E_RUN = 7,       /* a backend failed while it ran */
  MTLRT_E_VERIFY = 8,    /* a checksum or the embedded self-test does not hold */
  MTLRT_E_MODEL = 100,   /* this and up: the model file breaks that rule of spec/format.md */
};

/* Options of mtlrt_open. All zero but `size` means: every default. */
typedef struct mtlrt_options {
  uint32_t size;
  uint32_t threads;       /* 0: CPUs allowed to this process (affinity mask, cgroup quota) */
  uint32_t flags;         /* MTLRT_STRICT, MTLRT_VERIFY, MTLRT_COPY, MTLRT_IMAGES */
  uint32_t reserved;      /* 0 */
  const char *backends;   /* names in order of preference, "simd-avx2,scalar"; a name before a
                             dash stands for its best variant, "simd". "auto", and NULL: every
                             backend that can run here, by rank. What those named decline "auto"
                             runs, unless "scalar", which runs everything, is among them */
  const char *module_dir; /* of plugins, absolute; it has to be there. NULL: MTLRT_MODULE_DIR of the
                             environment, or else `mtlrt/` beside libmtlrt.so, as it lay when it
                             was loaded */
} mtlrt_options;

#define MTLRT_STRICT 1u /* fail to open when a backend named in `backends` cannot be used */
#define MTLRT_VERIFY 2u /* check every hash and the embedded self-test while opening */
#define MTLRT_COPY 4u   /* read the file into memory, or copy the memory, instead of using it where
                           it is: for model files that may be changed in place, and for memory that
                           does not last */
#define MTLRT_IMAGES 8u /* load the image plugin while opening, not for the first image */

/* An input or an output of the graph, for a batch of 1. All are 32-bit floats. */
typedef struct mtlrt_slot {
  uint32_t size;
  uint32_t rank;
  uint64_t dim[8]; /* dim[0] counts the batch in */
  uint64_t bytes;  /* for a batch of 1 */
  const char *name;
} mtlrt_slot;

/* A task: a named group of labels. Its scores are `labels` neighbouring floats of an output. */
typedef struct mtlrt_task {
  uint32_t size;
  uint32_t exclusive; /* 1: exactly one label holds, the best; 0: each that reaches `threshold` */
  uint32_t output;    /* which output of the graph */
  uint32_t first;     /* index of the first label's score in that output's row */
  uint32_t labels;
  float threshold;
  const char *name;
} mtlrt_task;

/* Pixels, 8 bits a channel. */
typedef struct mtlrt_pixels {
  uint32_t size;
  uint32_t width, height;
  uint32_t stride; /* bytes from one row to the next */
  uint32_t format; /* MTLRT_RGB8 ... */
  uint8_t *data;
} mtlrt_pixels;

enum { MTLRT_RGB8 = 1, MTLRT_BGR8 = 2, MTLRT_RGBA8 = 3, MTLRT_GRAY8 = 4 };

/* A step of a run: one node, or several that a backend runs as one. */
typedef struct mtlrt_step {
  uint32_t size;
  uint32_t rank;
  uint64_t dim[8];         /* of its last result; dim[0] counts the batch in */
  double operations;       /* floating-point ones in a run, by spec/operators.md, section 5 */
  uint64_t value_bytes;    /* of the values that it reads and writes in a run */
  uint64_t constant_bytes; /* of its weights, as the backend keeps them */
  double seconds;          /* in the last run, the sum of all threads; 0 unless runs are timed */
  const char *nodes;       /* their names, "conv1+relu1" */
  const char *backend;
} mtlrt_step;

/* Version of this library: major << 16 | minor << 8 | patch. */
uint32_t mtlrt_version(void);

/* Opens a model: maps the file, checks every rule of the format, chooses a backend for each node.
 * `options` may be NULL. */
mtlrt *mtlrt_open(const char *path, const mtlrt_options *options, mtlrt_error *error);
/* The same from memory. Aligned to 64 bytes it is used in place, and must stay unchanged until the
 * model is closed and the last of its contexts freed; otherwise, or with MTLRT_COPY, it is copied,
 * and may be freed at once. */
mtlrt *mtlrt_open_memory(const void *bytes, size_t count, const mtlrt_options *options,
                         mtlrt_error *error);
/* NULL is allowed. Contexts hold on to what they need, memory of the caller's excepted: they may
 * outlive the handle. */
void mtlrt_close(mtlrt *model);

/* Input (`is_output` 0) or output number `index`; MTLRT_E_ARGUMENT from their count on. */
int32_t mtlrt_slot_at(const mtlrt *model, uint32_t is_output, uint32_t index, mtlrt_slot *slot);
/* Task number `index`; MTLRT_E_ARGUMENT from their count on. */
int32_t mtlrt_task_at(const mtlrt *model, uint32_t index, mtlrt_task *task);
/* A label of a task, or NULL. */
const char *mtlrt_label(const mtlrt *model, uint32_t task, uint32_t label);

/* The value of a metadata entry (spec/format.md, section 5.5), or NULL. */
const char *mtlrt_metadata(const mtlrt *model, const char *key);

/* Pixels to the model's input, exactly as its preprocessing section says: resize, channel order,
 * scale, mean, standard deviation. `input_bytes` is that of one image. */
int32_t mtlrt_image(const mtlrt *model, const mtlrt_pixels *pixels, void *input,
                    size_t input_bytes, mtlrt_error *error);

/* Decodes JPEG, PNG or WebP (told apart by content) to upright RGB8, EXIF orientation applied,
 * by the image module in the module directory. Fills `pixels`; free it with mtlrt_pixels_free.
 * `model` may be NULL: then the module directory is the default one. */
int32_t mtlrt_decode(const mtlrt *model, const void *bytes, size_t count, mtlrt_pixels *pixels,
                     mtlrt_error *error);
/* Encodes RGB8 pixels as PNG. `*bytes` is freed with mtlrt_free. */
int32_t mtlrt_encode_png(const mtlrt *model, const mtlrt_pixels *pixels, void **bytes,
                         size_t *count, mtlrt_error *error);
void mtlrt_pixels_free(mtlrt_pixels *pixels);
void mtlrt_free(void *bytes);

/* Predicts for a model with one input. The batch is `input_bytes` divided by the bytes of one
 * input. `output` receives every output of the graph, one after the other, each batch by row. The
 * first call with a batch allocates what it needs; later ones allocate nothing, unless batches of
 * more than eight sizes take turns. The model keeps memory for the largest batch, once for each
 * caller that predicts at the same time. */
int32_t mtlrt_predict(const mtlrt *model, const void *input, size_t input_bytes, void *output,
                      size_t output_bytes, mtlrt_error *error);

/* Memory for predictions of `batch` images, for models with any number of inputs and outputs. One
 * thread at a time. */
mtlrt_ctx *mtlrt_ctx_new(const mtlrt *model, uint32_t batch, mtlrt_error *error);
void mtlrt_ctx_free(mtlrt_ctx *ctx);
/* One pointer per input and per output, in order. */
int32_t mtlrt_run(mtlrt_ctx *ctx, const void *const *inputs, void *const *outputs,
                  mtlrt_error *error);
/* `on` 1: a run under way ends soon with MTLRT_E_CANCELLED, and so does every later one, until
 * `on` 0. From any thread. */
void mtlrt_cancel(mtlrt_ctx *ctx, int32_t on);

/* `on` 1: later runs of this context time their steps; `on` 0: no more. Not while one is under
 * way. Runs that are not timed cost nothing for it. Without memory for it no times are taken. */
void mtlrt_time_steps(mtlrt_ctx *ctx, int32_t on);
/* Step number `index` of a run, in order; MTLRT_E_ARGUMENT from their count on. Its strings live
 * as long as the context. Not while a run is under way. */
int32_t mtlrt_step_at(const mtlrt_ctx *ctx, uint32_t index, mtlrt_step *step);

/* Checks every hash of the file, its packed weights against its weights, and the embedded
 * self-test. */
int32_t mtlrt_verify(const mtlrt *model, mtlrt_error *error);

/* Name of a backend that runs nodes of this model, number `index` in order of its first node; NULL
 * from their count on. */
const char *mtlrt_backend(const mtlrt *model, uint32_t index);

/* MTLRT_OK if every backend that was preferred is used, as far as this CPU can run it; else
 * MTLRT_E_BACKEND, and `error` says why one is not: a plugin that is missing, damaged, or that
 * others could exchange (mtlrt_report names all). The model then runs on what is left, which may be
 * many times slower. */
int32_t mtlrt_fallback(const mtlrt *model, mtlrt_error *error);

/* Threads that a prediction of this model may use. */
uint32_t mtlrt_threads(const mtlrt *model);

/* Texts. Each returns the bytes that the whole text needs, with its ending zero, and writes as
 * much as fits into `utf8`, always ended by a zero if `capacity` is not 0. Returns 0, and writes an
 * empty text, where there is no memory for it. */
/* Backends tried, found and refused with the reason, and which one runs which node: for people
 * (`json` 0) or as JSON.
 * `model` NULL: the modules in the default directory, or in MTLRT_MODULE_DIR. */
size_t mtlrt_report(const mtlrt *model, uint32_t json, char *utf8, size_t capacity);
/* The model's layers, shapes, parameters, tasks, preprocessing, sections: for people (`json` 0)
 * or as JSON. */
size_t mtlrt_describe(const mtlrt *model, uint32_t json, char *utf8, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
