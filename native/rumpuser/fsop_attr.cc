// Attributes of what is in a host directory, and changing them.
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>
#if defined(__linux__)
#include <cstdio>
#include <sys/syscall.h>
#include <sys/vfs.h>
#endif

#include "fsop.h"
#include "internal.h"

namespace rumpuser {
namespace {

#if defined(__APPLE__)
#define RUMPUSER_TIME(sb, which) sb.st_##which##timespec
#else
#define RUMPUSER_TIME(sb, which) sb.st_##which##tim
#endif

void put_time(int64_t *to, const struct timespec &time) {
  to[0] = time.tv_sec;
  to[1] = time.tv_nsec;
}

struct timespec time_of(const int64_t *args) {
  struct timespec time = {};
  time.tv_sec = static_cast<time_t>(args[0]);
  time.tv_nsec = args[1] == -1 ? UTIME_OMIT : static_cast<long>(args[1]);
  return time;
}

#if defined(__linux__)

// Newer than the C library's own name for it, which emulates it in part.
#if !defined(SYS_fchmodat2)
#define SYS_fchmodat2 452
#endif

// Through the magic link of a descriptor that stands for the file itself.
int set_mode_by_proc(const Place &place, mode_t mode) {
  int fd;
  do
    fd = openat(place.dir, place.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  while (fd == -1 && errno == EINTR);
  if (fd == -1)
    return rumpuser__errno(errno);
  struct stat sb;
  int error = result(fstat(fd, &sb));
  if (error == 0 && S_ISLNK(sb.st_mode))
    error = kEopnotsupp;
  if (error == 0) {
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    error = result(chmod(path, mode));
  }
  close(fd);
  return error;
}

#endif

} // namespace

void give_attributes(const struct rumpuser_fsop &op, const struct stat &sb) {
  if (op.data == nullptr || op.len < RUMPUSER_FSATTRS * sizeof(int64_t))
    return;
  auto *to = static_cast<int64_t *>(op.data);
  to[RUMPUSER_FSATTR_DEV] = static_cast<int64_t>(sb.st_dev);
  to[RUMPUSER_FSATTR_INO] = static_cast<int64_t>(sb.st_ino);
  to[RUMPUSER_FSATTR_MODE] = sb.st_mode;
  to[RUMPUSER_FSATTR_NLINK] = static_cast<int64_t>(sb.st_nlink);
  to[RUMPUSER_FSATTR_UID] = sb.st_uid;
  to[RUMPUSER_FSATTR_GID] = sb.st_gid;
  to[RUMPUSER_FSATTR_RDEV] = static_cast<int64_t>(sb.st_rdev);
  to[RUMPUSER_FSATTR_SIZE] = sb.st_size;
  to[RUMPUSER_FSATTR_BLOCKS] = sb.st_blocks;
  to[RUMPUSER_FSATTR_BLKSIZE] = sb.st_blksize;
  put_time(to + RUMPUSER_FSATTR_ATIME, RUMPUSER_TIME(sb, a));
  put_time(to + RUMPUSER_FSATTR_MTIME, RUMPUSER_TIME(sb, m));
  put_time(to + RUMPUSER_FSATTR_CTIME, RUMPUSER_TIME(sb, c));
#if defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__)
  put_time(to + RUMPUSER_FSATTR_BIRTH, RUMPUSER_TIME(sb, birth));
#else
  put_time(to + RUMPUSER_FSATTR_BIRTH, {});
#endif
}

int set_mode(const Place &place, mode_t mode) {
  if (place.name[0] == '\0')
    return result(fchmod(place.dir, mode));
#if defined(__linux__)
  if (!fs_by_components) {
    if (syscall(SYS_fchmodat2, place.dir, place.name, mode, AT_SYMLINK_NOFOLLOW) == 0)
      return 0;
    if (errno != ENOSYS && errno != EPERM)
      return rumpuser__errno(errno);
  }
  return set_mode_by_proc(place, mode);
#else
  return result(fchmodat(place.dir, place.name, mode, AT_SYMLINK_NOFOLLOW));
#endif
}

namespace {

// Finds the file that is meant, changes it, and tells what it is like then.
template <typename Change> int change(const struct rumpuser_fsop &op, Change change) {
  Place place;
  if (int error = place.find(op.fd, op.path, op.where))
    return error;
  struct stat sb;
  if (int error = stat_of(place, op.what, &sb))
    return error;
  if (int error = change(place, sb))
    return error;
  if (stat_of(place, op.what, &sb) == 0)
    give_attributes(op, sb);
  return 0;
}

} // namespace

int fs_chmod(const struct rumpuser_fsop &op) {
  return change(op, [&op](const Place &place, const struct stat &sb) {
    // Not every host says so itself.
    return S_ISLNK(sb.st_mode) ? kEopnotsupp : set_mode(place, static_cast<mode_t>(op.args[0] & 07777));
  });
}

int fs_chown(const struct rumpuser_fsop &op) {
  return change(op, [&op](const Place &place, const struct stat &) {
    const uid_t uid = static_cast<uid_t>(op.args[0]);
    const gid_t gid = static_cast<gid_t>(op.args[1]);
    return result(place.name[0] == '\0' ? fchown(place.dir, uid, gid)
                                        : fchownat(place.dir, place.name, uid, gid, AT_SYMLINK_NOFOLLOW));
  });
}

int fs_utimes(const struct rumpuser_fsop &op) {
  return change(op, [&op](const Place &place, const struct stat &) {
    const struct timespec times[2] = {time_of(op.args), time_of(op.args + 2)};
    return result(place.name[0] == '\0' ? futimens(place.dir, times)
                                        : utimensat(place.dir, place.name, times, AT_SYMLINK_NOFOLLOW));
  });
}

int fs_truncate(const struct rumpuser_fsop &op) {
  if (op.args[0] < 0)
    return kEinval;
  return change(op, [&op](const Place &place, const struct stat &sb) {
    if (S_ISDIR(sb.st_mode))
      return kEisdir;
    if (place.name[0] == '\0')
      return result(ftruncate(place.dir, op.args[0]));
    struct rumpuser_fsop opening = op;
    opening.path = place.name;
    opening.fd = place.dir;
    opening.args[0] = RUMPUSER_OPEN_WRONLY;
    opening.data = nullptr;
    opening.where[0] = opening.where[1] = 0;
    opening.what[0] = static_cast<uint64_t>(sb.st_dev);
    opening.what[1] = static_cast<uint64_t>(sb.st_ino);
    size_t fd = 0;
    if (int error = fs_open(opening, &fd))
      return error;
    const int error = result(ftruncate(static_cast<int>(fd), op.args[0]));
    close(static_cast<int>(fd));
    return error;
  });
}

namespace {

// Whether the file system never has to ask another machine, or a program. Those that are not known may have
// to.
bool is_local(int fd) {
#if defined(__linux__)
  struct statfs fs;
  if (fstatfs(fd, &fs) == -1)
    return false;
  switch (static_cast<uint32_t>(fs.f_type)) {
  case 0xef53:     // ext2, ext3, ext4
  case 0x58465342: // xfs
  case 0x9123683e: // btrfs
  case 0x01021994: // tmpfs
  case 0xf2f52010: // f2fs
  case 0x2fc12fc1: // zfs
  case 0x794c7630: // overlayfs, which containers stand on: its layers are nearly always local
    return true;
  }
#endif
  (void)fd;
  return false;
}

} // namespace

int fs_space(const struct rumpuser_fsop &op) {
  if (op.len < RUMPUSER_FSSPACES * sizeof(int64_t))
    return kEinval;
  struct statvfs space;
  if (fstatvfs(op.fd, &space) == -1)
    return rumpuser__errno(errno);
  auto *to = static_cast<int64_t *>(op.data);
  to[RUMPUSER_FSSPACE_BSIZE] = static_cast<int64_t>(space.f_bsize);
  to[RUMPUSER_FSSPACE_FRSIZE] = static_cast<int64_t>(space.f_frsize);
  to[RUMPUSER_FSSPACE_BLOCKS] = static_cast<int64_t>(space.f_blocks);
  to[RUMPUSER_FSSPACE_BFREE] = static_cast<int64_t>(space.f_bfree);
  to[RUMPUSER_FSSPACE_BAVAIL] = static_cast<int64_t>(space.f_bavail);
  to[RUMPUSER_FSSPACE_FILES] = static_cast<int64_t>(space.f_files);
  to[RUMPUSER_FSSPACE_FFREE] = static_cast<int64_t>(space.f_ffree);
  to[RUMPUSER_FSSPACE_NAMEMAX] = static_cast<int64_t>(space.f_namemax);
  to[RUMPUSER_FSSPACE_LOCAL] = is_local(op.fd) ? 1 : 0;
  return 0;
}

} // namespace rumpuser
