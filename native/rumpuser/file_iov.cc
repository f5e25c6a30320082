// Scattered reads and writes of host descriptors.
//
// What the host moved is what the caller hears: a short transfer is returned as it is, and an error after
// part of a long vector was moved is left for the next call to meet.
//
// NetBSD: lib/librumpuser/rumpuser_file.c, rumpuser(3).
#include <algorithm>
#include <cerrno>
#include <climits>
#include <sys/uio.h>
#include <unistd.h>

#include "internal.h"

namespace {

// The host takes at most this many buffers a call; longer vectors go in several.
#if defined(IOV_MAX)
constexpr size_t kVectorMax = IOV_MAX;
#else
constexpr size_t kVectorMax = 1024;
#endif

static_assert(sizeof(struct rumpuser_iovec) == sizeof(struct iovec) &&
                  offsetof(struct rumpuser_iovec, iov_len) == offsetof(struct iovec, iov_len),
              "the host's iovec has another layout");

using Vectored = ssize_t (*)(int fd, const struct iovec *iov, int count, int64_t off);

ssize_t read_once(int fd, const struct iovec *iov, int count, int64_t off) {
  return off == RUMPUSER_IOV_NOSEEK ? readv(fd, iov, count) : preadv(fd, iov, count, off);
}

ssize_t write_once(int fd, const struct iovec *iov, int count, int64_t off) {
  return off == RUMPUSER_IOV_NOSEEK ? writev(fd, iov, count) : pwritev(fd, iov, count, off);
}

int transfer(Vectored move, int fd, const struct rumpuser_iovec *ruiov, size_t iovlen, int64_t off,
             size_t *countp) {
  if (off < RUMPUSER_IOV_NOSEEK)
    return rumpuser::kEinval;
  const struct iovec *iov = reinterpret_cast<const struct iovec *>(ruiov);
  rumpuser::CpuReleased released;
  size_t total = 0;
  do {
    size_t batch = std::min(iovlen, kVectorMax);
    size_t wanted = 0;
    for (size_t i = 0; i < batch; i++)
      wanted += iov[i].iov_len;
    ssize_t moved;
    do
      moved = move(fd, iov, static_cast<int>(batch), off);
    while (moved == -1 && errno == EINTR);
    if (moved == -1) {
      if (total != 0)
        break;
      return rumpuser__errno(errno);
    }
    total += static_cast<size_t>(moved);
    if (static_cast<size_t>(moved) < wanted)
      break;
    if (off != RUMPUSER_IOV_NOSEEK)
      off += moved;
    iov += batch;
    iovlen -= batch;
  } while (iovlen != 0);
  *countp = total;
  return 0;
}

} // namespace

int rumpuser_iovread(int fd, const struct rumpuser_iovec *iov, size_t iovlen, int64_t off, size_t *count) {
  return transfer(read_once, fd, iov, iovlen, off, count);
}

int rumpuser_iovwrite(int fd, const struct rumpuser_iovec *iov, size_t iovlen, int64_t off, size_t *count) {
  return transfer(write_once, fd, iov, iovlen, off, count);
}
