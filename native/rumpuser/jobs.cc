// A small pool of host threads for all kernels of the process.
//
// Its threads are started when jobs find none idle, and never end: a thread that waits for work costs the
// host nothing, and the process need not wait for it to exit. Jobs may end in any order.
#include "jobs.h"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <pthread.h>

namespace rumpuser {
namespace {

// More than a disk needs: a directory that a network serves may keep some of them waiting.
constexpr int kThreadsMax = 8;

class Pool {
public:
  // Never destroyed: its threads outlive every static destructor.
  static Pool &the() {
    static Pool *const pool = new Pool;
    return *pool;
  }

  // False when the job could not be given to any thread.
  bool submit(Job *job) {
    std::lock_guard<std::mutex> guard(mutex_);
    if (idle_ <= queued_ && threads_ < kThreadsMax && start_thread())
      threads_++;
    if (threads_ == 0)
      return false;
    job->next = nullptr;
    *tail_ = job;
    tail_ = &job->next;
    queued_++;
    work_.notify_one();
    return true;
  }

private:
  bool start_thread() {
    // Signals are for the threads that know what to do with them.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int error = pthread_create(
        &thread, nullptr,
        [](void *self) -> void * {
          static_cast<Pool *>(self)->serve();
          return nullptr;
        },
        this);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (error != 0)
      return false;
    pthread_detach(thread);
    return true;
  }

  [[noreturn]] void serve() {
    for (;;) {
      Job *job = take();
      job->run(job);
    }
  }

  Job *take() {
    std::unique_lock<std::mutex> lock(mutex_);
    idle_++;
    while (head_ == nullptr)
      work_.wait(lock);
    idle_--;
    queued_--;
    Job *job = head_;
    head_ = job->next;
    if (head_ == nullptr)
      tail_ = &head_;
    return job;
  }

  std::mutex mutex_;
  std::condition_variable work_;
  Job *head_ = nullptr;
  Job **tail_ = &head_;
  int queued_ = 0;
  int threads_ = 0;
  int idle_ = 0;
};

} // namespace

void submit(Job *job) {
  // Without a thread the caller does its own work: late rather than never.
  if (!Pool::the().submit(job))
    job->run(job);
}

} // namespace rumpuser
