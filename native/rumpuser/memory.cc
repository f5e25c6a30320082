// Memory of the host for the kernel: blocks with an alignment, and zeroed pages.
//
// NetBSD: lib/librumpuser/rumpuser_mem.c, rumpuser(3).
#include <cerrno>
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

namespace {

constexpr int kAlignbitMax = 47;

size_t host_page() {
  static const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return page;
}

bool round_up(size_t size, size_t unit, size_t *rounded) {
  if (size > SIZE_MAX - (unit - 1))
    return false;
  *rounded = (size + unit - 1) & ~(unit - 1);
  return true;
}

} // namespace

int rumpuser_malloc(size_t len, int alignment, void **memp) {
  if (len == 0 || alignment < 0 || (alignment & (alignment - 1)) != 0)
    return rumpuser::kEinval;
  size_t align = static_cast<size_t>(alignment);
  if (align < sizeof(void *))
    align = sizeof(void *);
  void *mem = nullptr;
  if (int error = posix_memalign(&mem, align, len))
    return rumpuser__errno(error);
  *memp = mem;
  return 0;
}

void rumpuser_free(void *mem, size_t) {
  free(mem);
}

int rumpuser_anonmmap(void *prefaddr, size_t size, int alignbit, int exec, void **memp) {
  if (size == 0 || alignbit < 0 || alignbit > kAlignbitMax)
    return rumpuser::kEinval;
  size_t page = host_page();
  size_t align = size_t{1} << alignbit;
  if (align < page)
    align = page;
  // Pages come aligned to a page; for more, take too many and give back what sticks out.
  size_t wanted, taken;
  if (!round_up(size, page, &wanted) || !round_up(wanted, page, &taken) || taken > SIZE_MAX - (align - page))
    return rumpuser::kEnomem;
  taken += align - page;

  int prot = PROT_READ | PROT_WRITE | (exec ? PROT_EXEC : 0);
  void *raw = mmap(prefaddr, taken, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED)
    return rumpuser__errno(errno);
  uintptr_t start = reinterpret_cast<uintptr_t>(raw);
  uintptr_t aligned = (start + align - 1) & ~(align - 1);
  if (aligned != start)
    munmap(raw, aligned - start);
  uintptr_t end = start + taken, used = aligned + wanted;
  if (end != used)
    munmap(reinterpret_cast<void *>(used), end - used);
  *memp = reinterpret_cast<void *>(aligned);
  return 0;
}

void rumpuser_unmap(void *mem, size_t size) {
  size_t rounded;
  if (round_up(size, host_page(), &rounded))
    munmap(mem, rounded);
}
