// Files: opening, what a path is, scattered transfers, syncing.
#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <pthread.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "../rumpuser/internal.h"
#include "host_check.h"

namespace {

using rumpuser::kEinval;
using rumpuser::kEnoent;
constexpr int kEbadf = 9, kEexist = 17, kEspipe = 29;

void opens(const TemporaryDirectory &dir) {
  std::string path = dir / "file";
  int fd = -1;
  CHECK(rumpuser_open(path.c_str(), RUMPUSER_OPEN_RDWR, &fd) == kEnoent);
  CHECK(fd == -1);
  CHECK(rumpuser_open(path.c_str(), RUMPUSER_OPEN_ACCMODE, &fd) == kEinval);
  CHECK(rumpuser_open(path.c_str(), 0x100, &fd) == kEinval);
  CHECK(rumpuser_open(path.c_str(), RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_EXCL, &fd) ==
        0);
  CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  CHECK(rumpuser_close(fd) == 0);
  CHECK(rumpuser_close(fd) == kEbadf);
  CHECK(rumpuser_open(path.c_str(), RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_EXCL, &fd) ==
        kEexist);
}

void tells_what_a_path_is(const TemporaryDirectory &dir) {
  uint64_t size = 99;
  int type = 99;
  CHECK(rumpuser_getfileinfo((dir / "missing").c_str(), &size, &type) == kEnoent);
  CHECK(rumpuser_getfileinfo((dir / "").c_str(), &size, &type) == 0 && type == RUMPUSER_FT_DIR);
  CHECK(rumpuser_getfileinfo((dir / "file").c_str(), &size, &type) == 0);
  CHECK(type == RUMPUSER_FT_REG && size == 0);
  CHECK(truncate((dir / "file").c_str(), (off_t{1} << 40) + 7) == 0);
  CHECK(rumpuser_getfileinfo((dir / "file").c_str(), &size, nullptr) == 0 && size == (uint64_t{1} << 40) + 7);
  CHECK(truncate((dir / "file").c_str(), 0) == 0);
  CHECK(rumpuser_getfileinfo("/dev/null", nullptr, &type) == 0 && type == RUMPUSER_FT_CHR);
  CHECK(mkfifo((dir / "fifo").c_str(), 0600) == 0);
  CHECK(rumpuser_getfileinfo((dir / "fifo").c_str(), &size, &type) == 0 && type == RUMPUSER_FT_OTHER);
}

// More buffers than the host takes in one call, with and without an offset.
void moves_long_vectors(int fd) {
  constexpr size_t kCount = 3000;
  std::vector<char> bytes(kCount);
  std::vector<struct rumpuser_iovec> iov(kCount);
  for (size_t i = 0; i < kCount; i++) {
    bytes[i] = static_cast<char>(i * 7);
    iov[i] = {&bytes[i], 1};
  }
  size_t count = 0;
  CHECK(rumpuser_iovwrite(fd, iov.data(), kCount, 100, &count) == 0 && count == kCount);
  std::vector<char> wrote = bytes;
  std::fill(bytes.begin(), bytes.end(), 0);
  CHECK(lseek(fd, 100, SEEK_SET) == 100);
  CHECK(rumpuser_iovread(fd, iov.data(), kCount, RUMPUSER_IOV_NOSEEK, &count) == 0 && count == kCount);
  CHECK(bytes == wrote);
  CHECK(lseek(fd, 0, SEEK_CUR) == 100 + static_cast<off_t>(kCount));
  // A short read says how much there was, and an offset leaves the position alone.
  CHECK(rumpuser_iovread(fd, iov.data(), kCount, 200, &count) == 0 && count == kCount - 100);
  CHECK(rumpuser_iovread(fd, iov.data(), kCount, 1 << 20, &count) == 0 && count == 0);
  CHECK(lseek(fd, 0, SEEK_CUR) == 100 + static_cast<off_t>(kCount));
  CHECK(rumpuser_iovread(fd, iov.data(), 1, -2, &count) == kEinval);
  CHECK(rumpuser_iovread(-1, iov.data(), 1, 0, &count) == kEbadf);
  CHECK(rumpuser_iovread(fd, iov.data(), 0, 0, &count) == 0 && count == 0);
}

void *write_late(void *arg) {
  pthread_t reader = *static_cast<pthread_t *>(arg);
  for (int i = 0; i < 20; i++) {
    usleep(2000);
    pthread_kill(reader, SIGUSR1);
  }
  return nullptr;
}

// A signal does not end a read that waits.
void survives_signals() {
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
  int pipefd[2];
  CHECK(pipe(pipefd) == 0);
  pthread_t self = pthread_self(), thread;
  CHECK(pthread_create(&thread, nullptr, write_late, &self) == 0);
  pthread_t writer;
  CHECK(pthread_create(
            &writer, nullptr,
            [](void *arg) -> void * {
              usleep(60000);
              CHECK(write(*static_cast<int *>(arg), "x", 1) == 1);
              return nullptr;
            },
            &pipefd[1]) == 0);
  char byte = 0;
  struct rumpuser_iovec iov = {&byte, 1};
  size_t count = 0;
  CHECK(rumpuser_iovread(pipefd[0], &iov, 1, RUMPUSER_IOV_NOSEEK, &count) == 0 && count == 1 && byte == 'x');
  CHECK(rumpuser_iovread(pipefd[0], &iov, 1, 0, &count) == kEspipe);
  pthread_join(thread, nullptr);
  pthread_join(writer, nullptr);
  close(pipefd[0]);
  close(pipefd[1]);
}

void syncs(int fd) {
  for (int how :
       {0, RUMPUSER_SYNCFD_BARRIER, RUMPUSER_SYNCFD_SYNC, RUMPUSER_SYNCFD_BARRIER | RUMPUSER_SYNCFD_SYNC})
    for (int what :
         {RUMPUSER_SYNCFD_READ, RUMPUSER_SYNCFD_WRITE, RUMPUSER_SYNCFD_READ | RUMPUSER_SYNCFD_WRITE}) {
      CHECK(rumpuser_syncfd(fd, what | how, 0, 0) == 0);
      CHECK(rumpuser_syncfd(fd, what | how, 4096, 8192) == 0);
    }
  CHECK(rumpuser_syncfd(fd, 0, 0, 0) == kEinval);
  CHECK(rumpuser_syncfd(fd, RUMPUSER_SYNCFD_SYNC, 0, 0) == kEinval);
  CHECK(rumpuser_syncfd(fd, RUMPUSER_SYNCFD_WRITE | 0x100, 0, 0) == kEinval);
  CHECK(rumpuser_syncfd(fd, RUMPUSER_SYNCFD_WRITE, UINT64_MAX, 0) == kEinval);
  CHECK(rumpuser_syncfd(fd, RUMPUSER_SYNCFD_WRITE, 1, INT64_MAX) == kEinval);
  for (int what : {RUMPUSER_SYNCFD_READ, RUMPUSER_SYNCFD_WRITE, RUMPUSER_SYNCFD_WRITE | RUMPUSER_SYNCFD_SYNC})
    CHECK(rumpuser_syncfd(-1, what, 0, 0) == kEbadf);
}

} // namespace

int main() {
  TemporaryDirectory dir;
  opens(dir);
  tells_what_a_path_is(dir);
  int fd;
  CHECK(rumpuser_open((dir / "file").c_str(), RUMPUSER_OPEN_RDWR, &fd) == 0);
  moves_long_vectors(fd);
  syncs(fd);
  CHECK(rumpuser_close(fd) == 0);
  survives_signals();
}
