#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dl_iterate_phdr */
#endif

#include "include/mtl_build_id.h"

#include <elf.h>
#include <link.h>
#include <string.h>

struct search {
  uintptr_t address;
  const uint8_t *id;
  size_t count;
};

static size_t padded(size_t count) { return (count + 3) & ~(size_t)3; }

/* Looks through the notes of one segment. */
static void find_in_notes(struct search *search, const uint8_t *notes, size_t left) {
  while (left >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    memcpy(&note, notes, sizeof note);
    const size_t name = padded(note.n_namesz), content = padded(note.n_descsz);
    if (name > left - sizeof note || content > left - sizeof note - name) return;
    const uint8_t *text = notes + sizeof note;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(text, "GNU", 4) == 0) {
      search->id = text + name;
      search->count = note.n_descsz;
      return;
    }
    notes += sizeof note + name + content;
    left -= sizeof note + name + content;
  }
}

static int visit(struct dl_phdr_info *object, size_t size, void *context) {
  (void)size;
  struct search *search = context;
  int is_here = 0;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
    is_here |= segment->p_type == PT_LOAD &&
               search->address - (object->dlpi_addr + segment->p_vaddr) < segment->p_memsz;
  }
  if (!is_here) return 0;
  for (int i = 0; i < object->dlpi_phnum && !search->id; i++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
    if (segment->p_type == PT_NOTE)
      find_in_notes(
          search, (const uint8_t *)(object->dlpi_addr + segment->p_vaddr), segment->p_memsz);
  }
  return 1;
}

const uint8_t *mtl_build_id(const void *address, size_t *count) {
  struct search search = {(uintptr_t)address, NULL, 0};
  dl_iterate_phdr(visit, &search);
  *count = search.count;
  return search.id;
}
