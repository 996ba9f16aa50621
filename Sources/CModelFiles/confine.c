#include "confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* The lower half of an argument: both architectures are little-endian. */
#define LOAD_ARGUMENT(n) LOAD(args[n])
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, value)
#define REFUSAL (SECCOMP_RET_ERRNO | EPERM)
#define ALLOW(call) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), ANSWER(SECCOMP_RET_ALLOW)
/* Allowed where argument n is `value`. */
#define ALLOW_WITH(call, n, value)                                     \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4), LOAD_ARGUMENT(n),   \
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1), ANSWER(SECCOMP_RET_ALLOW), \
      ANSWER(REFUSAL)
/* Allowed where argument n has none of `bits`. */
#define ALLOW_WITHOUT(call, n, bits)                                   \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4), LOAD_ARGUMENT(n),   \
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0), ANSWER(SECCOMP_RET_ALLOW), \
      ANSWER(REFUSAL)

bool mtl_confine_to_memory(int socket) {
  struct sock_filter filter[] = {
      LOAD(arch),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
      ANSWER(REFUSAL),
      LOAD(nr),
      ALLOW_WITH(SYS_sendto, 0, (uint32_t)socket),
      ALLOW_WITH(SYS_recvfrom, 0, (uint32_t)socket),
      /* Memory, none of which may be run. */
      ALLOW(SYS_brk),
      ALLOW(SYS_munmap),
      ALLOW(SYS_mremap),
      ALLOW(SYS_madvise),
      ALLOW_WITHOUT(SYS_mmap, 2, PROT_EXEC),
      ALLOW_WITHOUT(SYS_mprotect, 2, PROT_EXEC),
      /* What the C library does by itself, abort() too. */
      ALLOW(SYS_futex),
      ALLOW(SYS_clock_gettime),
      ALLOW(SYS_gettimeofday),
      ALLOW(SYS_getrandom),
      ALLOW(SYS_rt_sigprocmask),
      ALLOW(SYS_getpid),
      ALLOW(SYS_gettid),
      ALLOW_WITH(SYS_tgkill, 0, (uint32_t)getpid()),
      ALLOW(SYS_rt_sigreturn),
      ALLOW(SYS_exit),
      ALLOW(SYS_exit_group),
      ANSWER(REFUSAL),
  };
  const struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

#else

bool mtl_confine_to_memory(int socket) {
  (void)socket;
  return false;
}

#endif
