#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pread */
#endif

#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "include/CPlugins.h"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#endif

enum {
  SEGMENTS_MAX = 32,
  DYNAMIC_MAX = 1024, /* entries that are looked at */
  CHAIN_MAX = 1 << 16 /* symbols of one hash value that are looked at */
};

/* A shared object under examination. Every number in it may be wrong. */
struct object {
  int file;
  uint64_t size;
  Elf64_Phdr segment[SEGMENTS_MAX];
  unsigned segments;
  uint64_t symbols, names, gnu_hash, hash; /* addresses; 0: not there */
  const char *fault;
  /* What was read of the file: its beginning, where the tables are, and around a place near its
   * end, where the constant is. */
  struct window {
    uint64_t first, count;
    unsigned char bytes[4096];
  } window[2];
};

static int fails(struct object *object, const char *fault) {
  object->fault = fault;
  return -1;
}

/* Bytes of the file, all of them or none. */
static int read_bytes(struct object *object, uint64_t offset, void *target, size_t count) {
  if (offset > object->size || count > object->size - offset)
    return fails(object, "it does not load: the file is cut short");
  struct window *window = &object->window[offset + count > sizeof object->window->bytes];
  if (offset < window->first || offset + count > window->first + window->count) {
    if (count > sizeof window->bytes / 2) return fails(object, "it does not load: damaged");
    /* The pieces that are looked for lie together, in any order. */
    const uint64_t before = sizeof window->bytes / 2;
    window->first = offset < 2 * before ? 0 : offset - before;
    const ssize_t got =
        pread(object->file, window->bytes, sizeof window->bytes, (off_t)window->first);
    window->count = got > 0 ? (uint64_t)got : 0;
    if (offset + count > window->first + window->count)
      return fails(object, "it does not load: it cannot be read");
  }
  memcpy(target, window->bytes + (offset - window->first), count);
  return 0;
}

/* Where `address` lies in the file, and how many bytes of its segment the file has from there. */
static int find_address(
    struct object *object, uint64_t address, uint64_t *offset, uint64_t *left) {
  for (unsigned i = 0; i < object->segments; i++) {
    const Elf64_Phdr *segment = &object->segment[i];
    const uint64_t distance = address - segment->p_vaddr;
    if (segment->p_type != PT_LOAD || distance >= segment->p_filesz) continue;
    *offset = segment->p_offset + distance;
    *left = segment->p_filesz - distance;
    return 0;
  }
  return fails(object, "it does not load: an address in it leads nowhere");
}

static int read_memory(struct object *object, uint64_t address, void *target, size_t count) {
  uint64_t offset, left;
  if (find_address(object, address, &offset, &left) != 0) return -1;
  if (count > left) return fails(object, "it does not load: a table in it is cut short");
  return read_bytes(object, offset, target, count);
}

/* The header and the table of segments, which all have to lie within the file: touching a page of
 * a mapping beyond its file is SIGBUS. */
static int read_segments(struct object *object) {
  Elf64_Ehdr header;
  if (object->size < sizeof header || read_bytes(object, 0, &header, sizeof header) != 0 ||
      memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return fails(object, "it does not load: not a shared object (ELF)");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != MACHINE)
    return fails(object, "it does not load: a shared object for another kind of machine");
  if (header.e_type != ET_DYN || header.e_phentsize != sizeof(Elf64_Phdr) ||
      header.e_phnum == 0 || header.e_phnum > SEGMENTS_MAX)
    return fails(object, "it does not load: not a shared object (ELF)");
  object->segments = header.e_phnum;
  if (read_bytes(
          object, header.e_phoff, object->segment, header.e_phnum * sizeof(Elf64_Phdr)) != 0)
    return -1;
  for (unsigned i = 0; i < object->segments; i++) {
    const Elf64_Phdr *segment = &object->segment[i];
    if (segment->p_filesz > 0 && (segment->p_offset > object->size ||
                                  segment->p_filesz > object->size - segment->p_offset))
      return fails(object, "it does not load: the file is cut short");
  }
  return 0;
}

/* The addresses of the tables that the loader finds symbols by. */
static int read_dynamic(struct object *object) {
  const Elf64_Phdr *dynamic = NULL;
  for (unsigned i = 0; i < object->segments; i++)
    if (object->segment[i].p_type == PT_DYNAMIC) dynamic = &object->segment[i];
  if (!dynamic) return fails(object, "it does not load: it has no dynamic section");
  Elf64_Dyn entry[16];
  const uint64_t count = dynamic->p_filesz / sizeof *entry;
  for (uint64_t i = 0; i < count && i < DYNAMIC_MAX; i++) {
    const uint64_t chunk = count - i < 16 ? count - i : 16;
    if (i % 16 == 0 && read_bytes(
            object, dynamic->p_offset + i * sizeof *entry, entry, chunk * sizeof *entry) != 0)
      return -1;
    const Elf64_Dyn *this = &entry[i % 16];
    if (this->d_tag == DT_NULL) break;
    if (this->d_tag == DT_SYMTAB) object->symbols = this->d_un.d_ptr;
    if (this->d_tag == DT_STRTAB) object->names = this->d_un.d_ptr;
    if (this->d_tag == DT_GNU_HASH) object->gnu_hash = this->d_un.d_ptr;
    if (this->d_tag == DT_HASH) object->hash = this->d_un.d_ptr;
  }
  if (!object->symbols || !object->names || (!object->gnu_hash && !object->hash))
    return fails(object, "it does not load: it has no table of symbols");
  return 0;
}

