/* A process that is confined to memory (Sources/CModelFiles/confine.c): what it needs works, all
 * else fails and ends nothing. Exit status 77 where the system permits no filters. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../Sources/CModelFiles/confine.h"

static long refusals(int parent) {
  static char page[4096];
  long failed = 0, tried = 0;
#define REFUSED(call) (tried++, errno = 0, failed += (call) == -1 && errno == EPERM)
  REFUSED(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY));
  REFUSED(syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
  REFUSED(syscall(SYS_kill, parent, SIGKILL));
  REFUSED(syscall(SYS_tgkill, parent, parent, SIGKILL));
  REFUSED(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  REFUSED(syscall(SYS_execve, "/bin/true", NULL, NULL));
  REFUSED(syscall(SYS_read, 0, page, 1));
  REFUSED(syscall(SYS_write, 2, page, 1));
  REFUSED(syscall(SYS_ptrace, 0, 0, 0, 0));
  REFUSED(syscall(SYS_unlinkat, AT_FDCWD, "/nowhere", 0));
  REFUSED(syscall(SYS_sendto, 2, page, 1, 0, NULL, 0));
  REFUSED(syscall(SYS_mprotect, (long)page & -4096, 4096, PROT_READ | PROT_EXEC));
  REFUSED(syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  return tried - failed;
}

static void child(int socket, int parent) {
  if (!mtl_confine_to_memory(socket)) _exit(77);
  long answer = refusals(parent);
  char *block = malloc(64 << 20);
  char *more = block ? realloc(block, 128 << 20) : NULL;
  if (!more) _exit(1);
  memset(more, 1, 128 << 20);
  free(more);
  char question = 0;
  if (recv(socket, &question, 1, 0) != 1 || question != 'q') _exit(2);
  if (send(socket, &answer, sizeof answer, MSG_NOSIGNAL) != sizeof answer) _exit(3);
  _exit(0);
}

int main(void) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0) return 1;
  pid_t id = fork();
  if (id == 0) child(ends[1], getppid());
  close(ends[1]);
  long answer = -1;
  int status = 0;
  send(ends[0], "q", 1, MSG_NOSIGNAL);
  ssize_t count = recv(ends[0], &answer, sizeof answer, 0);
  waitpid(id, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    fprintf(stderr, "the system permits no filters\n");
    return 77;
  }
  printf("status %x, %ld calls were not refused\n", status, answer);
  return status == 0 && count == sizeof answer && answer == 0 ? 0 : 1;
}
