// Waiting anywhere: a parking lot of standard mutexes and condition variables, hashed by the word's address.
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "internal.h"
#include "wait.h"

namespace rumpuser {
namespace {

struct Lot {
  std::mutex mutex;
  std::condition_variable changed;
  size_t parked = 0;
};

constexpr size_t kLots = 64;

// Never destroyed: threads may still wait when the process runs its destructors.
Lot &lot_of(const Word &word) {
  static Lot *const lots = new Lot[kLots];
  return lots[(reinterpret_cast<uintptr_t>(&word) >> 2) * 0x9e3779b97f4a7c15ull >> 58];
}

static_assert(kLots == 1u << (64 - 58), "the hash above yields an index into the lots");

} // namespace

void platform_wait(Word &word, int32_t value, int64_t deadline) {
  Lot &lot = lot_of(word);
  std::unique_lock<std::mutex> hold(lot.mutex);
  if (word.load() != value)
    return;
  lot.parked++;
  if (deadline == RUMPUSER_FOREVER) {
    lot.changed.wait(hold);
  } else {
    const int64_t left = deadline - rumpuser_monotonic();
    if (left > 0)
      lot.changed.wait_for(hold, std::chrono::nanoseconds(left));
  }
  lot.parked--;
}

// Several words share a lot, so everybody there is woken and looks again.
void platform_wake(Word &word, int) {
  Lot &lot = lot_of(word);
  std::lock_guard<std::mutex> hold(lot.mutex);
  if (lot.parked > 0)
    lot.changed.notify_all();
}

bool platform_has_barrier() {
  return false;
}
bool platform_barrier() {
  return false;
}

} // namespace rumpuser
