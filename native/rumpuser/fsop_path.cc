// Where an operation on a host directory takes place: from a root and a path to a directory and a name.
//
// Nothing here ever follows a symbolic link or a "..", so there is no moment at which somebody could swap one
// in and lead us out. Where the host can it resolves the whole path itself (openat2); elsewhere we go name by
// name. The last name is left to the *at calls, which do not follow links either.
#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

#include "fsop.h"
#include "internal.h"

namespace rumpuser {

bool fs_by_components = false;

namespace {

constexpr size_t kNameMax = 255;

// Enough of a descriptor to look things up in it, where there is such a thing: no right to read is needed.
#if defined(O_PATH)
constexpr int kWayFlags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
#elif defined(O_SEARCH)
constexpr int kWayFlags = O_SEARCH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
#else
constexpr int kWayFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
#endif

int check_path(const char *path) {
  const size_t length = strnlen(path, PATH_MAX);
  if (length >= PATH_MAX)
    return kEnametoolong;
  for (const char *name = path;;) {
    const size_t size = strcspn(name, "/");
    if (size > kNameMax)
      return kEnametoolong;
    if (size == 0 || (name[0] == '.' && (size == 1 || (size == 2 && name[1] == '.'))))
      return kEinval;
    if (name[size] == '\0')
      return 0;
    name += size + 1;
  }
}

// What the names on the way have become something else for.
int way_error(int host) {
  return host == ENOENT || host == ENOTDIR || host == ELOOP ? kEstale : rumpuser__errno(host);
}

int retried_openat(int dir, const char *name, int flags) {
  int fd;
  do
    fd = openat(dir, name, flags);
  while (fd == -1 && errno == EINTR);
  return fd;
}

// The directory that the first `length` bytes of the path lead to, or -1.
int go_by_components(int dir, const char *path, size_t length) {
  char name[kNameMax + 1];
  int here = -1;
  for (size_t at = 0; at < length;) {
    const size_t size = strcspn(path + at, "/");
    memcpy(name, path + at, size);
    name[size] = '\0';
    const int next = retried_openat(here == -1 ? dir : here, name, kWayFlags);
    const int error = errno;
    if (here != -1)
      close(here);
    if (next == -1) {
      errno = error;
      return -1;
    }
    here = next;
    at += size + 1;
  }
  return here;
}

int go(int dir, const char *path, size_t length) {
#if defined(SYS_openat2)
  if (!fs_by_components) {
    char way[PATH_MAX];
    memcpy(way, path, length);
    way[length] = '\0';
    struct open_how how = {};
    how.flags = kWayFlags;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    int fd;
    do
      fd = static_cast<int>(syscall(SYS_openat2, dir, way, &how, sizeof how));
    while (fd == -1 && (errno == EINTR || errno == EAGAIN));
    // An old host lacks it, and a sandbox may forbid what it does not know.
    if (fd != -1 || (errno != ENOSYS && errno != EPERM))
      return fd;
  }
#endif
  return go_by_components(dir, path, length);
}

int go_from_memory(int dir, const char *path, size_t length) {
#if defined(__linux__)
  char way[PATH_MAX];
  memcpy(way, path, length);
  way[length] = '\0';
  return open_from_memory(dir, way, kWayFlags);
#else
  (void)dir;
  (void)path;
  (void)length;
  errno = EAGAIN;
  return -1;
#endif
}

} // namespace

int result(int returned) {
  return returned == -1 ? rumpuser__errno(errno) : 0;
}

bool is_that(const struct stat &sb, const uint64_t id[2]) {
  return (id[0] == 0 && id[1] == 0) ||
         (static_cast<uint64_t>(sb.st_dev) == id[0] && static_cast<uint64_t>(sb.st_ino) == id[1]);
}

Place::~Place() {
  if (owned_)
    close(dir);
}

#if defined(__linux__)

int open_from_memory(int dir, const char *name, int flags) {
#if defined(SYS_openat2) && defined(RESOLVE_CACHED)
  if (!fs_by_components) {
    struct open_how how = {};
    how.flags = static_cast<uint64_t>(flags);
    how.resolve =
        RESOLVE_CACHED | RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
    const int fd = static_cast<int>(syscall(SYS_openat2, dir, name, &how, sizeof how));
    // Others than these may be because of the flags, which an older host does not know.
    if (fd == -1 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP && errno != EACCES)
      errno = EAGAIN;
    return fd;
  }
#else
  (void)dir;
  (void)name;
  (void)flags;
#endif
  errno = EAGAIN;
  return -1;
}

#endif

int Place::find(int fd, const char *path, const uint64_t where[2], How how) {
  dir = fd;
  if (path == nullptr)
    return kEinval;
  if (path[0] == '\0')
    return 0;
  if (int error = check_path(path))
    return error;
  const char *slash = strrchr(path, '/');
  name = slash == nullptr ? path : slash + 1;
  if (slash != nullptr) {
    const size_t length = static_cast<size_t>(slash - path);
    dir = how == How::thoroughly ? go(fd, path, length) : go_from_memory(fd, path, length);
    if (dir == -1)
      return way_error(errno);
    owned_ = true;
  }
  if (where[0] == 0 && where[1] == 0)
    return 0;
  struct stat sb;
  if (fstat(dir, &sb) == -1)
    return rumpuser__errno(errno);
  return is_that(sb, where) ? 0 : kEstale;
}

int stat_of(const Place &place, const uint64_t what[2], struct stat *sb) {
  const int returned =
      place.name[0] == '\0' ? fstat(place.dir, sb) : fstatat(place.dir, place.name, sb, AT_SYMLINK_NOFOLLOW);
  if (returned == -1)
    return rumpuser__errno(errno);
  return is_that(*sb, what) ? 0 : kEstale;
}

} // namespace rumpuser
