// Loaded objects: this program, its libraries and the vdso are described without harm; a module that is
// loaded later brings its link sets, and its symbols lead to its code. Argument: the path of host_module.
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <fstream>
#include <set>
#include <string>
#include <unistd.h>
#include <vector>

#include "../rumpuser/internal.h"
#include "host_check.h"

namespace {

struct Object {
  std::string path;
  uint64_t base;
  std::vector<const void *> modules, components;
};

void collect(void *arg, const struct rumpuser_dlobject *object) {
  // Parentheses: braces would make a list of the two pointers.
  std::vector<const void *> modules(object->modules, object->modules + object->nmodules);
  std::vector<const void *> components(object->components, object->components + object->ncomponents);
  static_cast<std::vector<Object> *>(arg)->push_back({object->path, object->base, modules, components});
}

struct Symbols {
  std::vector<Elf64_Sym> table;
  std::string strings;

  uint64_t value(const char *name) const {
    for (const Elf64_Sym &symbol : table)
      if (strcmp(strings.c_str() + symbol.st_name, name) == 0)
        return symbol.st_value;
    return 0;
  }
};

Symbols symbols_of(const Object &object) {
  Symbols symbols;
  CHECK(rumpuser_dl_symbols(
            object.base,
            [](void *arg, const void *symtab, size_t symsize, const char *strtab, size_t strsize) {
              auto *to = static_cast<Symbols *>(arg);
              to->table.resize(symsize / sizeof(Elf64_Sym));
              if (symsize != 0)
                memcpy(to->table.data(), symtab, symsize);
              to->strings.assign(strtab, strsize);
            },
            &symbols) == 0);
  return symbols;
}

void describes_this_process() {
  std::vector<Object> objects;
  CHECK(rumpuser_dl_bootstrap(collect, &objects) == 0);
  CHECK(objects.size() >= 3);
  bool foundSelf = false, foundLibc = false;
  for (const Object &object : objects) {
    Symbols symbols = symbols_of(object);
    if (uint64_t address = symbols.value("main")) {
      foundSelf = true;
      CHECK(address > object.base);
    }
    if (object.path.find("/libc.so") != std::string::npos) {
      foundLibc = true;
      CHECK(symbols.value("getppid") == reinterpret_cast<uint64_t>(dlsym(RTLD_NEXT, "getppid")));
    }
  }
  CHECK(foundSelf && foundLibc);
}

void check_module(const std::vector<Object> &brought) {
  CHECK(brought.size() == 1);
  const Object &object = brought[0];
  CHECK(object.modules.size() == 2 && object.components.size() == 1);
  // In the order that the compiler liked.
  std::set<std::string> names;
  for (const void *module : object.modules)
    names.insert(*static_cast<const char *const *>(module));
  CHECK(names == std::set<std::string>({"first", "second"}));
  CHECK(*static_cast<const int *>(object.components[0]) == 42);
  Symbols symbols = symbols_of(object);
  auto answer = reinterpret_cast<int (*)()>(symbols.value("host_module_answer"));
  CHECK(answer != nullptr && answer() == 42);
}

void loads_a_module(const char *path) {
  std::vector<Object> brought;
  CHECK(rumpuser_dlopen(path, collect, &brought) == 0);
  check_module(brought);
  CHECK(symbols_of(brought[0]).value("host_module_private") != 0);
  // A second time nothing is new, and the object itself is still described.
  brought.clear();
  CHECK(rumpuser_dlopen(path, collect, &brought) == 0);
  check_module(brought);
}

// Without section headers the dynamic symbols are what there is; link sets then need their two symbols.
void survives_a_damaged_file(const char *path, const TemporaryDirectory &dir) {
  std::string copy = dir / "damaged.so";
  std::ifstream in(path, std::ios::binary);
  std::ofstream out(copy, std::ios::binary);
  out << in.rdbuf();
  out.close();
  std::vector<Object> brought;
  CHECK(rumpuser_dlopen(copy.c_str(), collect, &brought) == 0);
  check_module(brought);
  // Another file takes the name: what it says of sections is not about what is loaded.
  CHECK(unlink(copy.c_str()) == 0);
  std::ofstream(copy) << "not an object";
  Symbols symbols = symbols_of(brought[0]);
  CHECK(symbols.value("host_module_answer") != 0 && symbols.value("host_module_private") == 0);
}

void refuses(const TemporaryDirectory &dir) {
  std::vector<Object> brought;
  CHECK(rumpuser_dlopen((dir / "missing.so").c_str(), collect, &brought) == rumpuser::kEnoent);
  std::string text = dir / "text.so";
  std::ofstream(text) << "not an object";
  CHECK(rumpuser_dlopen(text.c_str(), collect, &brought) == rumpuser::kEnoexec);
  CHECK(rumpuser_dl_symbols(
            1, [](void *, const void *, size_t, const char *, size_t) {}, nullptr) == rumpuser::kEnoent);
  CHECK(brought.empty());
}

} // namespace

int main(int argc, char **argv) {
  CHECK(argc == 2);
  TemporaryDirectory dir;
  describes_this_process();
  loads_a_module(argv[1]);
  survives_a_damaged_file(argv[1], dir);
  refuses(dir);
}
