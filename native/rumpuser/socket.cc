#include "socket.h"

#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "internal.h"

namespace rumpuser {
namespace {

constexpr int kBacklog = 511;

#ifdef MSG_NOSIGNAL
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;
#endif

int host_error() {
  return rumpuser__errno(errno);
}

void set_option(int fd, int level, int option) {
  const int on = 1;
  setsockopt(fd, level, option, &on, sizeof on);
}

// What every descriptor here is: closed on exec, never waited in, no source of SIGPIPE. Where the host can
// have the first two from the beginning, no other thread that executes a program comes in between.
#ifdef SOCK_CLOEXEC
constexpr int kMade = SOCK_CLOEXEC | SOCK_NONBLOCK;

int accept_made(int fd, struct sockaddr *from, socklen_t *length) {
  return accept4(fd, from, length, kMade);
}
#else
constexpr int kMade = 0;

int accept_made(int fd, struct sockaddr *from, socklen_t *length) {
  return accept(fd, from, length);
}
#endif

int prepare(int fd, int family) {
  if (kMade == 0 && (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)) {
    const int error = host_error();
    close(fd);
    return error;
  }
#ifdef SO_NOSIGPIPE
  set_option(fd, SOL_SOCKET, SO_NOSIGPIPE);
#endif
  if (family == AF_INET)
    set_option(fd, IPPROTO_TCP, TCP_NODELAY);
  return 0;
}

int make(int family, int *fd) {
  *fd = socket(family, SOCK_STREAM | kMade, 0);
  return *fd < 0 ? host_error() : prepare(*fd, family);
}

int address_of(const char *path, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address->sun_path)
    return kEnametoolong;
  strcpy(address->sun_path, path);
  return 0;
}

int address_of(const char *host, uint16_t port, struct sockaddr_in *address) {
  struct addrinfo hints = {}, *found = nullptr;
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  if (getaddrinfo(host, nullptr, &hints, &found) != 0)
    return kEinval;
  memcpy(address, found->ai_addr, sizeof *address);
  freeaddrinfo(found);
  address->sin_port = htons(port);
  return 0;
}

// A socket on which `use` has been done with the address; closed when that fails.
template <typename Address, typename Use>
int with_socket(int family, const Address &address, int *fd, Use use) {
  int error = make(family, fd);
  if (error == 0 && use(*fd, reinterpret_cast<const struct sockaddr *>(&address), sizeof address) != 0) {
    error = host_error();
    close(*fd);
  }
  return error;
}

int bind_and_listen(int fd, const struct sockaddr *address, socklen_t length) {
  return bind(fd, address, length) == 0 ? listen(fd, kBacklog) : -1;
}

int begin_to_connect(int fd, const struct sockaddr *address, socklen_t length) {
  return connect(fd, address, length) == 0 || errno == EINPROGRESS ? 0 : -1;
}

} // namespace

int socket_listen_unix(const char *path, int *fd) {
  struct sockaddr_un address;
  const int error = address_of(path, &address);
  return error != 0 ? error : with_socket(AF_UNIX, address, fd, bind_and_listen);
}

int socket_listen_tcp(const char *host, uint16_t port, int *fd, uint16_t *bound) {
  struct sockaddr_in address;
  int error = address_of(host, port, &address);
  if (error != 0)
    return error;
  error = with_socket(AF_INET, address, fd, [](int socket, const struct sockaddr *where, socklen_t length) {
    set_option(socket, SOL_SOCKET, SO_REUSEADDR);
    return bind_and_listen(socket, where, length);
  });
  if (error != 0)
    return error;
  socklen_t length = sizeof address;
  getsockname(*fd, reinterpret_cast<struct sockaddr *>(&address), &length);
  *bound = ntohs(address.sin_port);
  return 0;
}

int socket_spare(int *spare) {
  *spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
  return *spare < 0 ? host_error() : 0;
}

int socket_accept(int fd, int *spare, int *accepted) {
  struct sockaddr_storage from;
  socklen_t length = sizeof from;
  *accepted = accept_made(fd, reinterpret_cast<struct sockaddr *>(&from), &length);
  if (*accepted >= 0)
    return prepare(*accepted, from.ss_family);
  if (errno == EMFILE || errno == ENFILE) {
    // Left where it is, it would be announced again and again.
    close(*spare);
    const int turned_away = accept(fd, nullptr, nullptr);
    if (turned_away >= 0)
      close(turned_away);
    socket_spare(spare);
    return kEagain;
  }
  return errno == ECONNABORTED || errno == EINTR ? kEagain : host_error();
}

std::string socket_peer(int fd) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  char host[INET_ADDRSTRLEN];
  if (getpeername(fd, reinterpret_cast<struct sockaddr *>(&address), &length) != 0 ||
      address.sin_family != AF_INET || inet_ntop(AF_INET, &address.sin_addr, host, sizeof host) == nullptr)
    return "";
  return std::string(host) + ":" + std::to_string(ntohs(address.sin_port));
}

int socket_connect_unix(const char *path, int *fd) {
  struct sockaddr_un address;
  const int error = address_of(path, &address);
  return error != 0 ? error : with_socket(AF_UNIX, address, fd, begin_to_connect);
}

int socket_connect_tcp(const char *host, uint16_t port, int *fd) {
  struct sockaddr_in address;
  const int error = address_of(host, port, &address);
  return error != 0 ? error : with_socket(AF_INET, address, fd, begin_to_connect);
}

int socket_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
    return host_error();
  return error == 0 ? 0 : rumpuser__errno(error);
}

int socket_recv(int fd, void *data, size_t size, size_t *count) {
  ssize_t n;
  do {
    n = recv(fd, data, size, 0);
  } while (n < 0 && errno == EINTR);
  if (n < 0)
    return host_error();
  *count = static_cast<size_t>(n);
  return 0;
}

int socket_send(int fd, const struct iovec *iov, size_t iovlen, size_t *count) {
  struct msghdr message = {};
  message.msg_iov = const_cast<struct iovec *>(iov);
  message.msg_iovlen = iovlen;
  ssize_t n;
  do {
    n = iovlen == 1 ? send(fd, iov->iov_base, iov->iov_len, kSendFlags) : sendmsg(fd, &message, kSendFlags);
  } while (n < 0 && errno == EINTR);
  if (n < 0)
    return host_error();
  *count = static_cast<size_t>(n);
  return 0;
}

void socket_close(int fd) {
  close(fd);
}

} // namespace rumpuser
