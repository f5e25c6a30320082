// Sleeping on a word and waking those who sleep: all that differs between hosts about blocking.
//
// wait_futex.cc (Linux) and wait_portable.cc (everything else) provide the platform_ functions; wait.cc
// builds interruptible waits on them.
#ifndef RUMPUSER_WAIT_H
#define RUMPUSER_WAIT_H

#include <atomic>
#include <cstdint>

namespace rumpuser {

using Word = std::atomic<int32_t>;

// Sleeps while `word` is `value`. @returns 0 when woken or the word differs (look again: wake-ups may be
// spurious), ETIMEDOUT at `deadline` (monotonic nanoseconds), EINTR when this thread was told to end.
int wait_on(Word &word, int32_t value, int64_t deadline);
void wake_one(Word &word);
void wake_all(Word &word);

// The two sides of a Dekker handshake "I store, then look whether you are there". The leaving side runs on
// every mutex exit, so it costs nothing where the host can put a barrier into all running threads
// (membarrier); the arriving side, which is about to sleep anyway, then pays for both.
void fence_leaving();
void fence_arriving();
// Whether a plain store and a plain load are enough on the leaving side, in JavaScript too.
bool leaving_needs_no_fence();

void platform_wait(Word &word, int32_t value, int64_t deadline);
void platform_wake(Word &word, int count);
// Whether the host can put a barrier into all running threads; doing so.
bool platform_has_barrier();
bool platform_barrier();

// Set once, when the library is loaded.
extern const bool kHasBarrier;

inline void fence_leaving() {
  if (kHasBarrier) {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
}

} // namespace rumpuser

#endif
