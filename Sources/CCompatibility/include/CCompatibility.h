/* Functions of the C library that the standard library of Swift calls and that glibc has, in this
 * form, for a short time only. Each product gets private ones, so that it runs with glibc 2.34.
 * Nothing is to be called from here: the linker finds the definitions. */
#ifndef CCOMPATIBILITY_H
#define CCOMPATIBILITY_H
#endif
