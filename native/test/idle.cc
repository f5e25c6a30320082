// Idlers: deadlines, doorbells before, during and after an idle, pumps, and what is gone.
#include <atomic>
#include <thread>
#include <vector>

#include <unistd.h>

#include "check.h"
#include "idle_at.h"
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

// At descriptors: what ends it, and that nothing else does.
void at_descriptors() {
  rumpuser_idler idler;
  CHECK(rumpuser_idle_open(nullptr, nullptr, &idler) == 0);
  int ends[2];
  CHECK(pipe(ends) == 0);
  std::vector<struct pollfd> fds{{ends[0], POLLIN, 0}, {ends[1], 0, 0}};
  const int64_t at = rumpuser_monotonic() + 2'000'000;
  CHECK(rumpuser::idle_at(idler, at, fds) == 0);
  CHECK(rumpuser_monotonic() >= at && fds.size() == 2 && fds[0].revents == 0);
  // Rung before, and during, with so many rings that no pipe holds them.
  rumpuser_doorbell(idler);
  CHECK(rumpuser::idle_at(idler, RUMPUSER_FOREVER, fds) == 0 && fds[0].revents == 0);
  std::atomic<bool> enough{false};
  std::thread ringer([&] {
    while (!enough.load())
      rumpuser_doorbell(idler);
  });
  for (int i = 0; i < 5000; i++)
    CHECK(rumpuser::idle_at(idler, RUMPUSER_FOREVER, fds) == 0 && fds[0].revents == 0);
  enough.store(true);
  ringer.join();
  rumpuser_answer(idler);
  std::thread writer([&] {
    rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 2'000'000);
    CHECK(write(ends[1], "x", 1) == 1);
  });
  CHECK(rumpuser::idle_at(idler, RUMPUSER_FOREVER, fds) == 0 && (fds[0].revents & POLLIN) != 0);
  writer.join();
  rumpuser_idle_close(idler);
  // Nobody is there any more: a late ring does nothing.
  rumpuser_doorbell(idler);
  close(ends[0]);
  close(ends[1]);
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
  until(pumps, 3);
  CHECK(rumpuser_monotonic() >= at);
  while (rumpuser_armed(idler))
    std::this_thread::yield();
  rumpuser_answer(idler);
  // A later deadline replaces a sooner one, a sooner one a later one, FOREVER both.
  const int64_t hour = 3'600'000'000'000;
  rumpuser_arm(idler, rumpuser_monotonic() + hour);
  CHECK(rumpuser_armed(idler));
  rumpuser_arm(idler, RUMPUSER_FOREVER);
  CHECK(!rumpuser_armed(idler));
  rumpuser_arm(idler, rumpuser_monotonic() + hour);
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

// Answers at once, as a kernel's thread does that has nothing else to do.
void answer(void *idler) {
  rumpuser_answer(*static_cast<rumpuser_idler *>(idler));
}

// Rings that come just before, while and just after an idle ends: none stays unnoticed.
void race() {
  rumpuser_idler idler;
  CHECK(rumpuser_idle_open(answer, &idler, &idler) == 0);
  std::atomic<int> asked{0}, rung{0};
  constexpr int kRings = 3000;
  std::thread ringer([&] {
    for (int i = 1; i <= kRings; i++) {
      until(asked, i);
      for (volatile int wait = i % 1000; wait > 0; wait = wait - 1)
        ;
      rumpuser_doorbell(idler);
      rung = i;
    }
  });
  for (int i = 1; i <= kRings; i++) {
    asked = i;
    CHECK(rumpuser_idle(idler, rumpuser_monotonic() + i % 7 * 1000) == 0);
    until(rung, i);
    // Either that idle took the ring, or the pump did: the bell must not stay rung with nobody on the way.
    while (rumpuser_busy(idler))
      std::this_thread::yield();
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
  at_descriptors();
  pump();
  many();
  race();
  holds();
}
