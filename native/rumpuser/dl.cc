// The ELF objects loaded in this process: what modules they bring, and their symbols.
//
// Objects are first listed and then visited, each held by a reference, because the loader's lock is held
// while it lists and a visitor may load more.
//
// NetBSD: lib/librumpuser/rumpuser_dl.c, rumpuser(3); dl_iterate_phdr(3).
#include "internal.h"

#if __has_include(<link.h>)
#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <memory>
#include <mutex>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

#include "dl_object.h"

namespace rumpuser {

namespace {

struct LinkSet {
  const void *const *entries = nullptr;
  size_t count = 0;
};

LinkSet make_link_set(const DlObject &object, uintptr_t start, uintptr_t end) {
  if (start == 0 || end <= start || !object.holds(start, end - start))
    return {};
  return {reinterpret_cast<const void *const *>(start), (end - start) / sizeof(void *)};
}

// A link set is a section, so the file knows. A stripped or vanished file leaves the two symbols that the
// linker makes for code that walks the section itself.
LinkSet find_link_set(const DlObject &object, const ObjectFile &file, const char *name) {
  if (file.matches()) {
    const Section *section = file.find_by_name(name);
    if (section == nullptr)
      return {};
    return make_link_set(object, object.base + section->address,
                         object.base + section->address + section->size);
  }
  DynamicSymbols symbols;
  if (!read_dynamic_symbols(object, &symbols))
    return {};
  uintptr_t start = 0, end = 0;
  const std::string startName = std::string("__start_") + name, endName = std::string("__stop_") + name;
  for (size_t i = 0; i < symbols.count; i++) {
    if (!is_address(symbols.symtab[i]))
      continue;
    const char *symbol = symbols.name(symbols.symtab[i]);
    if (startName == symbol)
      start = object.base + symbols.symtab[i].st_value;
    else if (endName == symbol)
      end = object.base + symbols.symtab[i].st_value;
  }
  return make_link_set(object, start, end);
}

struct Description {
  std::string path;
  uint64_t base;
  LinkSet modules, components;

  void tell(rumpuser_dlobject_fn each, void *arg) const {
    struct rumpuser_dlobject object = {
        path.c_str(), base, modules.entries, modules.count, components.entries, components.count};
    each(arg, &object);
  }
};

Description describe(const DlObject &object) {
  Held held(object);
  ObjectFile file(object);
  Description description = {object.path, object.base, find_link_set(object, file, "link_set_modules"),
                             find_link_set(object, file, "link_set_rump_components")};
  if (description.modules.count != 0 || description.components.count != 0)
    held.keep();
  return description;
}

using Descriptions = std::vector<Description>;

// Descriptions of everything loaded. They are kept for the next kernel of this process: reading the files of
// ten objects takes longer than booting does.
std::shared_ptr<const Descriptions> describe_all() {
  static std::mutex *const mutex = new std::mutex;
  static std::shared_ptr<const Descriptions> *const kept = new std::shared_ptr<const Descriptions>;
  static Generation kept_generation;

  const Generation now = generation();
  {
    std::lock_guard<std::mutex> guard(*mutex);
    if (*kept != nullptr && kept_generation == now)
      return *kept;
  }
  auto fresh = std::make_shared<Descriptions>();
  for (const DlObject &object : loaded_objects())
    fresh->push_back(describe(object));
  std::lock_guard<std::mutex> guard(*mutex);
  *kept = fresh;
  kept_generation = now;
  return fresh;
}

// The hypercalls become visible to objects that are loaded from now on: the library may itself be part of an
// object whose symbols are private, such as a Node addon. It also stays for good, since its threads do.
void publish_hypercalls() {
  Dl_info self;
  if (dladdr(reinterpret_cast<void *>(&rumpuser_init), &self) != 0)
    dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_GLOBAL | RTLD_NODELETE);
}

void append(const DlObject &object, const ElfW(Sym) & symbol, std::vector<Elf64_Sym> *table) {
  if (!is_address(symbol))
    return;
  Elf64_Sym absolute;
  absolute.st_name = symbol.st_name;
  absolute.st_info = symbol.st_info;
  absolute.st_other = symbol.st_other;
  absolute.st_shndx = symbol.st_shndx;
  absolute.st_value = object.base + symbol.st_value;
  absolute.st_size = symbol.st_size;
  table->push_back(absolute);
}

// The file's own symbol table knows static functions too.
bool load_file_symbols(const DlObject &object, rumpuser_symload_fn load, void *arg) {
  ObjectFile file(object);
  if (!file.matches())
    return false;
  const Section *symtab = file.find_by_type(SHT_SYMTAB);
  const Section *strtab = symtab == nullptr ? nullptr : file.at(symtab->link);
  std::vector<char> records, strings;
  if (strtab == nullptr || !file.read(*symtab, &records) || !file.read(*strtab, &strings) ||
      strings.empty() || strings.back() != '\0')
    return false;
  std::vector<Elf64_Sym> table;
  for (size_t at = 0; at + sizeof(ElfW(Sym)) <= records.size(); at += sizeof(ElfW(Sym))) {
    ElfW(Sym) symbol;
    memcpy(&symbol, &records[at], sizeof(symbol));
    if (symbol.st_name < strings.size())
      append(object, symbol, &table);
  }
  load(arg, table.data(), table.size() * sizeof(table[0]), strings.data(), strings.size());
  return true;
}

void load_dynamic_symbols(const DlObject &object, rumpuser_symload_fn load, void *arg) {
  DynamicSymbols symbols;
  std::vector<Elf64_Sym> table;
  if (read_dynamic_symbols(object, &symbols))
    for (size_t i = 0; i < symbols.count; i++)
      if (*symbols.name(symbols.symtab[i]) != '\0')
        append(object, symbols.symtab[i], &table);
  load(arg, table.data(), table.size() * sizeof(table[0]), symbols.strtab, symbols.strsize);
}

// One at a time, so that what was there before tells exactly what one call brought. Recursive because an
// object's constructor may load another.
std::recursive_mutex &load_mutex() {
  static std::recursive_mutex *mutex = new std::recursive_mutex;
  return *mutex;
}

// Bases of what was loaded here. Objects stay, so a base is never somebody else's later.
std::set<uint64_t> &opened() {
  static std::set<uint64_t> *const bases = new std::set<uint64_t>;
  return *bases;
}

std::vector<DlObject> load_and_compare(const char *path, int *error) {
  std::lock_guard<std::recursive_mutex> guard(load_mutex());
  std::vector<DlObject> before = loaded_objects();
  void *handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  struct link_map *map = nullptr;
  if (handle == nullptr || dlinfo(handle, RTLD_DI_LINKMAP, &map) == -1) {
    *error = kEnoexec;
    return {};
  }
  std::vector<DlObject> brought;
  for (DlObject &object : loaded_objects()) {
    bool known = false;
    for (const DlObject &old : before)
      known = known || (old.base == object.base && old.path == object.path);
    if (!known)
      opened().insert(object.base);
    if (!known || object.base == map->l_addr)
      brought.push_back(std::move(object));
  }
  return brought;
}

} // namespace

