#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CModelFiles.h"
#include "confine.h"
#include "hdf5_reader.h"

/* The parent asks, the child answers, over a pair of sockets; one question at a time. */

enum kind { TEXTS, NAMES, FLOATS };
enum { NAME_MOST = 1 << 16 };

/* Seconds of CPU time for a file of `count` bytes: many times what reading it takes. Some damaged
 * files send the library in circles. */
static rlim_t seconds_most(size_t count) { return 2 + count / (4 << 20); }

/* Two names follow. */
struct question {
  uint32_t kind;
  uint32_t lengths[2];
};

/* `length` bytes follow. */
struct answer {
  uint32_t is_found, rank;
  uint64_t shape[8];
  uint64_t count, length;
};

struct mtl_h5 {
  pid_t child;
  int socket;
  int death;
};

static bool put(int socket, const void *bytes, size_t count) {
  const char *next = bytes;
  while (count) {
    const ssize_t sent = send(socket, next, count, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    next += sent;
    count -= (size_t)sent;
  }
  return true;
}

static bool get(int socket, void *bytes, size_t count) {
  char *next = bytes;
  while (count) {
    const ssize_t received = recv(socket, next, count, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return false;
    next += received;
    count -= (size_t)received;
  }
  return true;
}

/* MARK: The child */

static void limit(int resource, rlim_t most) {
  const struct rlimit limits = {most, most};
  setrlimit(resource, &limits);
}

/* Takes away what reading memory does not need, as far as the system lets it. */
static void confine(int socket, size_t count) {
  for (int number = 1; number < 32; number++) signal(number, SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing >= 0)
    for (int number = 0; number <= 2; number++) dup2(nothing, number);
#ifdef SYS_close_range
  if (socket > 3) syscall(SYS_close_range, 3, socket - 1, 0);
  syscall(SYS_close_range, socket + 1, ~0u, 0);
#endif
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CPU, seconds_most(count));
  limit(RLIMIT_NOFILE, 0);
  (void)mtl_confine_to_memory(socket);
}

static bool answer(int socket, const struct question *question) {
  static char names[2][NAME_MOST + 1];
  for (int i = 0; i < 2; i++) {
    const uint32_t length = question->lengths[i];
    if (length > NAME_MOST || !get(socket, names[i], length)) return false;
    names[i][length] = 0;
  }
  struct answer found = {0};
  size_t count = 0, length = 0;
  void *content = NULL;
  switch (question->kind) {
    case TEXTS: content = mtl_h5_reader_texts(names[0], names[1], &count, &length); break;
    case NAMES: content = mtl_h5_reader_names(names[0], &count, &length); break;
    case FLOATS:
      content = mtl_h5_reader_floats(names[0], found.shape, &found.rank);
      count = 1;
      for (uint32_t axis = 0; axis < found.rank; axis++) count *= found.shape[axis];
      length = count * sizeof(float);
      break;
    default: return false;
  }
  found.is_found = content != NULL;
  found.count = content ? count : 0;
  found.length = content ? length : 0;
  const bool good = put(socket, &found, sizeof found) && put(socket, content, found.length);
  free(content);
  return good;
}

static void serve(int socket, const void *bytes, size_t count) {
  confine(socket, count);
  const struct answer opened = {.is_found = mtl_h5_reader_open(bytes, count)};
  struct question question;
  if (!put(socket, &opened, sizeof opened)) return;
  while (opened.is_found && get(socket, &question, sizeof question))
    if (!answer(socket, &question)) return;
}

/* MARK: The parent */

/* Waits for the child, which is ending by itself or else is ended. */
static void reap(mtl_h5 *file, bool is_ending) {
  if (file->child <= 0) return;
  if (!is_ending) kill(file->child, SIGKILL);
  int status = 0;
  while (waitpid(file->child, &status, 0) < 0 && errno == EINTR) continue;
  file->child = 0;
  file->death = is_ending && WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

mtl_h5 *mtl_h5_open(const void *bytes, size_t count) {
  mtl_h5 *file = calloc(1, sizeof *file);
  int ends[2];
  if (!file) return NULL;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
    free(file);
    return NULL;
  }
  file->child = fork();
  if (file->child == 0) {
    close(ends[0]);
    serve(ends[1], bytes, count);
    _exit(0);
  }
  close(ends[1]);
  file->socket = ends[0];
  struct answer opened;
  if (file->child < 0 || !get(file->socket, &opened, sizeof opened)) {
    reap(file, true);
    file->death = file->death ? file->death : -1;
  } else if (!opened.is_found) {
    mtl_h5_close(file);
    return NULL;
  }
  return file;
}

void mtl_h5_close(mtl_h5 *file) {
  if (!file) return;
  reap(file, false);
  close(file->socket);
  free(file);
}

int mtl_h5_death(const mtl_h5 *file) { return file->death; }

/* What the child answers, its content as it says; nothing that it says is taken on trust. */
static void *ask(mtl_h5 *file, enum kind kind, const char *first, const char *second,
                 struct answer *found) {
  const size_t lengths[2] = {strlen(first), strlen(second)};
  if (file->child <= 0 || lengths[0] > NAME_MOST || lengths[1] > NAME_MOST) return NULL;
  const struct question question = {kind, {(uint32_t)lengths[0], (uint32_t)lengths[1]}};
  if (!put(file->socket, &question, sizeof question) ||
      !put(file->socket, first, lengths[0]) || !put(file->socket, second, lengths[1]) ||
      !get(file->socket, found, sizeof *found)) {
    reap(file, true);
    return NULL;
  }
  if (!found->is_found) return NULL;
  const uint64_t most =
      kind == FLOATS ? (uint64_t)MTL_H5_FLOATS_MOST * sizeof(float) : MTL_H5_TEXT_MOST;
  char *content = found->length <= most ? malloc(found->length + 1) : NULL;
  if (!content || !get(file->socket, content, found->length)) {
    reap(file, content != NULL);
    free(content);
    return NULL;
  }
  content[found->length] = 0;
  return content;
}

/* Whether there are as many texts as the answer says. */
static bool are_texts(const struct answer *found, const char *content) {
  uint64_t ends = 0;
  for (uint64_t i = 0; i < found->length; i++) ends += content[i] == 0;
  return found->count == ends && (found->length == 0 || content[found->length - 1] == 0);
}

static char *ask_texts(mtl_h5 *file, enum kind kind, const char *first, const char *second,
                       size_t *count) {
  struct answer found;
  char *content = ask(file, kind, first, second, &found);
  if (content && !are_texts(&found, content)) {
    free(content);
    return NULL;
  }
  if (content) *count = found.count;
  return content;
}

char *mtl_h5_text(mtl_h5 *file, const char *object, const char *attribute) {
  size_t count = 0;
  char *text = ask_texts(file, TEXTS, object, attribute, &count);
  if (text && count != 1) {
    free(text);
    return NULL;
  }
  return text;
}

char *mtl_h5_texts(mtl_h5 *file, const char *object, const char *attribute, size_t *count) {
  return ask_texts(file, TEXTS, object, attribute, count);
}

char *mtl_h5_names(mtl_h5 *file, const char *group, size_t *count) {
  return ask_texts(file, NAMES, group, "", count);
}

float *mtl_h5_floats(mtl_h5 *file, const char *path, uint64_t shape[8], uint32_t *rank) {
  struct answer found;
  char *content = ask(file, FLOATS, path, "", &found);
  if (!content) return NULL;
  uint64_t count = 1;
  bool good = found.rank <= 8;
  for (uint32_t axis = 0; good && axis < found.rank; axis++) {
    good = found.shape[axis] <= MTL_H5_FLOATS_MOST;
    if (good) count *= found.shape[axis];
    good = good && count <= MTL_H5_FLOATS_MOST;
    shape[axis] = found.shape[axis];
  }
  if (!good || found.length != count * sizeof(float)) {
    free(content);
    return NULL;
  }
  *rank = found.rank;
  return (float *)content;
}
