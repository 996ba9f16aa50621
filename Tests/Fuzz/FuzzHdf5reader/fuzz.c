/* What reads HDF5 files, in this process: the HDF5 library makes a file as the fuzzer's bytes say,
 * and the reader must tell what was put in. Files that the library could not have made are for the
 * target hdf5, whose child processes may die of them. Build and run it with tools/fuzz. */
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

#include "hdf5_reader.h"

enum { OBJECTS_MOST = 6, TEXTS_MOST = 5, TEXT_MOST = 40, ELEMENTS_MOST = 1 << 12 };

/* The fuzzer's bytes, zeros behind their end. */
struct script {
  const uint8_t *next, *end;
};

static unsigned byte(struct script *s) { return s->next < s->end ? *s->next++ : 0; }

static void must(int holds) {
  if (!holds) abort();
}

/* MARK: What is put in */

/* An attribute with texts, as the reader is to give them: each ended by a zero. */
struct words {
  char text[TEXTS_MOST * (TEXT_MOST + 1)];
  size_t count, length;
};

struct object {
  char name[8];
  int is_group, has_words, has_floats;
  struct words words;
  unsigned rank;
  hsize_t shape[8];
  float floats[ELEMENTS_MOST];
};

static hid_t text_type(struct script *s, int is_variable, size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, is_variable ? H5T_VARIABLE : size);
  static const H5T_str_t padding[] = {H5T_STR_NULLTERM, H5T_STR_NULLPAD, H5T_STR_SPACEPAD};
  H5Tset_strpad(type, padding[byte(s) % 3]);
  H5Tset_cset(type, byte(s) & 1 ? H5T_CSET_UTF8 : H5T_CSET_ASCII);
  return type;
}

/* Texts of variable or of fixed length, in an attribute "words"; a list of one may be a scalar. */
static void put_words(struct script *s, hid_t object, struct object *made) {
  struct words *words = &made->words;
  const int is_variable = byte(s) & 1;
  const size_t size = 1 + byte(s) % TEXT_MOST;
  words->count = byte(s) % (TEXTS_MOST + 1);
  char fixed[TEXTS_MOST][TEXT_MOST] = {{0}};
  char *variable[TEXTS_MOST] = {0};
  char packed[TEXTS_MOST * TEXT_MOST];
  for (size_t i = 0; i < words->count; i++) {
    const size_t length = byte(s) % (size + 1);
    for (size_t c = 0; c < length && c < TEXT_MOST - 1; c++)
      fixed[i][c] = (char)(1 + byte(s) % 255);
    variable[i] = length || byte(s) & 1 ? fixed[i] : NULL;
    const size_t kept = is_variable ? strlen(fixed[i]) : strnlen(fixed[i], size);
    memcpy(packed + i * size, fixed[i], size);
    memcpy(words->text + words->length, fixed[i], kept);
    words->length += kept;
    words->text[words->length++] = 0;
  }
  const hsize_t count = words->count;
  const int is_scalar = count == 1 && byte(s) & 1;
  const hid_t space = is_scalar    ? H5Screate(H5S_SCALAR)
                      : count == 0 ? H5Screate(H5S_NULL)
                                   : H5Screate_simple(1, &count, NULL);
  const hid_t type = text_type(s, is_variable, size);
  const hid_t attribute = H5Acreate2(object, "words", type, space, H5P_DEFAULT, H5P_DEFAULT);
  if (attribute >= 0) {
    made->has_words =
        count == 0 || H5Awrite(attribute, type, is_variable ? (void *)variable : packed) >= 0;
    H5Aclose(attribute);
  }
  H5Tclose(type);
  H5Sclose(space);
}

/* A file type for floats; `is_number`: one that the reader takes. */
static hid_t number_type(struct script *s, int *is_number) {
  const hid_t types[] = {H5T_IEEE_F32LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_IEEE_F64BE,
                         H5T_STD_I8LE,   H5T_STD_I16BE,  H5T_STD_U32LE,  H5T_STD_I64BE,
                         H5T_STD_B8LE,   H5T_UNIX_D32LE, H5T_STD_REF_OBJ, H5T_C_S1};
  const unsigned choice = byte(s) % (sizeof types / sizeof types[0]);
  *is_number = choice < 8;
  return types[choice];
}

/* A data set: small, or so large that the reader must refuse it, of which nothing is stored. */
static void put_floats(struct script *s, hid_t parent, struct object *made) {
  int is_number;
  const hid_t type = number_type(s, &is_number);
  const unsigned rank = byte(s) % 11, is_huge = byte(s) % 16 == 0, is_chunked = byte(s) & 1;
  hsize_t shape[10] = {0}, chunk[10], elements = 1;
  for (unsigned axis = 0; axis < rank; axis++) {
    shape[axis] = is_huge ? 1 + ((hsize_t)byte(s) << (byte(s) % 40)) : byte(s) % 6;
    if (!is_huge && elements * shape[axis] > ELEMENTS_MOST) shape[axis] = 1;
    chunk[axis] = 1 + (shape[axis] > 2);
    if (elements < (hsize_t)1 << 40) elements *= shape[axis];
  }
  if (is_huge && elements <= (hsize_t)MTL_H5_FLOATS_MOST) return;
  const hid_t space = rank ? H5Screate_simple((int)rank, shape, NULL) : H5Screate(H5S_SCALAR);
  const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
  if (rank && (is_chunked || is_huge)) {
    H5Pset_chunk(layout, (int)rank, chunk);
    if (byte(s) & 1) H5Pset_deflate(layout, byte(s) % 10);
    if (byte(s) & 1) H5Pset_shuffle(layout);
    if (byte(s) & 1) H5Pset_fletcher32(layout);
  }
  const hid_t set =
      H5Dcreate2(parent, made->name, type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
  if (set >= 0 && !is_huge && is_number) {
    for (hsize_t i = 0; i < elements; i++) made->floats[i] = (float)(byte(s) & 127);
    made->has_floats =
        rank <= 8 && H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                              made->floats) >= 0;
    made->rank = rank;
    for (unsigned axis = 0; axis < rank && axis < 8; axis++) made->shape[axis] = shape[axis];
  }
  if (set >= 0) {
    if (byte(s) & 1) put_words(s, set, made);
    H5Dclose(set);
  }
  H5Pclose(layout);
  H5Sclose(space);
}

