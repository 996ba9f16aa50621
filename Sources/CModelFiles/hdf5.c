#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

#include "hdf5_reader.h"

static const uint64_t ELEMENTS_MOST = MTL_H5_FLOATS_MOST;
enum { TEXT_MOST = MTL_H5_TEXT_MOST, TEXTS_MOST = MTL_H5_TEXTS_MOST };

/* The library uses the caller's memory as it is: nothing is copied and nothing freed. */
static const void *image;

static void *image_malloc(size_t size, H5FD_file_image_op_t op, void *data) {
  (void)size, (void)op, (void)data;
  return (void *)(uintptr_t)image;
}

static void *image_memcpy(void *to, const void *from, size_t size, H5FD_file_image_op_t op,
                          void *data) {
  (void)size, (void)op, (void)data;
  return to == from ? to : NULL;
}

static void *image_realloc(void *bytes, size_t size, H5FD_file_image_op_t op, void *data) {
  (void)bytes, (void)size, (void)op, (void)data;
  return NULL;
}

static herr_t image_free(void *bytes, H5FD_file_image_op_t op, void *data) {
  (void)bytes, (void)op, (void)data;
  return 0;
}

static hid_t file = -1;

bool mtl_h5_reader_open(const void *bytes, size_t count) {
  /* Faults are told by what is missing; the library would print them. */
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  image = bytes;
  H5FD_file_image_callbacks_t callbacks = {image_malloc, image_memcpy, image_realloc, image_free,
                                           NULL,         NULL,         NULL};
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (access < 0) return false;
  if (H5Pset_fapl_core(access, 1 << 16, false) >= 0 &&
      H5Pset_file_image_callbacks(access, &callbacks) >= 0 &&
      H5Pset_file_image(access, (void *)(uintptr_t)bytes, count) >= 0)
    file = H5Fopen("model", H5F_ACC_RDONLY, access);
  H5Pclose(access);
  return file >= 0;
}

void mtl_h5_reader_close(void) {
  H5Fclose(file);
  file = -1;
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

char *mtl_h5_reader_texts(const char *object, const char *name, size_t *count, size_t *length) {
  struct texts list = {0};
  bool good = false;
  const hid_t attribute =
      H5Aopen_by_name(file, object, name, H5P_DEFAULT, H5P_DEFAULT);
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
  *length = list.length;
  return list.bytes ? list.bytes : calloc(1, 1);
}

static herr_t add_name(hid_t group, const char *name, const H5L_info_t *info, void *list) {
  (void)group, (void)info;
  return add(list, name, strlen(name)) ? 0 : -1;
}

char *mtl_h5_reader_names(const char *group, size_t *count, size_t *length) {
  struct texts list = {0};
  const hid_t opened = H5Gopen2(file, group, H5P_DEFAULT);
  if (opened < 0) return NULL;
  const herr_t done =
      H5Literate(opened, H5_INDEX_NAME, H5_ITER_INC, NULL, add_name, &list);
  H5Gclose(opened);
  if (done < 0) {
    free(list.bytes);
    return NULL;
  }
  *count = list.count;
  *length = list.length;
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

float *mtl_h5_reader_floats(const char *path, uint64_t shape[8], uint32_t *rank) {
  const hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
  if (set < 0) return NULL;
  const hid_t type = H5Dget_type(set), space = H5Dget_space(set);
  float *floats = NULL;
  if (type >= 0 && space >= 0) floats = read_floats(set, type, space, shape, rank);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  H5Dclose(set);
  return floats;
}
