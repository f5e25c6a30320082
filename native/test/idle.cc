// Idlers: deadlines, doorbells before, during and after an idle, pumps, and what is gone.
#include <atomic>
#include <thread>

#include "check.h"
#include "internal.h"

namespace {

void until(const std::atomic<int> &count, int wanted) {
  while (count.load() < wanted)
    std::this_thread::yield();
}

void count_up(void *count) {
  static_cast<std::atomic<int> *>(count)->fetch_add(1);
}

void deadline() {
  rumpuser_idler idler;
  CHECK(rumpuser_idle_open(nullptr, nullptr, &idler) == 0);
  const int64_t at = rumpuser_monotonic() + 2'000'000;
  CHECK(rumpuser_idle(idler, at) == 0);
  CHECK(rumpuser_monotonic() >= at);
  // Rung before: does not wait.
  rumpuser_doorbell(idler);
  CHECK(rumpuser_idle(idler, RUMPUSER_FOREVER) == 0);
  // Rung during.
  std::thread ringer([&] {
    rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 2'000'000);
    rumpuser_doorbell(idler);
  });
  CHECK(rumpuser_idle(idler, RUMPUSER_FOREVER) == 0);
  ringer.join();
  rumpuser_idle_close(idler);
}

void pump() {
  std::atomic<int> pumps{0};
  rumpuser_idler idler;
  CHECK(rumpuser_idle_open(count_up, &pumps, &idler) == 0);
  // Several rings until somebody answers are one.
  for (int i = 0; i < 5; i++)
    rumpuser_doorbell(idler);
  CHECK(pumps == 1);
  rumpuser_answer(idler);
  rumpuser_doorbell(idler);
  CHECK(pumps == 2);
  rumpuser_answer(idler);
  const int64_t at = rumpuser_monotonic() + 1'000'000;
  rumpuser_arm(idler, at);
  CHECK(rumpuser_armed(idler));
  until(pumps, 3);
  CHECK(rumpuser_monotonic() >= at);
  while (rumpuser_armed(idler))
    std::this_thread::yield();
  rumpuser_answer(idler);
  // A later deadline replaces a sooner one, a sooner one a later one, FOREVER both.
  rumpuser_arm(idler, rumpuser_monotonic() + 1'000'000);
  rumpuser_arm(idler, RUMPUSER_FOREVER);
  CHECK(!rumpuser_armed(idler));
  rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 5'000'000);
  CHECK(pumps == 3);
  rumpuser_arm(idler, rumpuser_monotonic() + 3'600'000'000'000);
  rumpuser_arm(idler, rumpuser_monotonic() + 1'000'000);
  until(pumps, 4);
  rumpuser_idle_close(idler);
  // A late ring for what is gone does nothing; misuse is an assertion.
  rumpuser_doorbell(idler);
  rumpuser_arm(idler, 0);
  rumpuser_release(idler);
  rumpuser_idle_close(idler);
  CHECK(pumps == 4);
  CHECK(contains(broken([&] { rumpuser_idle(idler, 0); }), "idle: no idler"));
  CHECK(contains(broken([&] { rumpuser_busy(idler); }), "busy: no idler"));
}

void many() {
  constexpr int kMany = 200;
  std::atomic<int> pumps{0};
  rumpuser_idler idlers[kMany];
  for (rumpuser_idler &idler : idlers) {
    CHECK(rumpuser_idle_open(count_up, &pumps, &idler) == 0);
    rumpuser_arm(idler, rumpuser_monotonic() + 1'000'000);
  }
  until(pumps, kMany);
  for (const rumpuser_idler idler : idlers)
    rumpuser_idle_close(idler);
}

// Rings and idles that meet at every possible point: each ring ends an idle or pumps.
void race() {
  std::atomic<int> pumps{0}, rings{0}, ends{0};
  rumpuser_idler idler;
  CHECK(rumpuser_idle_open(count_up, &pumps, &idler) == 0);
  std::atomic<bool> done{false};
  std::thread ringer([&] {
    for (int i = 0; i < 2000; i++) {
      const int before = pumps + ends;
      rings++;
      rumpuser_doorbell(idler);
      while (pumps + ends == before)
        std::this_thread::yield();
    }
    done = true;
    rumpuser_doorbell(idler);
  });
  while (!done) {
    const int64_t at = rumpuser_monotonic() + 50'000;
    CHECK(rumpuser_idle(idler, at) == 0);
    if (rumpuser_monotonic() < at)
      ends++;
    // Outside: a pump that came is answered.
    rumpuser_answer(idler);
    ends++;
  }
  ringer.join();
  rumpuser_idle_close(idler);
}

void holds() {
  rumpuser_idler idler;
  CHECK(rumpuser_idle_open(nullptr, nullptr, &idler) == 0);
  CHECK(!rumpuser_busy(idler));
  rumpuser_hold(idler);
  rumpuser_hold(idler);
  rumpuser_release(idler);
  CHECK(rumpuser_busy(idler));
  rumpuser_release(idler);
  CHECK(!rumpuser_busy(idler));
  // A ring that nobody has answered is still to be waited for.
  rumpuser_doorbell(idler);
  CHECK(rumpuser_busy(idler));
  CHECK(rumpuser_idle(idler, RUMPUSER_FOREVER) == 0);
  CHECK(!rumpuser_busy(idler));
  rumpuser_idle_close(idler);
}

} // namespace

int main() {
  catch_assertions();
  deadline();
  pump();
  many();
  race();
  holds();
}
