// Opening and listing what is in a host directory.
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <vector>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

#include "fsop.h"
#include "internal.h"

namespace rumpuser {
namespace {

constexpr int kOpenKnown =
    RUMPUSER_OPEN_ACCMODE | RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_EXCL | RUMPUSER_OPEN_DIRECTORY;
// A FIFO that comes to lie where a file was must not hold the thread until it is found out.
constexpr int kAlways = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

int retried(int dir, const char *name, int flags, mode_t mode) {
  int fd;
  do
    fd = openat(dir, name, flags, mode);
  while (fd == -1 && errno == EINTR);
  return fd;
}

int host_flags(int64_t flags, int *access) {
  switch (flags & RUMPUSER_OPEN_ACCMODE) {
  case RUMPUSER_OPEN_RDONLY:
    *access = O_RDONLY;
    break;
  case RUMPUSER_OPEN_WRONLY:
    *access = O_WRONLY;
    break;
  case RUMPUSER_OPEN_RDWR:
    *access = O_RDWR;
    break;
  default:
    return kEinval;
  }
  const int64_t make = flags & (RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_EXCL);
  const bool makes = make == (RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_EXCL);
  return (flags & ~kOpenKnown) != 0 || (make != 0 && !makes) ? kEinval : 0;
}

// Only files and directories: opening a device may do something to it, and a FIFO's other end is not ours.
int check_type(const struct stat &sb, int access, bool directory) {
  if (S_ISLNK(sb.st_mode))
    return kEloop;
  if (directory)
    return S_ISDIR(sb.st_mode) ? 0 : kEnotdir;
  if (S_ISDIR(sb.st_mode))
    return access == O_RDONLY ? 0 : kEisdir;
  return S_ISREG(sb.st_mode) ? 0 : kEopnotsupp;
}

int create(const Place &place, int access, mode_t mode, int *fd) {
  // The process's umask is not the caller's: the mode is set afterwards.
  *fd = retried(place.dir, place.name, access | O_CREAT | O_EXCL | kAlways, mode & 0700);
  if (*fd == -1)
    return rumpuser__errno(errno);
  if (fchmod(*fd, mode) == 0)
    return 0;
  const int error = rumpuser__errno(errno);
  close(*fd);
  unlinkat(place.dir, place.name, 0);
  return error;
}

int open_present(const struct rumpuser_fsop &op, const Place &place, int access, bool directory, int *fd) {
  struct stat before, opened;
  if (int error = stat_of(place, op.what, &before))
    return error;
  if (int error = check_type(before, access, directory))
    return error;
  // The directory that a descriptor is, once more, with a position of its own.
  const char *name = place.name[0] == '\0' ? "." : place.name;
  *fd = retried(place.dir, name, access | kAlways, 0);
  if (*fd == -1)
    return errno == ELOOP ? kEstale : rumpuser__errno(errno);
  int error = result(fstat(*fd, &opened));
  if (error == 0 && (opened.st_dev != before.st_dev || opened.st_ino != before.st_ino))
    error = kEstale;
  if (error != 0)
    close(*fd);
  return error;
}

// One entry into the request's memory. False when it has no room.
bool put_entry(const struct rumpuser_fsop &op, size_t *at, uint64_t inode, unsigned type, const char *name) {
  const size_t length = strnlen(name, 255);
  if (op.len - *at < RUMPUSER_FSENTRY + length)
    return false;
  auto *to = static_cast<unsigned char *>(op.data) + *at;
  memcpy(to, &inode, sizeof inode);
  to[8] = static_cast<unsigned char>(type);
  to[9] = static_cast<unsigned char>(length);
  memcpy(to + RUMPUSER_FSENTRY, name, length);
  *at += RUMPUSER_FSENTRY + length;
  return true;
}

} // namespace

int fs_root(const struct rumpuser_fsop &op, size_t *count) {
  if (op.path == nullptr)
    return kEinval;
  int fd;
  do
    fd = open(op.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  while (fd == -1 && errno == EINTR);
  if (fd == -1)
    return rumpuser__errno(errno);
  *count = static_cast<size_t>(fd);
  struct stat sb;
  if (fstat(fd, &sb) == 0)
    give_attributes(op, sb);
  return 0;
}

int fs_open(const struct rumpuser_fsop &op, size_t *count) {
  int access = 0;
  if (int error = host_flags(op.args[0], &access))
    return error;
  Place place;
  if (int error = place.find(op.fd, op.path, op.where))
    return error;
  const bool makes = (op.args[0] & RUMPUSER_OPEN_CREATE) != 0;
  const bool directory = (op.args[0] & RUMPUSER_OPEN_DIRECTORY) != 0;
  if (place.name[0] == '\0' ? makes || !directory : makes && directory)
    return kEinval;
  int fd = -1;
  int error = makes ? create(place, access, static_cast<mode_t>(op.args[1] & 07777), &fd)
                    : open_present(op, place, access, directory, &fd);
  if (error != 0)
    return error;
  *count = static_cast<size_t>(fd);
  struct stat sb;
  if (fstat(fd, &sb) == 0)
    give_attributes(op, sb);
  return 0;
}

#if defined(__linux__)

int fs_open_now(const struct rumpuser_fsop &op, size_t *count) {
  int access = 0;
  if (int error = host_flags(op.args[0], &access))
    return error;
  if ((op.args[0] & RUMPUSER_OPEN_CREATE) != 0)
    return kEagain;
  Place place;
  if (int error = place.find(op.fd, op.path, op.where, Place::How::from_memory))
    return error;
  if (place.name[0] == '\0')
    return kEagain;
  struct stat sb;
  const int looked = open_from_memory(place.dir, place.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (looked == -1)
    return rumpuser__errno(errno);
  int error = result(fstat(looked, &sb));
  close(looked);
  if (error == 0 && !is_that(sb, op.what))
    error = kEstale;
  if (error == 0)
    error = check_type(sb, access, (op.args[0] & RUMPUSER_OPEN_DIRECTORY) != 0);
  if (error != 0)
    return error;
  const int fd = open_from_memory(place.dir, place.name, access | kAlways);
  if (fd == -1)
    return rumpuser__errno(errno);
  struct stat opened;
  error = result(fstat(fd, &opened));
  if (error == 0 && (opened.st_dev != sb.st_dev || opened.st_ino != sb.st_ino))
    error = kEstale;
  if (error != 0) {
    close(fd);
    return error;
  }
  *count = static_cast<size_t>(fd);
  give_attributes(op, opened);
  return 0;
}

namespace {

struct LinuxDirent {
  uint64_t inode;
  int64_t next;
  unsigned short length;
  unsigned char type;
  char name[];
};

} // namespace

int fs_readdir(const struct rumpuser_fsop &op, size_t *count) {
  // Their form of an entry is longer than ours: what fits theirs fits ours.
  std::vector<char> raw(op.len);
  const long got = syscall(SYS_getdents64, op.fd, raw.data(), raw.size());
  if (got == -1)
    return rumpuser__errno(errno);
  for (long at = 0; at < got;) {
    const auto *entry = reinterpret_cast<const LinuxDirent *>(&raw[static_cast<size_t>(at)]);
    put_entry(op, count, entry->inode, entry->type, entry->name);
    at += entry->length;
  }
  return 0;
}

#else

// A stream cannot be put aside between two calls, so each begins at the front and passes what is known.
int fs_readdir(const struct rumpuser_fsop &op, size_t *count) {
  const int fd = retried(op.fd, ".", O_RDONLY | O_DIRECTORY | kAlways, 0);
  if (fd == -1)
    return rumpuser__errno(errno);
  DIR *dir = fdopendir(fd);
  if (dir == nullptr) {
    const int error = rumpuser__errno(errno);
    close(fd);
    return error;
  }
  int64_t left = op.args[0];
  errno = 0;
  while (const struct dirent *entry = readdir(dir)) {
    if (left-- <= 0 && !put_entry(op, count, entry->d_ino, entry->d_type, entry->d_name)) {
      errno = *count == 0 ? EINVAL : 0;
      break;
    }
    errno = 0;
  }
  const int error = errno == 0 ? 0 : rumpuser__errno(errno);
  closedir(dir);
  return error;
}

#endif

} // namespace rumpuser
