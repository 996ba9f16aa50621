#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* registers in ucontext.h */
#endif

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "include/CCheck.h"

static char program_name[64];
static char doing[512];
static mtl_check_buffer buffers[MTL_CHECK_BUFFERS_MAX];

void mtl_check_doing(const char *what) {
  snprintf(doing, sizeof doing, "%s", what ? what : "");
  alarm(what ? MTL_CHECK_SECONDS_MAX : 0);
}

void mtl_check_watch(uint32_t index, const mtl_check_buffer *buffer) {
  if (index < MTL_CHECK_BUFFERS_MAX) buffers[index] = *buffer;
}

/* -- A line put together without anything that a signal handler may not call ------------------- */

typedef struct line {
  char text[1024];
  size_t length;
} line;

static void add(line *to, const char *text) {
  while (*text && to->length < sizeof to->text) to->text[to->length++] = *text++;
}

static void add_number(line *to, size_t number) {
  char digits[24];
  size_t first = sizeof digits - 1;
  digits[first] = 0;
  do digits[--first] = (char)('0' + number % 10);
  while (number /= 10);
  add(to, digits + first);
}

/* "reads", "writes" or "touches", where the CPU says which. */
static const char *access_verb(const void *context) {
#if defined(__x86_64__)
  const ucontext_t *const state = context;
  return state->uc_mcontext.gregs[REG_ERR] & 2 ? "writes" : "reads";
#else
  (void)context;
  return "touches";
#endif
}

static void add_place(line *to, const char *address, const void *context) {
  for (size_t i = 0; i < MTL_CHECK_BUFFERS_MAX; i++) {
    const mtl_check_buffer *const b = &buffers[i];
    if (!b->name || address < b->mapping || address >= b->mapping + b->mapped) continue;
    add(to, access_verb(context));
    if (address < b->start) {
      add(to, " ");
      add_number(to, (size_t)(b->start - address));
      add(to, " bytes before the beginning of ");
    } else if (address >= b->start + b->count) {
      add(to, " ");
      add_number(to, (size_t)(address - b->start) - b->count);
      add(to, " bytes beyond the end of ");
    } else {
      add(to, " at byte ");
      add_number(to, (size_t)(address - b->start));
      add(to, " of ");
    }
    add(to, b->name);
    add(to, " (");
    add_number(to, b->count);
    add(to, " bytes)");
    return;
  }
  add(to, access_verb(context));
  add(to, address < (const char *)4096 ? " through a NULL pointer"
                                        : " memory that is not its own, or no longer is");
}

static void on_fault(int number, siginfo_t *information, void *context) {
  line message = {.length = 0};
  add(&message, program_name);
  add(&message, ": ");
  add(&message, doing[0] ? doing : "outside of every check");
  add(&message, ": ");
  if (number == SIGSEGV || number == SIGBUS)
    add_place(&message, information->si_addr, context);
  else if (number == SIGALRM)
    add(&message, "does not come back");
  else
    add(&message, strsignal(number));
  add(&message, "\n");
  if (write(mtl_check_standard_error(), message.text, message.length) < 0) _exit(1);
  _exit(1);
}

void mtl_check_catch_faults(const char *program) {
  static char stack[64 << 10];
  snprintf(program_name, sizeof program_name, "%s", program);
  const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternate, NULL);
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  const int caught[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGALRM};
  for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) sigaction(caught[i], &action, NULL);
}