/* 1: the symbol number `index` is the object `name`, defined here; 0: it is not. */
static int is_symbol(struct object *object, uint32_t index, const char *name, Elf64_Sym *symbol) {
  char found[64];
  const size_t count = strlen(name) + 1;
  if (read_memory(object, object->symbols + (uint64_t)index * sizeof *symbol, symbol,
                  sizeof *symbol) != 0)
    return -1;
  const int type = ELF64_ST_TYPE(symbol->st_info);
  if (symbol->st_shndx == SHN_UNDEF || (type != STT_OBJECT && type != STT_NOTYPE)) return 0;
  uint64_t offset, left;
  if (count > sizeof found ||
      find_address(object, object->names + symbol->st_name, &offset, &left) != 0)
    return -1;
  if (count > left) return 0;
  return read_bytes(object, offset, found, count) != 0 ? -1 : memcmp(found, name, count) == 0;
}

/* 1: found; 0: not there. The hash is that of the GNU tools, by which every such table is made. */
static int find_by_gnu_hash(struct object *object, const char *name, Elf64_Sym *symbol) {
  uint32_t header[4], hash = 5381, index, value; /* buckets, first symbol, words of the filter */
  for (const char *c = name; *c; c++) hash = hash * 33 + (unsigned char)*c;
  if (read_memory(object, object->gnu_hash, header, sizeof header) != 0) return -1;
  if (header[0] == 0) return 0;
  const uint64_t buckets = object->gnu_hash + sizeof header + (uint64_t)header[2] * 8;
  const uint64_t chains = buckets + (uint64_t)header[0] * 4;
  if (read_memory(object, buckets + (uint64_t)(hash % header[0]) * 4, &index, 4) != 0) return -1;
  if (index < header[1]) return 0;
  for (int i = 0; i < CHAIN_MAX; i++, index++) {
    if (read_memory(object, chains + (uint64_t)(index - header[1]) * 4, &value, 4) != 0) return -1;
    if ((value | 1) == (hash | 1)) {
      const int found = is_symbol(object, index, name, symbol);
      if (found != 0) return found;
    }
    if (value & 1) return 0; /* the last of its bucket */
  }
  return 0;
}

/* The same in the table of System V, which some linkers make alone. */
static int find_by_hash(struct object *object, const char *name, Elf64_Sym *symbol) {
  uint32_t header[2], hash = 0, index; /* buckets, symbols */
  for (const char *c = name; *c; c++) {
    hash = (hash << 4) + (unsigned char)*c;
    hash = (hash ^ (hash >> 24 & 0xF0)) & 0x0FFFFFFF;
  }
  if (read_memory(object, object->hash, header, sizeof header) != 0) return -1;
  if (header[0] == 0) return 0;
  uint64_t link = object->hash + sizeof header + (uint64_t)(hash % header[0]) * 4;
  for (int i = 0; i < CHAIN_MAX; i++) {
    if (read_memory(object, link, &index, 4) != 0) return -1;
    if (index == STN_UNDEF) return 0;
    const int found = is_symbol(object, index, name, symbol);
    if (found != 0) return found;
    link = object->hash + sizeof header + ((uint64_t)header[0] + index) * 4;
  }
  return 0;
}

static int read_constant(
    struct object *object, const char *name, void *constant, size_t capacity) {
  Elf64_Sym symbol;
  uint64_t offset, left;
  if (read_segments(object) != 0 || read_dynamic(object) != 0) return -1;
  const int found = object->gnu_hash ? find_by_gnu_hash(object, name, &symbol)
                                     : find_by_hash(object, name, &symbol);
  if (found < 0) return -1;
  if (!found) return fails(object, NULL);
  if (find_address(object, symbol.st_value, &offset, &left) != 0)
    return fails(object, "its constant is not in the file, but made while it is loaded");
  uint32_t head[2];
  if (left < sizeof head || read_bytes(object, offset, head, sizeof head) != 0)
    return fails(object, "its constant is cut short");
  size_t size = head[1] > sizeof head ? head[1] : sizeof head;
  if (size > capacity) size = capacity;
  return read_bytes(object, offset, constant, size < left ? size : (size_t)left);
}

int mtl_elf_constant(
    int file, uint64_t size, const char *symbol, void *constant, size_t capacity, char *reason,
    size_t reason_capacity) {
  memset(constant, 0, capacity);
  struct object *object = malloc(sizeof *object);
  if (!object) return -2;
  memset(object, 0, offsetof(struct object, window));
  object->file = file;
  object->size = size;
  object->window[0].count = object->window[1].count = 0;
  object->window[0].first = object->window[1].first = 0;
  const int result = read_constant(object, symbol, constant, capacity);
  if (result != 0 && object->fault)
    snprintf(reason, reason_capacity, "%s", object->fault);
  else if (result != 0)
    snprintf(reason, reason_capacity, "it has no %s: not a module of this kind", symbol);
  free(object);
  return result;
}
