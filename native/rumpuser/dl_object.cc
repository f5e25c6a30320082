// What is loaded in this process, and keeping it there.
//
// NetBSD: lib/librumpuser/rumpuser_dl.c; dl_iterate_phdr(3).
#if __has_include(<link.h>)
#include <dlfcn.h>
#include <unistd.h>

#include "dl_object.h"

namespace rumpuser {

namespace {

// The calling program is listed without a name.
std::string own_path() {
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : std::string();
}

} // namespace

Generation generation() {
  Generation now;
  dl_iterate_phdr(
      [](struct dl_phdr_info *info, size_t, void *arg) {
        *static_cast<Generation *>(arg) = {info->dlpi_adds, info->dlpi_subs};
        return 1;
      },
      &now);
  return now;
}

std::vector<DlObject> loaded_objects() {
  std::vector<DlObject> objects;
  dl_iterate_phdr(
      [](struct dl_phdr_info *info, size_t, void *arg) {
        auto *list = static_cast<std::vector<DlObject> *>(arg);
        list->push_back({info->dlpi_name, info->dlpi_addr,
                         std::vector<ElfW(Phdr)>(info->dlpi_phdr, info->dlpi_phdr + info->dlpi_phnum)});
        return 0;
      },
      &objects);
  if (!objects.empty() && objects[0].path.empty())
    objects[0].path = own_path();
  return objects;
}

Held::Held(const DlObject &object) {
  bool unloadable = object.path.find('/') != std::string::npos;
  handle_ = unloadable ? dlopen(object.path.c_str(), RTLD_LAZY | RTLD_NOLOAD) : nullptr;
}

Held::~Held() {
  if (handle_ != nullptr)
    dlclose(handle_);
}

} // namespace rumpuser
#endif
