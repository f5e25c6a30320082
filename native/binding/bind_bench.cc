// Loops in C++, so that benchmarks can put a number beside what the same work costs from TypeScript.
#include <mutex>
#include <thread>

#include <rump/rumpuser.h>

#include "glue.h"
#include "wait.h"

#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace binding {
namespace {

template <typename Pair> double ns_per_pair(double pairs, Pair pair) {
  const int64_t start = rumpuser_monotonic();
  for (double i = 0; i < pairs; i++)
    pair();
  return static_cast<double>(rumpuser_monotonic() - start) / pairs;
}

// The unit that travels between machines: lock and unlock of an uncontended host mutex.
double bench_host(double pairs) {
#if defined(_WIN32)
  std::mutex mutex;
  return ns_per_pair(pairs, [&] {
    mutex.lock();
    mutex.unlock();
  });
#else
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  const double ns = ns_per_pair(pairs, [&] {
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
  });
  pthread_mutex_destroy(&mutex);
  return ns;
#endif
}

double bench_mutex(double pairs) {
  uint32_t lwp = 0;
  rumpuser_lock mutex = 0;
  if (rumpuser_curlwpop(RUMPUSER_LWP_CREATE, &lwp) != 0 ||
      rumpuser_mutex_init(&mutex, RUMPUSER_MTX_RECURSIVE) != 0) {
    throw AssertionFailed{"bench: no lwp or no mutex left"};
  }
  uint32_t before = rumpuser_curlwp();
  if (before != 0)
    rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &before);
  rumpuser_curlwpop(RUMPUSER_LWP_SET, &lwp);
  const double ns = ns_per_pair(pairs, [&] {
    rumpuser_mutex_enter(mutex);
    rumpuser_mutex_exit(mutex);
  });
  rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &lwp);
  if (before != 0)
    rumpuser_curlwpop(RUMPUSER_LWP_SET, &before);
  rumpuser_mutex_destroy(mutex);
  rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, &lwp);
  return ns;
}

// There and back between two threads, which sleep on a word while it is not their turn, or look at it.
double bench_there_and_back(double rounds, bool looking) {
  rumpuser::Word turn{0};
  const auto wait_for = [&turn, looking](int32_t mine) {
    while (turn.load() != mine) {
      if (!looking)
        rumpuser::platform_wait(turn, 1 - mine, RUMPUSER_FOREVER);
    }
  };
  const auto hand_over = [&turn, looking](int32_t to) {
    turn.store(to);
    if (!looking)
      rumpuser::wake_one(turn);
  };
  std::thread other([&] {
    for (double i = 0; i < rounds; i++) {
      wait_for(1);
      hand_over(0);
    }
  });
  const double ns = ns_per_pair(rounds, [&] {
    hand_over(1);
    wait_for(0);
  });
  other.join();
  return ns;
}

// @param kind "pthread" or "mutex": nanoseconds per pair of enter and exit; "sleeping" or "looking": per time
// there and back between two threads
double bench(std::string kind, double pairs) {
  if (kind == "sleeping" || kind == "looking")
    return bench_there_and_back(pairs, kind == "looking");
  return kind == "pthread" ? bench_host(pairs) : bench_mutex(pairs);
}

} // namespace

void define_bench(Napi::Object exports) {
  define<bench>(exports, "bench");
}

} // namespace binding
