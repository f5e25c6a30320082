// A loaded ELF object as its program headers describe it, and what can be read from its memory and its file.
#ifndef RUMPUSER_DL_OBJECT_H
#define RUMPUSER_DL_OBJECT_H

#include <cstddef>
#include <cstdint>
#include <elf.h>
#include <link.h>
#include <string>
#include <vector>

namespace rumpuser {

struct DlObject {
  std::string path;
  uintptr_t base;
  std::vector<ElfW(Phdr)> phdr;

  // True when [address, address + size) lies in one of the object's readable segments.
  bool holds(uintptr_t address, size_t size) const;
  // The address itself, or counted from the base when only that lies in the object: loaders differ in whether
  // they relocate the dynamic section. 0 when neither does.
  uintptr_t resolve(uintptr_t address, size_t size) const;
};

// How often the loader has added and removed objects: while neither changes, neither does the list.
struct Generation {
  unsigned long long adds = 0, subs = 0;
  bool operator==(const Generation &other) const { return adds == other.adds && subs == other.subs; }
};

Generation generation();

// Everything loaded, the calling program first.
std::vector<DlObject> loaded_objects();

// Keeps an object from being unmapped while it is read.
class Held {
public:
  explicit Held(const DlObject &object);
  ~Held();
  Held(const Held &) = delete;
  Held &operator=(const Held &) = delete;
  // For good: the kernel keeps pointers into the object.
  void keep() { handle_ = nullptr; }

private:
  void *handle_;
};

// The symbols that the dynamic section leads to. Pointers into the object's memory.
struct DynamicSymbols {
  const ElfW(Sym) *symtab = nullptr;
  size_t count = 0;
  const char *strtab = nullptr;
  size_t strsize = 0;

  // The name of a symbol, or "" when it lies outside the string table.
  const char *name(const ElfW(Sym) & symbol) const;
};

// False when the object has no (sane) dynamic symbol table.
bool read_dynamic_symbols(const DlObject &object, DynamicSymbols *symbols);

// A defined symbol that stands for an address of the object: no file names, sections, thread-local offsets.
bool is_address(const ElfW(Sym) & symbol);

struct Section {
  uintptr_t address;
  uint64_t offset;
  uint64_t size;
  uint32_t type;
  uint32_t link;
};

// The file an object was loaded from, when it can be read and still is the same.
class ObjectFile {
public:
  explicit ObjectFile(const DlObject &object);
  ~ObjectFile();
  ObjectFile(const ObjectFile &) = delete;
  ObjectFile &operator=(const ObjectFile &) = delete;

  bool matches() const { return !sections_.empty(); }
  const Section *find_by_name(const char *name) const;
  const Section *find_by_type(uint32_t type) const;
  const Section *at(uint32_t index) const { return index < sections_.size() ? &sections_[index] : nullptr; }
  bool read(const Section &section, std::vector<char> *bytes) const;

private:
  bool read_at(uint64_t offset, void *bytes, size_t size) const;
  bool same_image(const DlObject &object, const ElfW(Ehdr) & header) const;
  bool load_sections(const ElfW(Ehdr) & header);

  int fd_;
  std::vector<Section> sections_;
  std::vector<uint32_t> nameOffsets_;
  std::vector<char> names_;
};

} // namespace rumpuser

#endif
