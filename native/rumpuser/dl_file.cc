// The file behind a loaded object: its section table, which tells of link sets and of the full symbol table.
//
// A file may have been replaced since it was loaded. It counts as the same when its program headers and its
// build id are those in memory; otherwise its sections would describe another program.
//
// NetBSD: lib/librumpuser/rumpuser_dl.c; ELF gABI; elf(5).
#if __has_include(<link.h>)
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "dl_object.h"

namespace rumpuser {

namespace {

// More than any real object has; a table that claims more is damaged.
constexpr size_t kSectionsMax = 1 << 20;
constexpr uint64_t kSectionSizeMax = uint64_t{1} << 31;

} // namespace

ObjectFile::ObjectFile(const DlObject &object) : fd_(-1) {
  // A name without a slash has no file: the vdso.
  if (object.path.find('/') == std::string::npos)
    return;
  fd_ = open(object.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd_ == -1)
    return;
  ElfW(Ehdr) header;
  if (!read_at(0, &header, sizeof(header)) || !same_image(object, header) || !load_sections(header))
    sections_.clear();
}

ObjectFile::~ObjectFile() {
  if (fd_ != -1)
    close(fd_);
}

bool ObjectFile::read_at(uint64_t offset, void *bytes, size_t size) const {
  char *to = static_cast<char *>(bytes);
  while (size != 0) {
    ssize_t got = pread(fd_, to, size, static_cast<off_t>(offset));
    if (got == -1 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    to += got;
    offset += static_cast<uint64_t>(got);
    size -= static_cast<size_t>(got);
  }
  return true;
}

bool ObjectFile::same_image(const DlObject &object, const ElfW(Ehdr) & header) const {
  if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(ElfW(Phdr)) ||
      header.e_phnum != object.phdr.size())
    return false;
  std::vector<ElfW(Phdr)> phdr(header.e_phnum);
  if (!read_at(header.e_phoff, phdr.data(), phdr.size() * sizeof(phdr[0])) ||
      memcmp(phdr.data(), object.phdr.data(), phdr.size() * sizeof(phdr[0])) != 0)
    return false;
  for (const ElfW(Phdr) & segment : phdr) {
    uintptr_t note = object.base + segment.p_vaddr;
    if (segment.p_type != PT_NOTE || !object.holds(note, segment.p_filesz))
      continue;
    std::vector<char> inFile(segment.p_filesz);
    if (!read_at(segment.p_offset, inFile.data(), inFile.size()) ||
        memcmp(inFile.data(), reinterpret_cast<const void *>(note), inFile.size()) != 0)
      return false;
  }
  return true;
}

bool ObjectFile::load_sections(const ElfW(Ehdr) & header) {
  if (header.e_shoff == 0 || header.e_shentsize != sizeof(ElfW(Shdr)))
    return false;
  // Counts too large for the header's 16 bits are in section 0.
  ElfW(Shdr) zero;
  if (!read_at(header.e_shoff, &zero, sizeof(zero)))
    return false;
  size_t count = header.e_shnum != 0 ? header.e_shnum : zero.sh_size;
  size_t names = header.e_shstrndx != SHN_XINDEX ? header.e_shstrndx : zero.sh_link;
  if (count == 0 || count > kSectionsMax || names >= count)
    return false;
  std::vector<ElfW(Shdr)> table(count);
  if (!read_at(header.e_shoff, table.data(), count * sizeof(table[0])))
    return false;
  for (const ElfW(Shdr) & section : table) {
    sections_.push_back(
        {section.sh_addr, section.sh_offset, section.sh_size, section.sh_type, section.sh_link});
    nameOffsets_.push_back(section.sh_name);
  }
  return read(sections_[names], &names_);
}

const Section *ObjectFile::find_by_name(const char *name) const {
  size_t size = strlen(name) + 1;
  for (size_t i = 0; i < sections_.size(); i++)
    if (nameOffsets_[i] < names_.size() && size <= names_.size() - nameOffsets_[i] &&
        memcmp(&names_[nameOffsets_[i]], name, size) == 0)
      return &sections_[i];
  return nullptr;
}

const Section *ObjectFile::find_by_type(uint32_t type) const {
  for (const Section &section : sections_)
    if (section.type == type)
      return &section;
  return nullptr;
}

bool ObjectFile::read(const Section &section, std::vector<char> *bytes) const {
  if (section.type == SHT_NOBITS || section.size > kSectionSizeMax)
    return false;
  bytes->resize(section.size);
  return section.size == 0 || read_at(section.offset, bytes->data(), bytes->size());
}

} // namespace rumpuser
#endif