static void put_object(struct script *s, hid_t file, struct object *made) {
  made->is_group = byte(s) & 1;
  if (!made->is_group) {
    put_floats(s, file, made);
    return;
  }
  const hid_t group = H5Gcreate2(file, made->name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  if (byte(s) & 1) put_words(s, group, made);
  if (byte(s) & 1) H5Lcreate_soft("/nowhere", group, "soft", H5P_DEFAULT, H5P_DEFAULT);
  if (byte(s) & 1) H5Lcreate_external("x.h5", "/", group, "away", H5P_DEFAULT, H5P_DEFAULT);
  H5Gclose(group);
}

/* The memory of the file that is made, which the library leaves to us when it closes the file. */
static struct {
  void *bytes;
  size_t size;
} made_file;

static void *file_malloc(size_t size, H5FD_file_image_op_t op, void *data) {
  (void)op, (void)data;
  return malloc(size);
}

static void *file_memcpy(void *to, const void *from, size_t size, H5FD_file_image_op_t op,
                         void *data) {
  (void)op, (void)data;
  return memcpy(to, from, size);
}

static void *file_realloc(void *bytes, size_t size, H5FD_file_image_op_t op, void *data) {
  (void)op, (void)data;
  made_file.size = size;
  return made_file.bytes = realloc(bytes, size);
}

static herr_t file_free(void *bytes, H5FD_file_image_op_t op, void *data) {
  (void)data;
  if (op != H5FD_FILE_IMAGE_OP_FILE_CLOSE) free(bytes);
  return 0;
}

static void make(struct script *s, struct object *objects, unsigned count) {
  H5FD_file_image_callbacks_t callbacks = {file_malloc, file_memcpy, file_realloc, file_free,
                                           NULL,        NULL,        NULL};
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_core(access, 1 << 14, false);
  H5Pset_file_image_callbacks(access, &callbacks);
  if (byte(s) & 1) H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  const hid_t file = H5Fcreate("made", H5F_ACC_TRUNC, H5P_DEFAULT, access);
  H5Pclose(access);
  for (unsigned i = 0; i < count; i++) put_object(s, file, &objects[i]);
  must(H5Fclose(file) >= 0);
}

/* MARK: What is read */

static void check_words(const struct object *made) {
  size_t count = 0, length = 0;
  char *texts = mtl_h5_reader_texts(made->name, "words", &count, &length);
  if (made->has_words) {
    must(texts && count == made->words.count && length == made->words.length);
    must(memcmp(texts, made->words.text, length) == 0);
  }
  free(texts);
}

static void check_floats(const struct object *made) {
  uint64_t shape[8] = {0};
  uint32_t rank = 0;
  float *floats = mtl_h5_reader_floats(made->name, shape, &rank);
  must(made->has_floats || !floats);
  if (made->has_floats) {
    must(floats && rank == made->rank);
    size_t elements = 1;
    for (unsigned axis = 0; axis < rank; axis++) {
      must(shape[axis] == made->shape[axis]);
      elements *= shape[axis];
    }
    for (size_t i = 0; i < elements; i++) must(floats[i] == made->floats[i]);
  }
  free(floats);
}

static void check(const struct object *objects, unsigned count) {
  size_t names = 0, length = 0;
  char *list = mtl_h5_reader_names("/", &names, &length);
  must(list != NULL && names <= count);
  free(list);
  for (unsigned i = 0; i < count; i++) {
    check_words(&objects[i]);
    check_floats(&objects[i]);
    list = mtl_h5_reader_names(objects[i].name, &names, &length);
    must(objects[i].is_group == (list != NULL));
    free(list);
  }
  must(!mtl_h5_reader_floats("none", (uint64_t[8]){0}, &(uint32_t){0}));
  must(!mtl_h5_reader_texts("/", "none", &names, &length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct object objects[OBJECTS_MOST];
  struct script script = {data, data + size};
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  memset(objects, 0, sizeof objects);
  const unsigned count = byte(&script) % (OBJECTS_MOST + 1);
  for (unsigned i = 0; i < count; i++) {
    memcpy(objects[i].name, "object", 6);
    objects[i].name[6] = (char)('a' + i);
  }
  make(&script, objects, count);
  must(mtl_h5_reader_open(made_file.bytes, made_file.size));
  check(objects, count);
  mtl_h5_reader_close();
  free(made_file.bytes);
  made_file.bytes = NULL;
  return 0;
}
