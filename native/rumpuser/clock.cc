// Clocks and sleeping.
#include <algorithm>
#include <chrono>

#include "internal.h"
#include "wait.h"

#if !defined(_WIN32)
#include <time.h>
#endif

using namespace rumpuser;

namespace {

constexpr int64_t kNsPerSec = 1'000'000'000;

int64_t wall() {
  using namespace std::chrono;
  return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace

int64_t rumpuser_monotonic(void) {
#if defined(_WIN32)
  using namespace std::chrono;
  return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
#else
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * kNsPerSec + now.tv_nsec;
#endif
}

int rumpuser_clock_gettime(int clock, int64_t *sec, long *nsec) {
  int64_t now;
  if (clock == RUMPUSER_CLOCK_RELWALL) {
    now = wall();
  } else if (clock == RUMPUSER_CLOCK_ABSMONO) {
    now = rumpuser_monotonic();
  } else {
    return kEinval;
  }
  *sec = now / kNsPerSec;
  *nsec = static_cast<long>(now % kNsPerSec);
  return 0;
}

int rumpuser_clock_sleep(int clock, int64_t sec, long nsec) {
  if (clock != RUMPUSER_CLOCK_RELWALL && clock != RUMPUSER_CLOCK_ABSMONO)
    return kEinval;
  if (sec < 0 || nsec < 0 || nsec >= kNsPerSec)
    return kEinval;
  // Longer than the clock can count is forever.
  const int64_t base = clock == RUMPUSER_CLOCK_RELWALL ? rumpuser_monotonic() : 0;
  const int64_t room = RUMPUSER_FOREVER - base;
  const bool forever = sec >= room / kNsPerSec;
  const int64_t deadline = forever ? RUMPUSER_FOREVER : base + sec * kNsPerSec + nsec;
  CpuReleased released;
  // Nobody wakes this word; a signal or a spurious wake-up goes round again.
  Word never{0};
  for (;;) {
    const int error = wait_on(never, 0, deadline);
    if (error == kEtimedout)
      return 0;
    if (error != 0)
      return error;
  }
}
