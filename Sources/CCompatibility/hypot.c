/* Swift's overlay of the mathematical functions calls hypotf, of which glibc has a new version
 * since 2.35. The squares are exact in double precision and do not overflow there. */
#include <math.h>

__attribute__((visibility("hidden"))) float hypotf(float x, float y) {
  if (isinf(x) || isinf(y)) return INFINITY;
  return (float)sqrt((double)x * x + (double)y * y);
}
