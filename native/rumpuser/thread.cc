// Host threads that run native code.
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

#if defined(_WIN32)
#include <windows.h>
#else
#include <pthread.h>
#endif

#include "internal.h"
#include "wait.h"

namespace {

using namespace rumpuser;

struct Thread {
  std::thread host;
  Word ended{0};
};

// Threads that somebody is to join, by cookie.
struct Registry {
  std::mutex mutex;
  std::map<uintptr_t, std::shared_ptr<Thread>> threads;
  uintptr_t last = 0;
};

// Never destroyed: threads outlive main().
Registry &registry() {
  static Registry *const the = new Registry;
  return *the;
}

thread_local std::shared_ptr<Thread> self;

void set_name(const std::string &name) {
#if defined(__linux__)
  // The host keeps 15 characters.
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
#elif defined(__APPLE__)
  pthread_setname_np(name.c_str());
#else
  (void)name;
#endif
}

void end() {
  if (self == nullptr)
    return;
  self->ended.store(1);
  wake_all(self->ended);
}

} // namespace

int rumpuser_thread_create(void *(*fn)(void *), void *arg, const char *name, int mustjoin, int, int,
                           void **cookie) {
  auto thread = std::make_shared<Thread>();
  std::string called = name != nullptr ? name : "rumpuser";
  Registry &r = registry();
  std::lock_guard<std::mutex> hold(r.mutex);
  try {
    thread->host = std::thread([thread, fn, arg, called = std::move(called)] {
      self = thread;
      set_name(called);
      fn(arg);
      end();
    });
  } catch (const std::system_error &) {
    return failed_because(kEagain, "thread_create: the host has no more threads");
  }
  if (mustjoin == 0) {
    thread->host.detach();
    if (cookie != nullptr)
      *cookie = nullptr;
    return 0;
  }
  r.threads[++r.last] = std::move(thread);
  *cookie = reinterpret_cast<void *>(r.last);
  return 0;
}

void rumpuser_thread_exit(void) {
  end();
#if defined(_WIN32)
  ExitThread(0);
#else
  pthread_exit(nullptr);
#endif
}

int rumpuser_thread_join(void *cookie) {
  Registry &r = registry();
  std::shared_ptr<Thread> thread;
  {
    std::lock_guard<std::mutex> hold(r.mutex);
    auto found = r.threads.find(reinterpret_cast<uintptr_t>(cookie));
    if (found == r.threads.end())
      return failed_because(kEsrch, "thread_join: no thread %p", cookie);
    if (found->second == self)
      assertion_failed("thread_join: deadlock: thread %p joins itself", cookie);
    thread = std::move(found->second);
    r.threads.erase(found);
  }
  CpuReleased released;
  int error = 0;
  while (error == 0 && thread->ended.load() == 0)
    error = wait_on(thread->ended, 0, RUMPUSER_FOREVER);
  if (error != 0) {
    thread->host.detach();
    return error;
  }
  thread->host.join();
  return 0;
}
