// Stream sockets of the host, for who serves this process's kernels to others and who calls others'. Nothing
// here waits: what cannot be done now is EAGAIN. Results are 0 or an errno in NetBSD's numbers.
//
// NetBSD: lib/librumpuser/rumpuser_sp.c, lib/librumpuser/sp_common.c.
#ifndef RUMPUSER_SOCKET_H
#define RUMPUSER_SOCKET_H

#include <cstddef>
#include <cstdint>
#include <string>

struct iovec;

namespace rumpuser {

int socket_listen_unix(const char *path, int *fd);
// `host` is in numbers; port 0 takes one that is free. @param bound the port that was taken
int socket_listen_tcp(const char *host, uint16_t port, int *fd, uint16_t *bound);

// EAGAIN, too, when who has come could not be taken for want of descriptors: it has been turned away. `spare`
// is a descriptor that is given up for that, and had again.
int socket_accept(int fd, int *spare, int *accepted);
// Where the other end of a TCP connection is, "127.0.0.1:1234"; empty for others.
std::string socket_peer(int fd);
int socket_spare(int *spare);

// EAGAIN for a unix socket: too many wait there, try again later. A TCP connection is there when it is
// writable and socket_error says so.
int socket_connect_unix(const char *path, int *fd);
int socket_connect_tcp(const char *host, uint16_t port, int *fd);
int socket_error(int fd);

// @param count 0 at the end of the stream
int socket_recv(int fd, void *data, size_t size, size_t *count);
// @param count at least 1 unless it fails
int socket_send(int fd, const struct iovec *iov, size_t iovlen, size_t *count);

void socket_close(int fd);

} // namespace rumpuser

#endif