bool dl_opened(uint64_t base) {
  std::lock_guard<std::recursive_mutex> guard(load_mutex());
  return opened().count(base) != 0;
}

} // namespace rumpuser

int rumpuser_dl_bootstrap(rumpuser_dlobject_fn each, void *arg) {
  rumpuser::publish_hypercalls();
  const std::shared_ptr<const rumpuser::Descriptions> all = rumpuser::describe_all();
  for (const rumpuser::Description &description : *all)
    description.tell(each, arg);
  return 0;
}

int rumpuser_dlopen(const char *path, rumpuser_dlobject_fn each, void *arg) {
  struct stat sb;
  if (stat(path, &sb) == -1)
    return rumpuser__errno(errno);
  // Without a slash the loader would search its own directories instead of opening this file.
  std::string named = strchr(path, '/') == nullptr ? std::string("./") + path : std::string(path);
  rumpuser::publish_hypercalls();
  int error = 0;
  for (const rumpuser::DlObject &object : rumpuser::load_and_compare(named.c_str(), &error))
    rumpuser::describe(object).tell(each, arg);
  return error;
}

int rumpuser_dl_symbols(uint64_t base, rumpuser_symload_fn load, void *arg) {
  for (const rumpuser::DlObject &object : rumpuser::loaded_objects()) {
    if (object.base != base)
      continue;
    rumpuser::Held held(object);
    if (!rumpuser::load_file_symbols(object, load, arg))
      rumpuser::load_dynamic_symbols(object, load, arg);
    return 0;
  }
  return rumpuser::kEnoent;
}

#else // No ELF on this host: nothing is ever found, and nothing can be loaded.

bool rumpuser::dl_opened(uint64_t) {
  return false;
}

int rumpuser_dl_bootstrap(rumpuser_dlobject_fn, void *) {
  return 0;
}

int rumpuser_dlopen(const char *, rumpuser_dlobject_fn, void *) {
  return rumpuser::kEopnotsupp;
}

int rumpuser_dl_symbols(uint64_t, rumpuser_symload_fn, void *) {
  return rumpuser::kEopnotsupp;
}

#endif
