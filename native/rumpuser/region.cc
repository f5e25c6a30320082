#include "region.h"

#include <cstdio>
#include <cstdlib>

#if defined(_WIN32)
#include <windows.h>
#else
#include <sys/mman.h>
#endif

namespace rumpuser {

void *region_reserve(size_t bytes) {
#if defined(_WIN32)
  void *memory = VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (memory != nullptr)
    return memory;
#else
  int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#if defined(MAP_NORESERVE)
  flags |= MAP_NORESERVE;
#endif
  void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (memory != MAP_FAILED)
    return memory;
#endif
  fprintf(stderr, "rumpuser: no room for %zu bytes of address space\n", bytes);
  abort();
}

} // namespace rumpuser
