#include "include/mtl_operators.h"

#include <stddef.h>

#define ATTRIBUTE(OP, NAME, name, type, least, most) {#name, MTL_ATTRIBUTE_##type, least, most},
#define ATTRIBUTES_OF(code, NAME, name, least, most, attributes, shape, result, numbers) \
  static const mtl_attribute_row attributes_of_##NAME[] = {                              \
      MTL_ATTRIBUTES_##attributes(ATTRIBUTE, NAME){0}};
MTL_OPERATORS(ATTRIBUTES_OF)

/* The lists end with an empty row, which is not an attribute. */
#define ROW(code, NAME, name, least, most, attributes, shape, result, numbers)       \
  {code,  #name,                                                                     \
   least, most,                                                                      \
   sizeof attributes_of_##NAME / sizeof *attributes_of_##NAME - 1,                   \
   attributes_of_##NAME,                                                             \
   MTL_SHAPE_##shape, MTL_RESULT_##result, MTL_NUMBERS_##numbers},
static const mtl_operator_row rows[] = {MTL_OPERATORS(ROW)};

uint32_t mtl_operator_count(void) { return sizeof rows / sizeof *rows; }

const mtl_operator_row *mtl_operator_at(uint32_t index) {
  return index < mtl_operator_count() ? &rows[index] : NULL;
}

const mtl_operator_row *mtl_operator_find(uint32_t code) {
  for (uint32_t i = 0; i < mtl_operator_count(); i++)
    if (rows[i].code == code) return &rows[i];
  return NULL;
}
