// Memory: alignment, limits, zeroed pages.
#include <cstring>

#include "../rumpuser/internal.h"
#include "host_check.h"

// A sanitizer's allocator is to answer a request that cannot be met, as the host's does.
extern "C" const char *__asan_default_options() {
  return "allocator_may_return_null=1";
}
extern "C" const char *__tsan_default_options() {
  return "allocator_may_return_null=1";
}

int main() {
  void *mem = nullptr;
  for (int alignment : {0, 1, 2, 8, 16, 64, 4096, 1 << 20}) {
    CHECK(rumpuser_malloc(100, alignment, &mem) == 0);
    CHECK(alignment == 0 || reinterpret_cast<uintptr_t>(mem) % alignment == 0);
    memset(mem, 0xa5, 100);
    rumpuser_free(mem, 100);
  }
  CHECK(rumpuser_malloc(100, 3, &mem) == rumpuser::kEinval);
  CHECK(rumpuser_malloc(100, -16, &mem) == rumpuser::kEinval);
  CHECK(rumpuser_malloc(0, 16, &mem) == rumpuser::kEinval);
  CHECK(rumpuser_malloc(SIZE_MAX / 4, 4096, &mem) == rumpuser::kEnomem);

  for (int alignbit : {0, 12, 16, 21}) {
    CHECK(rumpuser_anonmmap(nullptr, 10000, alignbit, 0, &mem) == 0);
    CHECK(reinterpret_cast<uintptr_t>(mem) % (size_t{1} << alignbit) == 0);
    char *bytes = static_cast<char *>(mem);
    for (int i = 0; i < 12288; i++)
      CHECK(bytes[i] == 0);
    memset(mem, 0xa5, 10000);
    rumpuser_unmap(mem, 10000);
  }
  CHECK(rumpuser_anonmmap(nullptr, 0, 0, 0, &mem) == rumpuser::kEinval);
  CHECK(rumpuser_anonmmap(nullptr, 4096, 60, 0, &mem) == rumpuser::kEinval);
  CHECK(rumpuser_anonmmap(nullptr, 4096, -1, 0, &mem) == rumpuser::kEinval);
  CHECK(rumpuser_anonmmap(nullptr, SIZE_MAX, 12, 0, &mem) == rumpuser::kEnomem);
  CHECK(rumpuser_anonmmap(nullptr, SIZE_MAX / 4, 12, 0, &mem) == rumpuser::kEnomem);
}
