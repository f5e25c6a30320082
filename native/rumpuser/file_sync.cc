// Getting written data of a host descriptor to stable storage, or at least on its way.
//
// Only fdatasync(2) empties the device's own cache, so it alone can promise SYNC, and it alone can promise
// that what was written before a BARRIER is stable before what is written after it. sync_file_range(2) moves
// pages to the device and no further: good for starting the writing of a range, which is what WRITE without
// more asks.
//
// NetBSD: lib/librumpuser/rumpuser_file.c, rumpuser(3), fsync_range(2).
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

namespace {

constexpr int kSyncKnown =
    RUMPUSER_SYNCFD_READ | RUMPUSER_SYNCFD_WRITE | RUMPUSER_SYNCFD_BARRIER | RUMPUSER_SYNCFD_SYNC;

int flush_device(int fd) {
  int result;
  do {
#if defined(__APPLE__)
    result = fcntl(fd, F_FULLFSYNC);
#else
    result = fdatasync(fd);
#endif
  } while (result == -1 && errno == EINTR);
  return result == -1 ? rumpuser__errno(errno) : 0;
}

int start_writing(int fd, int64_t start, int64_t len) {
#if defined(__linux__)
  if (sync_file_range(fd, start, len, SYNC_FILE_RANGE_WRITE) == -1)
    return rumpuser__errno(errno);
  return 0;
#else
  (void)start;
  (void)len;
  return flush_device(fd);
#endif
}

// Lets the host forget clean cached pages, so that the next read sees what other hosts wrote to a shared
// device.
int forget_cached(int fd, int64_t start, int64_t len) {
#if defined(__linux__)
  return rumpuser__errno(posix_fadvise(fd, start, len, POSIX_FADV_DONTNEED));
#else
  (void)start;
  (void)len;
  return fcntl(fd, F_GETFD) == -1 ? rumpuser__errno(errno) : 0;
#endif
}

} // namespace

int rumpuser_syncfd(int fd, int flags, uint64_t start, uint64_t len) {
  if ((flags & ~kSyncKnown) != 0 || (flags & (RUMPUSER_SYNCFD_READ | RUMPUSER_SYNCFD_WRITE)) == 0)
    return rumpuser::kEinval;
  if (start > INT64_MAX || len > INT64_MAX - start)
    return rumpuser::kEinval;

  rumpuser::CpuReleased released;
  if (flags & RUMPUSER_SYNCFD_WRITE) {
    bool stable = (flags & (RUMPUSER_SYNCFD_BARRIER | RUMPUSER_SYNCFD_SYNC)) != 0;
    int error =
        stable ? flush_device(fd) : start_writing(fd, static_cast<int64_t>(start), static_cast<int64_t>(len));
    if (error != 0)
      return error;
  }
  if (flags & RUMPUSER_SYNCFD_READ)
    return forget_cached(fd, static_cast<int64_t>(start), static_cast<int64_t>(len));
  return 0;
}
