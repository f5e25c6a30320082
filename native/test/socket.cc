// Sockets: there and back over both kinds, and what happens when there is nobody, no room, no descriptor
// left.
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include "host_check.h"
#include "internal.h"
#include "socket.h"

using namespace rumpuser;

namespace {

constexpr int kEconnrefused = 61, kEaddrinuse = 48;

void wait_for(int fd, short events) {
  struct pollfd poll_fd = {fd, events, 0};
  CHECK(poll(&poll_fd, 1, 10'000) == 1);
}

size_t send_text(int fd, const char *first, const char *second) {
  const struct iovec iov[] = {{const_cast<char *>(first), strlen(first)},
                              {const_cast<char *>(second), strlen(second)}};
  size_t count = 0;
  CHECK(socket_send(fd, iov, 2, &count) == 0);
  return count;
}

void check_talk(int near, int far) {
  char text[16] = {};
  size_t count = 9;
  CHECK(socket_recv(far, text, sizeof text, &count) == kEagain);
  CHECK(send_text(near, "abc", "def") == 6);
  wait_for(far, POLLIN);
  CHECK(socket_recv(far, text, sizeof text, &count) == 0 && count == 6 && memcmp(text, "abcdef", 6) == 0);
  socket_close(near);
  wait_for(far, POLLIN);
  CHECK(socket_recv(far, text, sizeof text, &count) == 0 && count == 0);
  const struct iovec iov = {text, 1};
  // The first may still be taken by the host, the second never is, and nobody dies of SIGPIPE.
  socket_send(far, &iov, 1, &count);
  usleep(1000);
  CHECK(socket_send(far, &iov, 1, &count) == kEpipe);
  socket_close(far);
}

int accepted(int listener, int *spare) {
  int fd = -1;
  wait_for(listener, POLLIN);
  CHECK(socket_accept(listener, spare, &fd) == 0);
  CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0 && (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  return fd;
}

void check_unix(const std::string &path, int *spare) {
  int listener = -1, near = -1, other = -1;
  CHECK(socket_connect_unix(path.c_str(), &near) == kEnoent);
  CHECK(socket_listen_unix(path.c_str(), &listener) == 0);
  CHECK(socket_listen_unix(path.c_str(), &other) == kEaddrinuse);
  CHECK(socket_connect_unix(path.c_str(), &near) == 0);
  const int far = accepted(listener, spare);
  CHECK(socket_peer(far).empty());
  CHECK(socket_accept(listener, spare, &other) == kEagain);
  check_talk(near, far);
  socket_close(listener);
  CHECK(socket_connect_unix(path.c_str(), &near) == kEconnrefused);
  CHECK(socket_listen_unix(std::string(200, 'x').c_str(), &listener) == kEnametoolong);
}

void check_tcp(int *spare) {
  int listener = -1, near = -1;
  uint16_t port = 0;
  CHECK(socket_listen_tcp("nowhere", 0, &listener, &port) == kEinval);
  CHECK(socket_listen_tcp("127.0.0.1", 0, &listener, &port) == 0 && port != 0);
  CHECK(socket_connect_tcp("127.0.0.1", port, &near) == 0);
  wait_for(near, POLLOUT);
  CHECK(socket_error(near) == 0);
  const int far = accepted(listener, spare);
  CHECK(socket_peer(near) == "127.0.0.1:" + std::to_string(port));
  check_talk(near, far);
  socket_close(listener);
  CHECK(socket_connect_tcp("127.0.0.1", port, &near) == 0);
  wait_for(near, POLLOUT);
  CHECK(socket_error(near) == kEconnrefused);
  socket_close(near);
}

// Who cannot be taken is turned away, and not announced for ever.
void check_no_descriptor(const std::string &path, int *spare) {
  int listener = -1, near = -1, far = -1;
  CHECK(socket_listen_unix(path.c_str(), &listener) == 0);
  CHECK(socket_connect_unix(path.c_str(), &near) == 0);
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = 32;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  std::vector<int> all;
  for (int fd = dup(0); fd >= 0; fd = dup(0))
    all.push_back(fd);
  wait_for(listener, POLLIN);
  CHECK(socket_accept(listener, spare, &far) == kEagain);
  struct pollfd poll_fd = {listener, POLLIN, 0};
  CHECK(poll(&poll_fd, 1, 0) == 0);
  wait_for(near, POLLIN);
  CHECK(*spare >= 0);
  for (const int fd : all)
    close(fd);
  socket_close(near);
  CHECK(socket_connect_unix(path.c_str(), &near) == 0);
  far = accepted(listener, spare);
  check_talk(near, far);
  socket_close(listener);
}

} // namespace

int main() {
  const TemporaryDirectory directory;
  int spare = -1;
  CHECK(socket_spare(&spare) == 0);
  check_unix(directory / "one", &spare);
  check_tcp(&spare);
  check_no_descriptor(directory / "two", &spare);
  return 0;
}
