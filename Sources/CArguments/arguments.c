#include "CArguments.h"

static int count;
static char **values;

/* glibc calls constructors with main's arguments. */
__attribute__((constructor)) static void keep(int argc, char **argv) {
  count = argc;
  values = argv;
}

int mtl_argument_count(void) { return count; }
char **mtl_arguments(void) { return values; }
