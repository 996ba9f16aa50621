/* A profiler that follows frame pointers finds main from everywhere in a prediction.
 * Usage: frame_pointers MODEL.mtl [BACKENDS] */
#define _GNU_SOURCE
#include <mtlrt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

enum { SAMPLES_LEAST = 100, FRAMES_MOST = 256 };

static uintptr_t main_frame;
static volatile sig_atomic_t is_inside, samples, whole;

/* Frames lie one above the other; what does not is no chain of frames. */
static void sample(int number, siginfo_t *info, void *context) {
  (void)number, (void)info;
  if (!is_inside) return;
  ucontext_t *state = context;
#if defined __x86_64__
  uintptr_t frame = (uintptr_t)state->uc_mcontext.gregs[REG_RBP];
#elif defined __aarch64__
  uintptr_t frame = (uintptr_t)state->uc_mcontext.regs[29];
#else
#error "which register is the frame pointer?"
#endif
  uintptr_t below = (uintptr_t)__builtin_frame_address(0);
  samples = samples + 1;
  for (int i = 0; i < FRAMES_MOST && frame > below && frame <= main_frame; i++) {
    if (frame == main_frame) {
      whole = whole + 1;
      return;
    }
    if (frame % sizeof frame) return;
    below = frame;
    frame = *(uintptr_t *)frame;
  }
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  mtlrt_options options = {.size = sizeof options, .threads = 1};
  if (argc > 2) options.backends = argv[2];
  mtlrt_error e;
  mtlrt *m = mtlrt_open(argv[1], &options, &e);
  mtlrt_ctx *c = m ? mtlrt_ctx_new(m, 1, &e) : NULL;
  if (!c) return fprintf(stderr, "%s\n", e.text), 1;
  const void *inputs[16];
  void *outputs[64];
  mtlrt_slot slot = {.size = sizeof slot};
  for (uint32_t i = 0; !mtlrt_slot_at(m, 0, i, &slot) && i < 16; i++)
    inputs[i] = calloc(1, slot.bytes);
  for (uint32_t i = 0; !mtlrt_slot_at(m, 1, i, &slot) && i < 64; i++)
    outputs[i] = calloc(1, slot.bytes);
  main_frame = (uintptr_t)__builtin_frame_address(0);
  struct sigaction action = {.sa_sigaction = sample, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGPROF, &action, NULL);
  const struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_PROF, &often, NULL);
  while (samples < SAMPLES_LEAST) {
    is_inside = 1;
    const int code = mtlrt_run(c, inputs, outputs, &e);
    is_inside = 0;
    if (code) return fprintf(stderr, "%s\n", e.text), 1;
  }
  setitimer(ITIMER_PROF, &never, NULL);
  mtlrt_ctx_free(c);
  mtlrt_close(m);
  /* A function is without its frame between its first and second instruction. */
  if (whole >= samples * 0.95) return 0;
  return fprintf(stderr, "%d of %d samples reach main\n", (int)whole, (int)samples), 1;
}
