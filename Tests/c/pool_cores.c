/* Who comes later and knows of fewer CPUs takes none from those who hold on to the pool.
 * Compiled with the pool. Usage: pool_cores */
#include <mtl_pool.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
  alarm(10); /* a second turn of one thread would never come with one CPU */
  mtl_pool_retain(2, 1);
  mtl_pool_retain(1, 1);
  mtl_pool_turn first = {0}, second = {0};
  if (mtl_pool_enter(&first, NULL, NULL) != MTL_TURN_BEGINS) return 1;
  if (mtl_pool_enter(&second, NULL, NULL) != MTL_TURN_BEGINS) return 1;
  mtl_pool_leave();
  mtl_pool_leave();
  mtl_pool_release();
  mtl_pool_release();
  return 0;
}
