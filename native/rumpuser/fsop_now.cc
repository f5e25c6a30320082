// Operations that are done at once if that needs no waiting.
//
// Linux resolves a path from its name cache alone when told to (RESOLVE_CACHED), and reads a file from its
// page cache alone (RWF_NOWAIT). Looking again at what is there then costs no thread. Whether a file system
// keeps these promises is for it to say; the local ones do.
#include <cerrno>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fsop.h"
#include "internal.h"

#if defined(__linux__)

namespace {

using namespace rumpuser;

int getattr_now(const struct rumpuser_fsop &op) {
  Place place;
  if (int error = place.find(op.fd, op.path, op.where, Place::How::from_memory))
    return error;
  struct stat sb;
  if (place.name[0] == '\0') {
    if (fstat(place.dir, &sb) == -1)
      return rumpuser__errno(errno);
  } else {
    const int fd = open_from_memory(place.dir, place.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1)
      return rumpuser__errno(errno);
    const int error = result(fstat(fd, &sb));
    close(fd);
    if (error != 0)
      return error;
  }
  if (!is_that(sb, op.what))
    return kEstale;
  give_attributes(op, sb);
  return 0;
}

} // namespace

int rumpuser_fsop_now(const struct rumpuser_fsop *op, size_t *count) {
  *count = 0;
  switch (op->op) {
  case RUMPUSER_FS_GETATTR:
    return getattr_now(*op);
  case RUMPUSER_FS_OPEN:
    return fs_open_now(*op, count);
  case RUMPUSER_FS_CLOSE:
    return result(close(op->fd));
  default:
    return kEagain;
  }
}

int rumpuser_read_now(int fd, void *data, size_t len, int64_t off, size_t *count) {
  if (off < 0)
    return kEinval;
#if defined(RWF_NOWAIT)
  const struct iovec iov = {data, len};
  const ssize_t got = preadv2(fd, &iov, 1, off, RWF_NOWAIT);
  if (got >= 0) {
    *count = static_cast<size_t>(got);
    return 0;
  }
  // Some file systems do not know the flag.
  return errno == EOPNOTSUPP || errno == EINTR ? kEagain : rumpuser__errno(errno);
#else
  (void)fd;
  (void)data;
  (void)len;
  (void)count;
  return kEagain;
#endif
}

#else

int rumpuser_fsop_now(const struct rumpuser_fsop *, size_t *) {
  return rumpuser::kEagain;
}

int rumpuser_read_now(int, void *, size_t, int64_t, size_t *) {
  return rumpuser::kEagain;
}

#endif
