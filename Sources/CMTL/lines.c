#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* More than /proc tells about any process. */
#define BYTES_MAX (1 << 20)

int lines_open(struct lines *lines, const char *path) {
  lines->file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  lines->budget = BYTES_MAX;
  lines->count = lines->next = 0;
  return lines->file >= 0;
}

/* The next byte, or -1 at the end. */
static int next_byte(struct lines *lines) {
  if (lines->next == lines->count) {
    const size_t size =
        lines->budget < sizeof lines->bytes ? lines->budget : sizeof lines->bytes;
    ssize_t count;
    do count = size > 0 ? read(lines->file, lines->bytes, size) : 0;
    while (count < 0 && errno == EINTR);
    if (count <= 0) {
      lines->budget = 0;
      return -1;
    }
    lines->budget -= (size_t)count;
    lines->count = (size_t)count;
    lines->next = 0;
  }
  return (unsigned char)lines->bytes[lines->next++];
}

int lines_next(struct lines *lines, char line[LINE_MAX_BYTES]) {
  for (;;) {
    size_t length = 0;
    int byte;
    while ((byte = next_byte(lines)) >= 0 && byte != '\n') {
      if (length < LINE_MAX_BYTES) line[length++] = (char)byte;
    }
    if (byte < 0 && length == 0) return 0;
    if (length == LINE_MAX_BYTES) continue;
    line[length] = 0;
    return 1;
  }
}

void lines_close(struct lines *lines) { close(lines->file); }
