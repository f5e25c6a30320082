// Threads against each other: no lost update, no lost wake-up.
#include <atomic>
#include <thread>
#include <vector>

#include "check.h"

namespace {

constexpr int kThreads = 6;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kRounds = 10'000;
#else
constexpr int kRounds = 100'000;
#endif

template <typename Fn> void together(int threads, Fn fn) {
  std::vector<std::thread> all;
  for (int i = 0; i < threads; i++) {
    all.emplace_back([&fn, i] {
      AsLwp me;
      fn(i);
    });
  }
  for (std::thread &thread : all)
    thread.join();
}

void mutex(int flags) {
  rumpuser_lock mtx;
  CHECK(rumpuser_mutex_init(&mtx, flags) == 0);
  // Deliberately no atomic: the mutex alone protects it.
  long count = 0;
  together(kThreads, [&](int) {
    for (int i = 0; i < kRounds; i++) {
      CHECK(rumpuser_mutex_enter(mtx) == 0);
      if ((flags & RUMPUSER_MTX_RECURSIVE) != 0)
        CHECK(rumpuser_mutex_enter(mtx) == 0);
      count++;
      if ((flags & RUMPUSER_MTX_RECURSIVE) != 0)
        rumpuser_mutex_exit(mtx);
      rumpuser_mutex_exit(mtx);
    }
  });
  CHECK(count == static_cast<long>(kThreads) * kRounds);
  rumpuser_mutex_destroy(mtx);
}

void rwlock() {
  rumpuser_lock rw;
  CHECK(rumpuser_rw_init(&rw) == 0);
  long left = 0, right = 0;
  std::atomic<int> writers{0}, readers{0};
  together(kThreads, [&](int thread) {
    for (int i = 0; i < kRounds / 10; i++) {
      if ((thread + i) % 3 == 0) {
        CHECK(rumpuser_rw_enter(RUMPUSER_RW_WRITER, rw) == 0);
        CHECK(++writers == 1 && readers == 0);
        left++;
        right++;
        writers--;
        if (i % 2 == 0)
          rumpuser_rw_downgrade(rw);
      } else {
        CHECK(rumpuser_rw_enter(RUMPUSER_RW_READER, rw) == 0);
        readers++;
        CHECK(writers == 0);
        CHECK(left == right);
        if (i % 7 == 0) {
          CHECK(rumpuser_rw_enter(RUMPUSER_RW_READER, rw) == 0);
          rumpuser_rw_exit(rw);
        }
        readers--;
        if (i % 5 == 0 && rumpuser_rw_tryupgrade(rw) == 0) {
          left++;
          right++;
        }
      }
      rumpuser_rw_exit(rw);
    }
  });
  CHECK(left == right && left > 0);
  // Nobody is left in the lock, which this asserts.
  rumpuser_rw_destroy(rw);
}

void ping_pong() {
  rumpuser_lock mtx, cv;
  CHECK(rumpuser_mutex_init(&mtx, RUMPUSER_MTX_KMUTEX) == 0);
  CHECK(rumpuser_cv_init(&cv) == 0);
  int turn = 0;
  together(2, [&](int me) {
    for (int i = 0; i < kRounds / 20; i++) {
      rumpuser_mutex_enter(mtx);
      while (turn != me)
        CHECK(rumpuser_cv_wait(cv, mtx) == 0);
      turn = 1 - me;
      rumpuser_cv_signal(cv);
      rumpuser_mutex_exit(mtx);
    }
  });
  rumpuser_cv_destroy(cv);
  rumpuser_mutex_destroy(mtx);
}

// As many signals as sleepers, given without the mutex: each must reach one.
void signals_reach_sleepers() {
  rumpuser_lock mtx, cv;
  CHECK(rumpuser_mutex_init(&mtx, 0) == 0);
  CHECK(rumpuser_cv_init(&cv) == 0);
  for (int round = 0; round < kRounds / 500; round++) {
    std::atomic<int> asleep{0}, awake{0};
    std::vector<std::thread> sleepers;
    for (int i = 0; i < kThreads; i++) {
      sleepers.emplace_back([&] {
        AsLwp me;
        rumpuser_mutex_enter(mtx);
        asleep++;
        CHECK(rumpuser_cv_wait(cv, mtx) == 0);
        awake++;
        rumpuser_mutex_exit(mtx);
      });
    }
    {
      AsLwp me;
      for (bool all = false; !all;) {
        rumpuser_mutex_enter(mtx);
        all = asleep == kThreads;
        rumpuser_mutex_exit(mtx);
        std::this_thread::yield();
      }
    }
    for (int i = 0; i < kThreads; i++)
      rumpuser_cv_signal(cv);
    for (std::thread &sleeper : sleepers)
      sleeper.join();
    CHECK(awake == kThreads);
    int has = 1;
    rumpuser_cv_has_waiters(cv, &has);
    CHECK(!has);
  }
  rumpuser_cv_destroy(cv);
  rumpuser_mutex_destroy(mtx);
}

void timeouts_against_signals() {
  rumpuser_lock mtx, cv;
  CHECK(rumpuser_mutex_init(&mtx, 0) == 0);
  CHECK(rumpuser_cv_init(&cv) == 0);
  std::atomic<bool> done{false};
  std::thread signaller([&] {
    while (!done)
      rumpuser_cv_signal(cv);
  });
  together(3, [&](int) {
    for (int i = 0; i < kRounds / 50; i++) {
      rumpuser_mutex_enter(mtx);
      const int error = rumpuser_cv_timedwait(cv, mtx, 0, 20'000);
      CHECK(error == 0 || error == 60);
      rumpuser_mutex_exit(mtx);
    }
  });
  done = true;
  signaller.join();
  rumpuser_cv_destroy(cv);
  rumpuser_mutex_destroy(mtx);
}

void many_locks() {
  together(4, [&](int) {
    for (int i = 0; i < kRounds / 20; i++) {
      rumpuser_lock mtx;
      CHECK(rumpuser_mutex_init(&mtx, 0) == 0);
      CHECK(rumpuser_mutex_enter(mtx) == 0);
      rumpuser_mutex_exit(mtx);
      rumpuser_mutex_destroy(mtx);
    }
  });
}

} // namespace

int main() {
  mutex(RUMPUSER_MTX_RECURSIVE);
  mutex(RUMPUSER_MTX_KMUTEX);
  mutex(RUMPUSER_MTX_SPIN);
  rwlock();
  ping_pong();
  signals_reach_sleepers();
  timeouts_against_signals();
  many_locks();
}
