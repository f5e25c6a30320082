// What the files of fsop share: where an operation takes place, and its parts.
#ifndef RUMPUSER_FSOP_H
#define RUMPUSER_FSOP_H

#include <sys/stat.h>

#include <rump/rumpuser.h>

namespace rumpuser {

// A name in an open directory; an empty name is what the descriptor is itself.
class Place {
public:
  Place() = default;
  ~Place();
  Place(const Place &) = delete;
  Place &operator=(const Place &) = delete;

  enum class How { thoroughly, from_memory };
  // @param where the directory's device and inode; kEstale when it is another one
  // @param how from_memory: only what the host knows without looking; kEagain
  int find(int fd, const char *path, const uint64_t where[2], How how = How::thoroughly);

  int dir = -1;
  const char *name = "";

private:
  bool owned_ = false;
};

// Attributes of what is there, a symbolic link's own. kEstale unless it is `what`.
int stat_of(const Place &place, const uint64_t what[2], struct stat *sb);

bool is_that(const struct stat &sb, const uint64_t id[2]);

// Puts the attributes where the request wants them, if it does.
void give_attributes(const struct rumpuser_fsop &op, const struct stat &sb);

// The result of a call: 0 or the errno.
int result(int returned);

#if defined(__linux__)
// Opens a name of a directory from what the host knows without looking, and nowhere but in its own file
// system. -1 with errno, EAGAIN when it does not.
int open_from_memory(int dir, const char *name, int flags);
#endif

int fs_root(const struct rumpuser_fsop &op, size_t *count);
int fs_open(const struct rumpuser_fsop &op, size_t *count);
int fs_open_now(const struct rumpuser_fsop &op, size_t *count);
int fs_readdir(const struct rumpuser_fsop &op, size_t *count);
int fs_chmod(const struct rumpuser_fsop &op);
int fs_chown(const struct rumpuser_fsop &op);
int fs_utimes(const struct rumpuser_fsop &op);
int fs_truncate(const struct rumpuser_fsop &op);
int fs_space(const struct rumpuser_fsop &op);

// Sets a mode without following a link. Also for a directory just made.
int set_mode(const Place &place, mode_t mode);

// For tests: do as on a host that cannot resolve a path in one call (openat2), or change modes in one
// (fchmodat2).
extern bool fs_by_components;

} // namespace rumpuser

#endif
