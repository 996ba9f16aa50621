/* Linked into libraries in Embedded Swift, with the linker's options --wrap=posix_memalign and
 * --wrap=free: what their Swift code allocates by, which mtl_memory.h describes. */
