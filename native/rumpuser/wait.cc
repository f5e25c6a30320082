#include "wait.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "internal.h"

namespace rumpuser {

int wait_on(Word &word, int32_t value, int64_t deadline) {
  for (;;) {
    if (word.load() != value)
      return 0;
    const int64_t now = rumpuser_monotonic();
    if (now >= deadline)
      return kEtimedout;
    if (!interruptible()) {
      platform_wait(word, value, deadline);
      return word.load() == value && rumpuser_monotonic() >= deadline ? kEtimedout : 0;
    }
    if (interrupted())
      return kEintr;
    const int64_t slice = now + kSliceNs;
    platform_wait(word, value, std::min(deadline, slice));
    // A wake-up before the slice is over may be ours although the word still looks the same.
    if (word.load() != value || rumpuser_monotonic() < std::min(deadline, slice))
      return 0;
  }
}

void wake_one(Word &word) {
  platform_wake(word, 1);
}

void wake_all(Word &word) {
  platform_wake(word, INT32_MAX);
}

const bool kHasBarrier = platform_has_barrier();

void fence_arriving() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (kHasBarrier && !platform_barrier()) {
    // The host said that it can. Without it a wake-up could be lost for good.
    fprintf(stderr, "rumpuser: membarrier failed\n");
    abort();
  }
}

bool leaving_needs_no_fence() {
#if defined(__x86_64__)
  // Stores are seen in program order there, so a plain store also publishes what was written before it.
  return kHasBarrier;
#else
  return false;
#endif
}

} // namespace rumpuser
