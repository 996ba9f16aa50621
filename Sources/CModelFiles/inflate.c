#include <limits.h>
#include <zlib.h>

#include "CModelFiles.h"

static uInt piece(size_t count) { return count > INT_MAX ? INT_MAX : (uInt)count; }

bool mtl_inflate(const void *bytes, size_t count, void *result, size_t result_count) {
  z_stream stream = {0};
  /* Negative: without a header. */
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
  Bytef spare = 0;
  const Bytef *next = bytes;
  Bytef *target = result;
  size_t given = 0, room = result_count;
  int status = Z_OK;
  while (status == Z_OK) {
    /* Once the result is full one byte more is offered, which must stay free. */
    const uInt in = piece(count - given), out = room ? piece(room) : 1;
    stream.next_in = (Bytef *)(uintptr_t)(next + given);
    stream.avail_in = in;
    stream.next_out = room ? target + (result_count - room) : &spare;
    stream.avail_out = out;
    status = inflate(&stream, Z_NO_FLUSH);
    given += in - stream.avail_in;
    const size_t made = out - stream.avail_out;
    if (made > room) break;
    room -= made;
    if (status == Z_BUF_ERROR || (made == 0 && in == stream.avail_in && status == Z_OK)) break;
  }
  inflateEnd(&stream);
  return status == Z_STREAM_END && room == 0 && given == count;
}

uint32_t mtl_crc32(const void *bytes, size_t count) {
  uLong sum = crc32(0, NULL, 0);
  const Bytef *next = bytes;
  while (count) {
    const uInt some = piece(count);
    sum = crc32(sum, next, some);
    next += some;
    count -= some;
  }
  return (uint32_t)sum;
}
