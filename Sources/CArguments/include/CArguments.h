/* The command line of this process: Embedded Swift has no CommandLine. For programs only. */
#ifndef MTL_ARGUMENTS_H
#define MTL_ARGUMENTS_H

int mtl_argument_count(void);
/* In main's form; getopt may reorder them. */
char **mtl_arguments(void);

#endif
