// Waiting on Linux: futexes with absolute monotonic deadlines, and membarrier.
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"
#include "wait.h"

namespace rumpuser {

static_assert(sizeof(Word) == sizeof(int32_t), "a futex is a bare 32-bit word");

void platform_wait(Word &word, int32_t value, int64_t deadline) {
  struct timespec at;
  at.tv_sec = static_cast<time_t>(deadline / 1'000'000'000);
  at.tv_nsec = static_cast<long>(deadline % 1'000'000'000);
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, value, deadline == RUMPUSER_FOREVER ? nullptr : &at,
          nullptr, FUTEX_BITSET_MATCH_ANY);
}

void platform_wake(Word &word, int count) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

#if defined(__SANITIZE_THREAD__)
// The sanitizer knows atomics but not membarrier.
bool platform_has_barrier() {
  return false;
}
bool platform_barrier() {
  return false;
}
#else
bool platform_has_barrier() {
  constexpr long wanted = MEMBARRIER_CMD_PRIVATE_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
  const long known = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
  return known >= 0 && (known & wanted) == wanted;
}

bool platform_barrier() {
  // Registering takes the kernel milliseconds when there are threads: not before somebody needs it.
  static const bool registered =
      syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  return registered && syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
}
#endif

} // namespace rumpuser
