// The dynamic symbol table of a loaded object, found without section headers, which need not be in memory.
//
// Nothing here trusts the object: every address is checked against its segments, so that a damaged or foreign
// object (the vdso is one) is passed over instead of crashing the host.
//
// NetBSD: lib/librumpuser/rumpuser_dl.c; ELF gABI; elf(5).
#if __has_include(<link.h>)
#include <algorithm>

#include "dl_object.h"

namespace rumpuser {

bool DlObject::holds(uintptr_t address, size_t size) const {
  for (const ElfW(Phdr) & segment : phdr) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_R) == 0)
      continue;
    uintptr_t start = base + segment.p_vaddr;
    if (address >= start && address - start <= segment.p_memsz && size <= segment.p_memsz - (address - start))
      return true;
  }
  return false;
}

uintptr_t DlObject::resolve(uintptr_t address, size_t size) const {
  if (holds(address, size))
    return address;
  return holds(base + address, size) ? base + address : 0;
}

const char *DynamicSymbols::name(const ElfW(Sym) & symbol) const {
  if (symbol.st_name >= strsize)
    return "";
  const char *name = strtab + symbol.st_name;
  return std::find(name, strtab + strsize, '\0') == strtab + strsize ? "" : name;
}

bool is_address(const ElfW(Sym) & symbol) {
  int type = symbol.st_info & 0xf;
  bool addressed = type == STT_NOTYPE || type == STT_OBJECT || type == STT_FUNC || type == STT_GNU_IFUNC;
  return addressed && symbol.st_shndx != SHN_UNDEF && symbol.st_shndx != SHN_ABS &&
         symbol.st_shndx != SHN_COMMON && symbol.st_name != 0;
}

namespace {

// DT_HASH says how many symbols there are: second word.
size_t count_by_hash(const DlObject &object, uintptr_t table) {
  uintptr_t hash = object.resolve(table, 2 * sizeof(uint32_t));
  return hash == 0 ? 0 : reinterpret_cast<const uint32_t *>(hash)[1];
}

// DT_GNU_HASH does not: the last symbol is the end of the chain that starts at the highest bucket.
size_t count_by_gnu_hash(const DlObject &object, uintptr_t table) {
  constexpr size_t kHeader = 4 * sizeof(uint32_t);
  uintptr_t address = object.resolve(table, kHeader);
  if (address == 0)
    return 0;
  const uint32_t *header = reinterpret_cast<const uint32_t *>(address);
  size_t bucketCount = header[0], first = header[1], bloomWords = header[2];
  uintptr_t buckets = address + kHeader + bloomWords * sizeof(ElfW(Addr));
  if (!object.holds(buckets, bucketCount * sizeof(uint32_t)))
    return 0;
  const uint32_t *bucket = reinterpret_cast<const uint32_t *>(buckets);
  size_t last = 0;
  for (size_t i = 0; i < bucketCount; i++)
    last = std::max<size_t>(last, bucket[i]);
  if (last < first)
    return first;
  const uint32_t *chain = bucket + bucketCount;
  for (;; last++) {
    const uint32_t *link = chain + (last - first);
    if (!object.holds(reinterpret_cast<uintptr_t>(link), sizeof(*link)))
      return 0;
    if (*link & 1)
      return last + 1;
  }
}

} // namespace

bool read_dynamic_symbols(const DlObject &object, DynamicSymbols *symbols) {
  uintptr_t dynamic = 0;
  size_t entries = 0;
  for (const ElfW(Phdr) & segment : object.phdr)
    if (segment.p_type == PT_DYNAMIC) {
      dynamic = object.base + segment.p_vaddr;
      entries = segment.p_memsz / sizeof(ElfW(Dyn));
    }
  if (dynamic == 0 || !object.holds(dynamic, entries * sizeof(ElfW(Dyn))))
    return false;

  uintptr_t symtab = 0, strtab = 0;
  size_t strsize = 0, count = 0, gnuCount = 0, entrySize = sizeof(ElfW(Sym));
  const ElfW(Dyn) *entry = reinterpret_cast<const ElfW(Dyn) *>(dynamic);
  for (size_t i = 0; i < entries && entry[i].d_tag != DT_NULL; i++) {
    uintptr_t value = entry[i].d_un.d_ptr;
    switch (entry[i].d_tag) {
    case DT_SYMTAB:
      symtab = value;
      break;
    case DT_STRTAB:
      strtab = value;
      break;
    case DT_STRSZ:
      strsize = value;
      break;
    case DT_SYMENT:
      entrySize = value;
      break;
    case DT_HASH:
      count = count_by_hash(object, value);
      break;
    case DT_GNU_HASH:
      gnuCount = count_by_gnu_hash(object, value);
      break;
    }
  }
  if (count == 0)
    count = gnuCount;
  if (symtab == 0 || strtab == 0 || strsize == 0 || count == 0 || entrySize != sizeof(ElfW(Sym)))
    return false;
  symtab = object.resolve(symtab, count * sizeof(ElfW(Sym)));
  strtab = object.resolve(strtab, strsize);
  if (symtab == 0 || strtab == 0)
    return false;
  symbols->symtab = reinterpret_cast<const ElfW(Sym) *>(symtab);
  symbols->count = count;
  symbols->strtab = reinterpret_cast<const char *>(strtab);
  symbols->strsize = strsize;
  return true;
}

} // namespace rumpuser
#endif
