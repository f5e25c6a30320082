// Block I/O on host threads: a request is queued, a thread of a small process-wide pool does it, and the
// callback runs on that thread.
//
// The pool serves every kernel of the process. Its threads are started when requests find none idle, and
// never end: a thread that waits for work costs the host nothing, and the process need not wait for it to
// exit. Requests may finish in any order, as on a disk; who needs an order waits for completions and uses
// syncfd.
//
// NetBSD: lib/librumpuser/rumpuser_bio.c, rumpuser(3).
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <new>
#include <pthread.h>
#include <unistd.h>

#include "internal.h"

namespace {

constexpr int kThreadsMax = 4;
// Enough for every sector size in use; O_DIRECT wants memory aligned to it.
constexpr size_t kDirectAlignment = 4096;

struct Request {
  int fd;
  int op;
  char *data;
  size_t len;
  int64_t off;
  rumpuser_biodone_fn done;
  void *arg;
  Request *next;
};

bool needs_aligned_copy(const Request &request) {
#if defined(O_DIRECT)
  if (reinterpret_cast<uintptr_t>(request.data) % kDirectAlignment == 0)
    return false;
  int flags = fcntl(request.fd, F_GETFL);
  return flags != -1 && (flags & O_DIRECT) != 0;
#else
  (void)request;
  return false;
#endif
}

// Moves until everything is moved or the host has no more: a block device's client never sees a short count
// in the middle of a device.
int move(const Request &request, char *data, size_t *countp) {
  size_t count = 0;
  while (count < request.len) {
    ssize_t moved = (request.op & RUMPUSER_BIO_READ)
                        ? pread(request.fd, data + count, request.len - count, request.off + count)
                        : pwrite(request.fd, data + count, request.len - count, request.off + count);
    if (moved == -1) {
      if (errno == EINTR)
        continue;
      return rumpuser__errno(errno);
    }
    if (moved == 0)
      break;
    count += static_cast<size_t>(moved);
  }
  *countp = count;
  return 0;
}

int move_through_aligned_copy(const Request &request, size_t *countp) {
  void *copy = nullptr;
  if (int error = posix_memalign(&copy, kDirectAlignment, request.len))
    return rumpuser__errno(error);
  if (request.op & RUMPUSER_BIO_WRITE)
    memcpy(copy, request.data, request.len);
  int error = move(request, static_cast<char *>(copy), countp);
  if (error == 0 && (request.op & RUMPUSER_BIO_READ))
    memcpy(request.data, copy, *countp);
  free(copy);
  return error;
}

int perform(const Request &request, size_t *countp) {
  int direction = request.op & (RUMPUSER_BIO_READ | RUMPUSER_BIO_WRITE);
  bool sync = (request.op & RUMPUSER_BIO_SYNC) != 0;
  if ((direction != RUMPUSER_BIO_READ && direction != RUMPUSER_BIO_WRITE) || request.off < 0)
    return rumpuser::kEinval;
  if (request.op & ~(direction | RUMPUSER_BIO_SYNC))
    return rumpuser::kEinval;
  int error = needs_aligned_copy(request) ? move_through_aligned_copy(request, countp)
                                          : move(request, request.data, countp);
  if (error == 0 && sync && direction == RUMPUSER_BIO_WRITE)
    error = rumpuser_syncfd(request.fd, RUMPUSER_SYNCFD_WRITE | RUMPUSER_SYNCFD_SYNC,
                            static_cast<uint64_t>(request.off), *countp);
  return error;
}

void complete(const Request &request) {
  size_t count = 0;
  int error = perform(request, &count);
  request.done(request.arg, error == 0 ? count : 0, error);
}

class Pool {
public:
  // False when the request could not be given to any thread.
  bool submit(Request *request) {
    std::lock_guard<std::mutex> guard(mutex_);
    if (idle_ <= queued_ && threads_ < kThreadsMax && start_thread())
      threads_++;
    if (threads_ == 0)
      return false;
    request->next = nullptr;
    *tail_ = request;
    tail_ = &request->next;
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
      Request *request = take();
      complete(*request);
      delete request;
    }
  }

  Request *take() {
    std::unique_lock<std::mutex> lock(mutex_);
    idle_++;
    while (head_ == nullptr)
      work_.wait(lock);
    idle_--;
    queued_--;
    Request *request = head_;
    head_ = request->next;
    if (head_ == nullptr)
      tail_ = &head_;
    return request;
  }

  std::mutex mutex_;
  std::condition_variable work_;
  Request *head_ = nullptr;
  Request **tail_ = &head_;
  int queued_ = 0;
  int threads_ = 0;
  int idle_ = 0;
};

// Never destroyed: its threads outlive every static destructor.
Pool &the_pool() {
  static Pool *pool = new Pool;
  return *pool;
}

} // namespace

void rumpuser_bio(int fd, int op, void *data, size_t len, int64_t off, rumpuser_biodone_fn done, void *arg) {
  Request here = {fd, op, static_cast<char *>(data), len, off, done, arg, nullptr};
  Request *request = new (std::nothrow) Request(here);
  if (request != nullptr && the_pool().submit(request))
    return;
  // No memory or no thread to be had: the caller does its own I/O, late rather than never.
  delete request;
  complete(here);
}
