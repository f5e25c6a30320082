// Operations on host directories: nothing outside the root is ever reached, while another thread swaps links,
// files and directories in and out; and the same is found name by name as in one call.
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <pthread.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "../rumpuser/fsop.h"
#include "../rumpuser/internal.h"
#include "host_check.h"

namespace {

constexpr int kRounds = 4000;

struct Outcome {
  std::mutex mutex;
  std::condition_variable arrived;
  bool done = false;
  size_t count = 0;
  int error = 0;

  static void tell(void *arg, size_t count, int error) {
    auto *self = static_cast<Outcome *>(arg);
    std::lock_guard<std::mutex> guard(self->mutex);
    self->count = count;
    self->error = error;
    self->done = true;
    self->arrived.notify_all();
  }
};

int call(struct rumpuser_fsop op, size_t *count = nullptr) {
  Outcome outcome;
  rumpuser_fsop(&op, Outcome::tell, &outcome);
  std::unique_lock<std::mutex> lock(outcome.mutex);
  outcome.arrived.wait(lock, [&outcome] { return outcome.done; });
  if (count != nullptr)
    *count = outcome.count;
  return outcome.error;
}

struct rumpuser_fsop at(int op, int fd, const char *path, int64_t arg = 0, int64_t arg2 = 0) {
  struct rumpuser_fsop request = {};
  request.op = op;
  request.fd = fd;
  request.path = path;
  request.path2 = "";
  request.args[0] = arg;
  request.args[1] = arg2;
  return request;
}

int root_of(const std::string &path) {
  size_t fd = 0;
  CHECK(call(at(RUMPUSER_FS_ROOT, -1, path.c_str()), &fd) == 0);
  return static_cast<int>(fd);
}

void put(const std::string &path, const char *content) {
  const int fd = open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  CHECK(fd != -1 && write(fd, content, strlen(content)) == static_cast<ssize_t>(strlen(content)));
  close(fd);
}

struct Swapper {
  std::string root;
  std::atomic<bool> stop{false};
};

// "way" is a directory, a link that leads out, or nothing; "file" a file, a link that leads out, or a FIFO.
void *swap(void *arg) {
  auto *self = static_cast<Swapper *>(arg);
  const std::string &root = self->root;
  while (!self->stop.load()) {
    CHECK(rename((root + "/way").c_str(), (root + "/kept").c_str()) == 0);
    CHECK(symlink("../outside", (root + "/way").c_str()) == 0);
    CHECK(unlink((root + "/way").c_str()) == 0);
    CHECK(rename((root + "/kept").c_str(), (root + "/way").c_str()) == 0);
    CHECK(symlink("../outside/secret", (root + "/new").c_str()) == 0);
    CHECK(rename((root + "/new").c_str(), (root + "/file").c_str()) == 0);
    CHECK(mkfifo((root + "/new").c_str(), 0600) == 0);
    CHECK(rename((root + "/new").c_str(), (root + "/file").c_str()) == 0);
    put(root + "/new", "inside");
    CHECK(rename((root + "/new").c_str(), (root + "/file").c_str()) == 0);
  }
  return nullptr;
}

int call_now(struct rumpuser_fsop op, size_t *count) {
  return rumpuser_fsop_now(&op, count);
}

// What is opened for reading is what was inside, whatever the path led to at which moment.
void read_one(int root, const char *path, bool now, int *reached) {
  size_t fd = 0;
  const struct rumpuser_fsop opening = at(RUMPUSER_FS_OPEN, root, path, RUMPUSER_OPEN_RDONLY);
  const int error = now ? call_now(opening, &fd) : call(opening, &fd);
  if (error != 0) {
    CHECK(error == rumpuser::kEstale || error == rumpuser::kEnoent || error == rumpuser::kEloop ||
          error == rumpuser::kEopnotsupp || (now && error == rumpuser::kEagain));
    return;
  }
  char text[16] = "";
  CHECK(read(static_cast<int>(fd), text, sizeof text) == 6 && memcmp(text, "inside", 6) == 0);
  close(static_cast<int>(fd));
  ++*reached;
}

void race(const std::string &top) {
  const std::string inside = top + "/root", outside = top + "/outside";
  CHECK(mkdir(inside.c_str(), 0700) == 0 && mkdir(outside.c_str(), 0700) == 0);
  CHECK(mkdir((inside + "/way").c_str(), 0700) == 0);
  put(outside + "/secret", "secret");
  put(inside + "/way/secret", "inside");
  put(inside + "/file", "inside");
  struct stat before, after;
  CHECK(stat((outside + "/secret").c_str(), &before) == 0);
  const int root = root_of(inside);
  Swapper swapper;
  swapper.root = inside;
  pthread_t thread;
  CHECK(pthread_create(&thread, nullptr, swap, &swapper) == 0);
  int reached = 0;
  for (int i = 0; i < kRounds; i++) {
    for (const char *path : {"way/secret", "file"}) {
      read_one(root, path, false, &reached);
      read_one(root, path, true, &reached);
    }
    for (const char *path : {"way/secret", "file"}) {
      call(at(RUMPUSER_FS_CHMOD, root, path, 0644));
      call(at(RUMPUSER_FS_CHOWN, root, path, 12345, 12345));
      struct rumpuser_fsop times = at(RUMPUSER_FS_UTIMES, root, path, 1, 1);
      call(times);
    }
    // Never an empty file outside: nothing was made or cut there.
    call(at(RUMPUSER_FS_OPEN, root, "way/made",
            RUMPUSER_OPEN_WRONLY | RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_EXCL, 0600));
    call(at(RUMPUSER_FS_MKDIR, root, "way/madedir", 0700));
    call(at(RUMPUSER_FS_UNLINK, root, "way/made"));
    call(at(RUMPUSER_FS_RMDIR, root, "way/madedir"));
    struct rumpuser_fsop link = at(RUMPUSER_FS_LINK, root, "file");
    link.path2 = "way/linked";
    call(link);
    call(at(RUMPUSER_FS_UNLINK, root, "way/linked"));
  }
  swapper.stop.store(true);
  pthread_join(thread, nullptr);
  CHECK(reached > 0);
  CHECK(stat((outside + "/secret").c_str(), &after) == 0);
  CHECK(before.st_mode == after.st_mode && before.st_uid == after.st_uid && before.st_size == after.st_size);
  CHECK(before.st_nlink == after.st_nlink && before.st_mtime == after.st_mtime);
  CHECK(unlink((outside + "/secret").c_str()) == 0);
  // Empty: nothing came to lie there.
  CHECK(rmdir(outside.c_str()) == 0);
  close(root);
}

void magic_links(const std::string &top) {
  const std::string inside = top + "/magic";
  CHECK(mkdir(inside.c_str(), 0700) == 0);
  CHECK(symlink("/proc/self/root", (inside + "/slash").c_str()) == 0);
  CHECK(symlink("/proc/self/cwd", (inside + "/cwd").c_str()) == 0);
  const int root = root_of(inside);
  for (const char *path : {"slash/etc", "cwd/x"})
    CHECK(call(at(RUMPUSER_FS_GETATTR, root, path)) == rumpuser::kEstale);
  // In proc itself, whose links are not text.
  const int proc = root_of("/proc/self");
  for (const char *path : {"root/etc", "cwd/x", "fd/0/x"})
    CHECK(call(at(RUMPUSER_FS_GETATTR, proc, path)) == rumpuser::kEstale);
  for (const char *path : {"root", "cwd", "exe"})
    CHECK(call(at(RUMPUSER_FS_OPEN, proc, path, RUMPUSER_OPEN_RDONLY)) == rumpuser::kEloop);
  close(proc);
  close(root);
}

void deep(const std::string &top) {
  const int root = root_of(top);
  std::string path = "deep";
  CHECK(call(at(RUMPUSER_FS_MKDIR, root, path.c_str(), 0700)) == 0);
  for (int i = 0; i < 30; i++) {
    path += "/d" + std::to_string(i);
    CHECK(call(at(RUMPUSER_FS_MKDIR, root, path.c_str(), 0700)) == 0);
  }
  int64_t attributes[RUMPUSER_FSATTRS];
  struct rumpuser_fsop get = at(RUMPUSER_FS_GETATTR, root, path.c_str());
  get.data = attributes;
  get.len = sizeof attributes;
  CHECK(call(get) == 0);
  struct stat sb;
  CHECK(stat((top + "/" + path).c_str(), &sb) == 0);
  CHECK(attributes[RUMPUSER_FSATTR_INO] == static_cast<int64_t>(sb.st_ino));
  CHECK(attributes[RUMPUSER_FSATTR_MODE] == static_cast<int64_t>(sb.st_mode));
  close(root);
}

} // namespace

int main() {
  for (bool by_components : {false, true}) {
    rumpuser::fs_by_components = by_components;
    TemporaryDirectory dir;
    const std::string top = dir / "top";
    CHECK(mkdir(top.c_str(), 0700) == 0);
    race(top);
    magic_links(top);
    deep(top);
  }
}
