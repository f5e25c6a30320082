// Files of the host: opening, closing, and what a path is.
//
// NetBSD: lib/librumpuser/rumpuser_file.c, rumpuser(3).
#include <cerrno>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/fs.h>
#elif defined(__APPLE__)
#include <sys/disk.h>
#endif

#include "internal.h"

namespace {

constexpr int kOpenKnown =
    RUMPUSER_OPEN_ACCMODE | RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_EXCL | RUMPUSER_OPEN_BIO;

int open_retrying(const char *path, int flags) {
  int fd;
  do
    fd = open(path, flags | O_CLOEXEC, 0644);
  while (fd == -1 && errno == EINTR);
  return fd;
}

// stat(2) says 0 for a device, so the device itself is asked. It must be opened for that; O_NONBLOCK keeps a
// tape or a terminal from blocking us.
int device_size(const char *path, uint64_t *size) {
  int fd = open_retrying(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (fd == -1)
    return rumpuser__errno(errno);
  int error = 0;
#if defined(__linux__)
  if (ioctl(fd, BLKGETSIZE64, size) == -1)
    error = rumpuser__errno(errno);
#elif defined(__APPLE__)
  uint32_t blockSize = 0;
  uint64_t blocks = 0;
  if (ioctl(fd, DKIOCGETBLOCKSIZE, &blockSize) == -1 || ioctl(fd, DKIOCGETBLOCKCOUNT, &blocks) == -1)
    error = rumpuser__errno(errno);
  *size = blocks * blockSize;
#else
  off_t end = lseek(fd, 0, SEEK_END);
  if (end == -1)
    error = rumpuser__errno(errno);
  *size = static_cast<uint64_t>(end);
#endif
  close(fd);
  return error;
}

// Block devices are read and written past the host's page cache: the kernel above has a cache of its own, and
// a completed write has reached the device. Where the host refuses, the cached descriptor is as good.
int open_block(const char *path, int flags) {
#if defined(O_DIRECT)
  struct stat sb;
  if (stat(path, &sb) == 0 && S_ISBLK(sb.st_mode)) {
    int fd = open_retrying(path, flags | O_DIRECT);
    if (fd != -1 || errno != EINVAL)
      return fd;
  }
#endif
  return open_retrying(path, flags);
}

} // namespace

int rumpuser_open(const char *path, int ruflags, int *fdp) {
  if ((ruflags & ~kOpenKnown) != 0)
    return rumpuser::kEinval;
  int flags;
  switch (ruflags & RUMPUSER_OPEN_ACCMODE) {
  case RUMPUSER_OPEN_RDONLY:
    flags = O_RDONLY;
    break;
  case RUMPUSER_OPEN_WRONLY:
    flags = O_WRONLY;
    break;
  case RUMPUSER_OPEN_RDWR:
    flags = O_RDWR;
    break;
  default:
    return rumpuser::kEinval;
  }
  if (ruflags & RUMPUSER_OPEN_CREATE)
    flags |= O_CREAT;
  // Without CREATE the host leaves EXCL undefined for anything but a device.
  if (ruflags & RUMPUSER_OPEN_EXCL)
    flags |= O_EXCL;

  rumpuser::CpuReleased released;
  int fd = (ruflags & RUMPUSER_OPEN_BIO) ? open_block(path, flags) : open_retrying(path, flags);
  if (fd == -1)
    return rumpuser__errno(errno);
  *fdp = fd;
  return 0;
}

int rumpuser_close(int fd) {
  rumpuser::CpuReleased released;
  // The descriptor is gone even when the host answers EINTR: closing again could close a stranger's.
  if (close(fd) == -1 && errno != EINTR)
    return rumpuser__errno(errno);
  return 0;
}

int rumpuser_getfileinfo(const char *path, uint64_t *sizep, int *typep) {
  struct stat sb;
  if (stat(path, &sb) == -1)
    return rumpuser__errno(errno);

  uint64_t size = static_cast<uint64_t>(sb.st_size);
  int type = RUMPUSER_FT_OTHER;
  if (S_ISDIR(sb.st_mode)) {
    type = RUMPUSER_FT_DIR;
  } else if (S_ISREG(sb.st_mode)) {
    type = RUMPUSER_FT_REG;
  } else if (S_ISCHR(sb.st_mode)) {
    type = RUMPUSER_FT_CHR;
  } else if (S_ISBLK(sb.st_mode)) {
    type = RUMPUSER_FT_BLK;
    if (sizep != nullptr)
      if (int error = device_size(path, &size))
        return error;
  }
  if (sizep != nullptr)
    *sizep = size;
  if (typep != nullptr)
    *typep = type;
  return 0;
}
