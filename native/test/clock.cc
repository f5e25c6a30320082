// Clocks and sleeping: values, refusals, and that a sleep does not end early.
#include "check.h"

namespace {

int64_t ns(int clock) {
  int64_t sec = 0;
  long nsec = 0;
  CHECK(rumpuser_clock_gettime(clock, &sec, &nsec) == 0);
  CHECK(nsec >= 0 && nsec < 1'000'000'000);
  return sec * 1'000'000'000 + nsec;
}

} // namespace

int main() {
  int64_t sec;
  long nsec;
  CHECK(rumpuser_clock_gettime(2, &sec, &nsec) == 22);
  CHECK(rumpuser_clock_sleep(2, 0, 0) == 22);
  CHECK(rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, -1, 0) == 22);
  CHECK(rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, -1) == 22);
  CHECK(rumpuser_clock_sleep(RUMPUSER_CLOCK_ABSMONO, 0, 1'000'000'000) == 22);
  CHECK(ns(RUMPUSER_CLOCK_RELWALL) > 1'700'000'000'000'000'000);

  int64_t start = ns(RUMPUSER_CLOCK_ABSMONO);
  CHECK(rumpuser_monotonic() >= start);
  CHECK(rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 3'000'000) == 0);
  CHECK(ns(RUMPUSER_CLOCK_ABSMONO) >= start + 3'000'000);
  start = ns(RUMPUSER_CLOCK_ABSMONO);
  const int64_t until = start + 2'000'000;
  CHECK(rumpuser_clock_sleep(RUMPUSER_CLOCK_ABSMONO, until / 1'000'000'000, until % 1'000'000'000) == 0);
  CHECK(ns(RUMPUSER_CLOCK_ABSMONO) >= until);
  // A time that is past is no error and no wait.
  CHECK(rumpuser_clock_sleep(RUMPUSER_CLOCK_ABSMONO, 0, 0) == 0);
}
