#include <pthread.h>
#include <stdlib.h>

#include "include/CCheck.h"

typedef struct helper {
  pthread_t thread;
  pthread_barrier_t *barrier;
  void (*body)(void *, uint32_t);
  void *context;
  uint32_t index;
} helper;

static void *help(void *argument) {
  const helper *const self = argument;
  pthread_barrier_wait(self->barrier);
  self->body(self->context, self->index);
  return NULL;
}

int mtl_check_at_once(uint32_t count, void (*body)(void *, uint32_t), void *context) {
  helper *const helpers = calloc(count, sizeof *helpers);
  pthread_barrier_t barrier;
  if (!helpers || pthread_barrier_init(&barrier, NULL, count) != 0) abort();
  for (uint32_t i = 0; i < count; i++) {
    helpers[i] = (helper){.barrier = &barrier, .body = body, .context = context, .index = i};
    const int error = pthread_create(&helpers[i].thread, NULL, help, &helpers[i]);
    if (error) return error; /* those that run wait for ever: the caller gives up */
  }
  for (uint32_t i = 0; i < count; i++) pthread_join(helpers[i].thread, NULL);
  pthread_barrier_destroy(&barrier);
  free(helpers);
  return 0;
}
