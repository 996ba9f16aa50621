#include <hdf5.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "CModelFiles.h"

enum { TEXT_MOST = 64 << 20, TEXTS_MOST = 1 << 16 };
static const uint64_t ELEMENTS_MOST = (uint64_t)1 << 29;

struct mtl_h5 {
  hid_t file;
};

mtl_h5 *mtl_h5_open(const void *bytes, size_t count) {
  /* Faults are told by what is missing; the library would print them. */
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (access < 0) return NULL;
  hid_t file = -1;
  if (H5Pset_fapl_core(access, 1 << 16, false) >= 0 &&
      H5Pset_file_image(access, (void *)(uintptr_t)bytes, count) >= 0)
    file = H5Fopen("model", H5F_ACC_RDONLY, access);
  H5Pclose(access);
  if (file < 0) return NULL;
  mtl_h5 *result = malloc(sizeof *result);
  if (!result) {
    H5Fclose(file);
    return NULL;
  }
  result->file = file;
  return result;
}

void mtl_h5_close(mtl_h5 *file) {
  if (!file) return;
  H5Fclose(file->file);
  free(file);
}

/* Texts of a list, one behind the other. */
struct texts {
  char *bytes;
  size_t length, capacity, count;
};

static bool add(struct texts *list, const char *text, size_t length) {
  if (list->count >= TEXTS_MOST || length > TEXT_MOST - 1 ||
      list->length > TEXT_MOST - length - 1)
    return false;
  const size_t needed = list->length + length + 1;
  if (needed > list->capacity) {
    const size_t capacity = needed * 2;
    char *bytes = realloc(list->bytes, capacity);
    if (!bytes) return false;
    list->bytes = bytes;
    list->capacity = capacity;
  }
  memcpy(list->bytes + list->length, text, length);
  list->bytes[list->length + length] = 0;
  list->length = needed;
  list->count++;
  return true;
}

/* Reads `count` texts of an open attribute, whose type is of variable or of fixed length. */
static bool read_texts(hid_t attribute, hid_t type, hid_t space, size_t count,
                       struct texts *list) {
  bool good = true;
  if (H5Tis_variable_str(type) > 0) {
    char **texts = calloc(count ? count : 1, sizeof *texts);
    if (!texts) return false;
    good = H5Aread(attribute, type, texts) >= 0;
    for (size_t i = 0; good && i < count; i++)
      good = add(list, texts[i] ? texts[i] : "", texts[i] ? strlen(texts[i]) : 0);
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, texts);
    free(texts);
    return good;
  }
  const size_t size = H5Tget_size(type);
  if (size == 0 || size > TEXT_MOST / (count ? count : 1)) return false;
  char *bytes = calloc(count ? count : 1, size);
  if (!bytes) return false;
  good = H5Aread(attribute, type, bytes) >= 0;
  for (size_t i = 0; good && i < count; i++) {
    const char *text = bytes + i * size;
    good = add(list, text, strnlen(text, size));
  }
  free(bytes);
  return good;
}

static char *attribute_texts(const mtl_h5 *file, const char *object, const char *name,
                             size_t *count) {
  struct texts list = {0};
  bool good = false;
  const hid_t attribute =
      H5Aopen_by_name(file->file, object, name, H5P_DEFAULT, H5P_DEFAULT);
  if (attribute < 0) return NULL;
  const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  if (type >= 0 && space >= 0 && H5Tget_class(type) == H5T_STRING) {
    const hssize_t points = H5Sget_simple_extent_npoints(space);
    if (points >= 0 && points <= TEXTS_MOST)
      good = read_texts(attribute, type, space, (size_t)points, &list);
  }
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  H5Aclose(attribute);
  if (!good) {
    free(list.bytes);
    return NULL;
  }
  *count = list.count;
  return list.bytes ? list.bytes : calloc(1, 1);
}

char *mtl_h5_text(const mtl_h5 *file, const char *object, const char *attribute) {
  size_t count = 0;
  char *text = attribute_texts(file, object, attribute, &count);
  if (text && count != 1) {
    free(text);
    return NULL;
  }
  return text;
}

char *mtl_h5_texts(const mtl_h5 *file, const char *object, const char *attribute,
                   size_t *count) {
  return attribute_texts(file, object, attribute, count);
}

static herr_t add_name(hid_t group, const char *name, const H5L_info_t *info, void *list) {
  (void)group, (void)info;
  return add(list, name, strlen(name)) ? 0 : -1;
}

char *mtl_h5_names(const mtl_h5 *file, const char *group, size_t *count) {
  struct texts list = {0};
  const hid_t opened = H5Gopen2(file->file, group, H5P_DEFAULT);
  if (opened < 0) return NULL;
  const herr_t done =
      H5Literate(opened, H5_INDEX_NAME, H5_ITER_INC, NULL, add_name, &list);
  H5Gclose(opened);
  if (done < 0) {
    free(list.bytes);
    return NULL;
  }
  *count = list.count;
  return list.bytes ? list.bytes : calloc(1, 1);
}

/* Errors: not numbers, no simple shape, too large. */
static float *read_floats(hid_t set, hid_t type, hid_t space, uint64_t shape[8],
                          uint32_t *rank) {
  const H5T_class_t kind = H5Tget_class(type);
  if (kind != H5T_FLOAT && kind != H5T_INTEGER) return NULL;
  const int found = H5Sget_simple_extent_ndims(space);
  if (found < 0 || found > 8) return NULL;
  hsize_t sizes[8] = {0};
  if (found > 0 && H5Sget_simple_extent_dims(space, sizes, NULL) < 0) return NULL;
  uint64_t elements = 1;
  for (int axis = 0; axis < found; axis++) {
    if (sizes[axis] > ELEMENTS_MOST || elements * sizes[axis] > ELEMENTS_MOST) return NULL;
    elements *= sizes[axis];
    shape[axis] = sizes[axis];
  }
  float *floats = malloc((elements ? elements : 1) * sizeof *floats);
  if (!floats) return NULL;
  if (H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, floats) < 0) {
    free(floats);
    return NULL;
  }
  *rank = (uint32_t)found;
  return floats;
}

float *mtl_h5_floats(const mtl_h5 *file, const char *path, uint64_t shape[8],
                     uint32_t *rank) {
  const hid_t set = H5Dopen2(file->file, path, H5P_DEFAULT);
  if (set < 0) return NULL;
  const hid_t type = H5Dget_type(set), space = H5Dget_space(set);
  float *floats = NULL;
  if (type >= 0 && space >= 0) floats = read_floats(set, type, space, shape, rank);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  H5Dclose(set);
  return floats;
}
