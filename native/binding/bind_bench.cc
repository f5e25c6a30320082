// Loops in C++, so that benchmarks can put a number beside what the same work costs from TypeScript.
#include <mutex>

#include <rump/rumpuser.h>

#include "glue.h"

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

// @param kind "pthread" or "mutex" @returns nanoseconds per pair of enter and exit
double bench(std::string kind, double pairs) {
  return kind == "pthread" ? bench_host(pairs) : bench_mutex(pairs);
}

} // namespace

void define_bench(Napi::Object exports) {
  define<bench>(exports, "bench");
}

} // namespace binding
