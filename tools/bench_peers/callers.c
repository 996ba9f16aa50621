/* Many threads that predict with one open model at once, without Python between them.
 *
 *   callers MODEL THREADS BATCH CALLERS SECONDS [BACKEND]
 *
 * Prints JSON: images per second, median and 99th percentile of a call in ms, calls, and the
 * peak memory of the process in KiB. CALLERS of 1 and SECONDS of 0 run once.
 */
#include <mtlrt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_CALLS = 1 << 20 };

struct caller {
  const mtlrt *model;
  uint32_t batch;
  double seconds;
  size_t input_bytes, output_bytes;
  pthread_barrier_t *start;
  double *times; /* seconds of each call */
  size_t calls;
  double began, ended;
  int failed;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Runs until the time is over. Each caller has an input of its own; the model lends the memory that
 * a prediction needs when the caller's turn comes. */
static void *call(void *argument) {
  struct caller *caller = argument;
  mtlrt_error error;
  float *input = malloc(caller->input_bytes);
  float *output = malloc(caller->output_bytes);
  caller->failed = !input || !output || !caller->times;
  for (size_t i = 0; !caller->failed && i < caller->input_bytes / sizeof(float); i++)
    input[i] = (float)(i * 2654435761u % 1000) / 1000;
  pthread_barrier_wait(caller->start);
  caller->began = now();
  double last = caller->began;
  while (!caller->failed && caller->calls < MOST_CALLS) {
    caller->failed = mtlrt_predict(caller->model, input, caller->input_bytes, output,
                                   caller->output_bytes, &error) != MTLRT_OK;
    double time = now();
    caller->times[caller->calls++] = time - last;
    last = time;
    if (time - caller->began >= caller->seconds) break;
  }
  caller->ended = last;
  free(input);
  free(output);
  return NULL;
}

static int ascending(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static long peak_kib(void) {
  char line[256];
  long peak = 0;
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status))
    if (!strncmp(line, "VmHWM:", 6)) peak = strtol(line + 6, NULL, 10);
  if (status) fclose(status);
  return peak;
}

static int report(struct caller *callers, long count) {
  double began = callers[0].began, ended = callers[0].ended;
  size_t calls = 0;
  for (long i = 0; i < count; i++) {
    if (callers[i].failed) return 1;
    calls += callers[i].calls;
    if (callers[i].began < began) began = callers[i].began;
    if (callers[i].ended > ended) ended = callers[i].ended;
  }
  double *all = malloc(calls * sizeof *all);
  if (!all) return 1;
  for (long i = 0, at = 0; i < count; at += (long)callers[i++].calls)
    memcpy(all + at, callers[i].times, callers[i].calls * sizeof *all);
  qsort(all, calls, sizeof *all, ascending);
  printf("{\"images_per_second\": %.3f, \"median_ms\": %.4f, \"p99_ms\": %.4f, \"calls\": %zu, "
         "\"peak_kib\": %ld}\n",
         (double)calls * callers[0].batch / (ended - began), all[calls / 2] * 1e3,
         all[(calls - 1) * 99 / 100] * 1e3, calls, peak_kib());
  free(all);
  return 0;
}

/* Opens the model; NULL after saying why not. */
static mtlrt *opened(const char *path, uint32_t threads, const char *backend) {
  mtlrt_error error;
  mtlrt_options options = {.size = sizeof options, .threads = threads};
  options.backends = backend;
  options.flags = backend ? MTLRT_STRICT : 0;
  mtlrt *model = mtlrt_open(path, &options, &error);
  if (!model) fprintf(stderr, "%s\n", error.text);
  return model;
}

int main(int count, char **words) {
  if (count < 6 || count > 7) {
    fprintf(stderr, "callers MODEL THREADS BATCH CALLERS SECONDS [BACKEND]\n");
    return 2;
  }
  uint32_t batch = (uint32_t)atoi(words[3]);
  long many = atol(words[4]);
  mtlrt *model = opened(words[1], (uint32_t)atoi(words[2]), count == 7 ? words[6] : NULL);
  struct caller *callers = calloc((size_t)many, sizeof *callers);
  pthread_t *threads = calloc((size_t)many, sizeof *threads);
  mtlrt_slot in = {.size = sizeof in}, out = {.size = sizeof out};
  if (!model || !callers || !threads || mtlrt_slot_at(model, 0, 0, &in) ||
      mtlrt_slot_at(model, 1, 0, &out))
    return 1;
  pthread_barrier_t start;
  pthread_barrier_init(&start, NULL, (unsigned)many);
  for (long i = 0; i < many; i++) {
    callers[i] = (struct caller){
        .model = model, .batch = batch, .seconds = atof(words[5]), .start = &start,
        .input_bytes = in.bytes * batch, .output_bytes = out.bytes * batch,
        .times = malloc(MOST_CALLS * sizeof(double))};
    if (pthread_create(&threads[i], NULL, call, &callers[i])) return 1;
  }
  for (long i = 0; i < many; i++) pthread_join(threads[i], NULL);
  int status = report(callers, many);
  mtlrt_close(model);
  return status;
}
