// Operations on host directories, on host threads (jobs.h).
//
// A request names its file by a descriptor and a path of plain names; fsop_path.cc says why that cannot lead
// out of the root. An operation that fails has changed nothing.
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <new>
#include <unistd.h>
#if defined(__linux__)
#include <linux/falloc.h>
#endif

#include "fsop.h"
#include "internal.h"
#include "jobs.h"

namespace {

using namespace rumpuser;

// Runs `act` on the place of a name, and tells what is there then.
template <typename Act> int at_name(const struct rumpuser_fsop &op, Act act) {
  Place place;
  if (int error = place.find(op.fd, op.path, op.where))
    return error;
  if (place.name[0] == '\0')
    return kEinval;
  if (int error = act(place))
    return error;
  struct stat sb;
  const uint64_t anything[2] = {0, 0};
  if (stat_of(place, anything, &sb) == 0)
    give_attributes(op, sb);
  return 0;
}

int fs_getattr(const struct rumpuser_fsop &op) {
  Place place;
  if (int error = place.find(op.fd, op.path, op.where))
    return error;
  struct stat sb;
  if (int error = stat_of(place, op.what, &sb))
    return error;
  give_attributes(op, sb);
  return 0;
}

int fs_readlink(const struct rumpuser_fsop &op, size_t *count) {
  Place place;
  if (int error = place.find(op.fd, op.path, op.where))
    return error;
  const ssize_t length = place.name[0] == '\0'
                             ? (errno = EINVAL, -1)
                             : readlinkat(place.dir, place.name, static_cast<char *>(op.data), op.len);
  if (length == -1)
    return rumpuser__errno(errno);
  *count = static_cast<size_t>(length);
  return 0;
}

int fs_mkdir(const struct rumpuser_fsop &op) {
  return at_name(op, [&op](const Place &place) {
    const mode_t mode = static_cast<mode_t>(op.args[0] & 07777);
    if (mkdirat(place.dir, place.name, mode & 0700) == -1)
      return rumpuser__errno(errno);
    // The process's umask is not the caller's.
    const int error = set_mode(place, mode);
    if (error != 0)
      unlinkat(place.dir, place.name, AT_REMOVEDIR);
    return error;
  });
}

int fs_mknod(const struct rumpuser_fsop &op) {
  const mode_t type = static_cast<mode_t>(op.args[0]) & S_IFMT;
  if (type != S_IFIFO && type != S_IFSOCK)
    return kEopnotsupp;
  return at_name(op, [&op, type](const Place &place) {
    const mode_t mode = static_cast<mode_t>(op.args[0] & 07777);
    if (mknodat(place.dir, place.name, type | (mode & 0700), 0) == -1)
      return rumpuser__errno(errno);
    const int error = set_mode(place, mode);
    if (error != 0)
      unlinkat(place.dir, place.name, 0);
    return error;
  });
}

int fs_symlink(const struct rumpuser_fsop &op) {
  if (op.path2 == nullptr)
    return kEinval;
  return at_name(op,
                 [&op](const Place &place) { return result(symlinkat(op.path2, place.dir, place.name)); });
}

// From one name to another, once it is sure that the first leads to what is meant.
int between(const struct rumpuser_fsop &op, int (*act)(const Place &from, const Place &to)) {
  Place from, to;
  if (int error = from.find(op.fd, op.path, op.where))
    return error;
  if (int error = to.find(op.fd, op.path2, op.where2))
    return error;
  if (from.name[0] == '\0' || to.name[0] == '\0')
    return kEinval;
  struct stat sb;
  if (int error = stat_of(from, op.what, &sb))
    return error;
  return act(from, to);
}

int fs_link(const struct rumpuser_fsop &op) {
  return between(op, [](const Place &from, const Place &to) {
    return result(linkat(from.dir, from.name, to.dir, to.name, 0));
  });
}

int fs_rename(const struct rumpuser_fsop &op) {
  return between(op, [](const Place &from, const Place &to) {
    return result(renameat(from.dir, from.name, to.dir, to.name));
  });
}

int fs_unlink(const struct rumpuser_fsop &op, int flags) {
  Place place;
  if (int error = place.find(op.fd, op.path, op.where))
    return error;
  if (place.name[0] == '\0')
    return kEinval;
  struct stat sb;
  if (int error = stat_of(place, op.what, &sb))
    return error;
  return result(unlinkat(place.dir, place.name, flags));
}

int fs_close(const struct rumpuser_fsop &op) {
  // The descriptor is gone even when the host answers EINTR.
  return close(op.fd) == -1 && errno != EINTR ? rumpuser__errno(errno) : 0;
}

int fs_fsync(const struct rumpuser_fsop &op) {
#if defined(__APPLE__)
  return result(fcntl(op.fd, F_FULLFSYNC));
#else
  return result(op.args[0] == 1 ? fdatasync(op.fd) : fsync(op.fd));
#endif
}

int fs_seek(const struct rumpuser_fsop &op, size_t *count) {
#if defined(SEEK_DATA) && defined(SEEK_HOLE)
  const off_t at = lseek(op.fd, op.args[0], op.args[1] == 0 ? SEEK_DATA : SEEK_HOLE);
  if (at == -1)
    return rumpuser__errno(errno);
  *count = static_cast<size_t>(at);
  return 0;
#else
  (void)op;
  (void)count;
  return kEopnotsupp;
#endif
}

int fs_allocate(const struct rumpuser_fsop &op) {
  if (op.args[0] < 0 || op.args[1] <= 0)
    return kEinval;
#if defined(__linux__)
  return result(fallocate(op.fd, 0, op.args[0], op.args[1]));
#else
  return kEopnotsupp;
#endif
}

int fs_discard(const struct rumpuser_fsop &op) {
  if (op.args[0] < 0 || op.args[1] <= 0)
    return kEinval;
#if defined(__linux__)
  return result(fallocate(op.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, op.args[0], op.args[1]));
#else
  return kEopnotsupp;
#endif
}

int perform(const struct rumpuser_fsop &op, size_t *count) {
  switch (op.op) {
  case RUMPUSER_FS_ROOT:
    return fs_root(op, count);
  case RUMPUSER_FS_OPEN:
    return fs_open(op, count);
  case RUMPUSER_FS_CLOSE:
    return fs_close(op);
  case RUMPUSER_FS_GETATTR:
    return fs_getattr(op);
  case RUMPUSER_FS_READDIR:
    return fs_readdir(op, count);
  case RUMPUSER_FS_READLINK:
    return fs_readlink(op, count);
  case RUMPUSER_FS_MKDIR:
    return fs_mkdir(op);
  case RUMPUSER_FS_MKNOD:
    return fs_mknod(op);
  case RUMPUSER_FS_SYMLINK:
    return fs_symlink(op);
  case RUMPUSER_FS_LINK:
    return fs_link(op);
  case RUMPUSER_FS_RENAME:
    return fs_rename(op);
  case RUMPUSER_FS_UNLINK:
    return fs_unlink(op, 0);
  case RUMPUSER_FS_RMDIR:
    return fs_unlink(op, AT_REMOVEDIR);
  case RUMPUSER_FS_CHMOD:
    return fs_chmod(op);
  case RUMPUSER_FS_CHOWN:
    return fs_chown(op);
  case RUMPUSER_FS_UTIMES:
    return fs_utimes(op);
  case RUMPUSER_FS_TRUNCATE:
    return fs_truncate(op);
  case RUMPUSER_FS_STATFS:
    return fs_space(op);
  case RUMPUSER_FS_FSYNC:
    return fs_fsync(op);
  case RUMPUSER_FS_SEEK:
    return fs_seek(op, count);
  case RUMPUSER_FS_ALLOCATE:
    return fs_allocate(op);
  case RUMPUSER_FS_DISCARD:
    return fs_discard(op);
  default:
    return kEinval;
  }
}

struct Request : Job {
  const struct rumpuser_fsop *op;
  rumpuser_biodone_fn done;
  void *arg;
};

void complete(const Request &request) {
  size_t count = 0;
  const int error = perform(*request.op, &count);
  request.done(request.arg, error == 0 ? count : 0, error);
}

void run(Job *job) {
  Request *request = static_cast<Request *>(job);
  complete(*request);
  delete request;
}

} // namespace

void rumpuser_fsop(const struct rumpuser_fsop *op, rumpuser_biodone_fn done, void *arg) {
  Request here = {{run, nullptr}, op, done, arg};
  if (Request *request = new (std::nothrow) Request(here))
    submit(request);
  else
    complete(here);
}
