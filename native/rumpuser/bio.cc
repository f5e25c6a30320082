// Block I/O on host threads: a request is a job (jobs.h), and the callback runs on the thread that did it.
//
// Requests may finish in any order, as on a disk; who needs an order waits for completions and uses syncfd.
//
// NetBSD: lib/librumpuser/rumpuser_bio.c, rumpuser(3).
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <unistd.h>

#include "internal.h"
#include "jobs.h"

namespace {

// Enough for every sector size in use; O_DIRECT wants memory aligned to it.
constexpr size_t kDirectAlignment = 4096;

struct Request : rumpuser::Job {
  int fd;
  int op;
  char *data;
  size_t len;
  int64_t off;
  rumpuser_biodone_fn done;
  void *arg;
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

void run(rumpuser::Job *job) {
  Request *request = static_cast<Request *>(job);
  complete(*request);
  delete request;
}

} // namespace

void rumpuser_bio(int fd, int op, void *data, size_t len, int64_t off, rumpuser_biodone_fn done, void *arg) {
  Request here = {{run, nullptr}, fd, op, static_cast<char *>(data), len, off, done, arg};
  if (Request *request = new (std::nothrow) Request(here))
    rumpuser::submit(request);
  else
    complete(here);
}
