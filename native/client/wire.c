/* Bytes on the socket, and how it is found. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "internal.h"

#define BANNER_MAX 96
#define PARTS_MAX 256

bool wire_wait(int fd, const sigset_t *signals) {
  struct pollfd ready = {fd, POLLIN, 0};
  return ppoll(&ready, 1, NULL, signals) > 0 || errno != EINTR;
}

/* Some bytes, at least one. */
static int some(int fd, void *data, size_t length, size_t *got) {
  for (;;) {
    const ssize_t n = recv(fd, data, length, 0);
    if (n > 0) {
      *got = (size_t)n;
      return 0;
    }
    if (n == 0)
      return ENOTCONN;
    if (errno != EINTR)
      return errno == ECONNRESET ? ENOTCONN : errno;
  }
}

/* What is small is read with what may be behind it, what is large goes where it belongs. */
int wire_read(struct connection *c, void *data, size_t length) {
  unsigned char *to = data;
  while (length > 0) {
    int error = 0;
    size_t n = c->end - c->at;
    if (n > 0) {
      n = n < length ? n : length;
      memcpy(to, c->input + c->at, n);
      c->at += n;
    } else if (length >= sizeof c->input) {
      error = some(c->fd, to, length, &n);
    } else {
      c->at = 0;
      c->end = 0;
      error = some(c->fd, c->input, sizeof c->input, &c->end);
    }
    if (error != 0)
      return error;
    to += n;
    length -= n;
  }
  return 0;
}

int wire_write(int fd, const struct frame *head, const void *const parts[], const size_t lengths[],
               int count) {
  struct iovec iov[PARTS_MAX + 1];
  if (count > PARTS_MAX)
    return E2BIG;
  iov[0] = (struct iovec){(void *)head, sizeof *head};
  for (int i = 0; i < count; i++)
    iov[i + 1] = (struct iovec){(void *)parts[i], lengths[i]};
  struct msghdr message = {.msg_iov = iov, .msg_iovlen = (size_t)count + 1};
  while (message.msg_iovlen > 0) {
    ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR)
        continue;
      return errno == EPIPE || errno == ECONNRESET ? ENOTCONN : errno;
    }
    while (message.msg_iovlen > 0 && (size_t)n >= message.msg_iov->iov_len) {
      n -= (ssize_t)message.msg_iov->iov_len;
      message.msg_iov++;
      message.msg_iovlen--;
    }
    if (message.msg_iovlen > 0) {
      message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + n;
      message.msg_iov->iov_len -= (size_t)n;
    }
  }
  return 0;
}

static int connect_unix(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (*path == '\0' || strlen(path) >= sizeof address.sun_path) {
    errno = EINVAL;
    return -1;
  }
  strcpy(address.sun_path, path);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

static int connect_tcp(const char *where) {
  char host[256];
  const char *const colon = strrchr(where, ':');
  if (colon == NULL || colon == where || (size_t)(colon - where) >= sizeof host) {
    errno = EINVAL;
    return -1;
  }
  memcpy(host, where, (size_t)(colon - where));
  host[colon - where] = '\0';
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  if (getaddrinfo(host, colon + 1, &hints, &found) != 0) {
    errno = EINVAL;
    return -1;
  }
  int fd = -1;
  for (struct addrinfo *each = found; each != NULL && fd < 0; each = each->ai_next) {
    fd = socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, each->ai_addr, each->ai_addrlen) != 0) {
      const int error = errno;
      close(fd);
      errno = error;
      fd = -1;
    }
  }
  freeaddrinfo(found);
  if (fd >= 0) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return fd;
}

/* A line that begins as servers' do, byte by byte: what comes behind it is for others. */
static int banner(int fd) {
  char line[BANNER_MAX + 1] = "";
  for (size_t n = 0; n < BANNER_MAX; n++) {
    size_t got;
    const int error = some(fd, line + n, 1, &got);
    if (error != 0)
      return error;
    if (line[n] == '\n')
      return strncmp(line, "RUMPSP-0.", 9) == 0 ? 0 : EINVAL;
  }
  return EINVAL;
}

int wire_connect(const char *url) {
  int fd;
  if (url != NULL && strncmp(url, "unix://", 7) == 0) {
    fd = connect_unix(url + 7);
  } else if (url != NULL && strncmp(url, "tcp://", 6) == 0) {
    fd = connect_tcp(url + 6);
  } else {
    errno = EINVAL;
    return -1;
  }
  if (fd < 0)
    return -1;
  const int error = banner(fd);
  if (error != 0) {
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}
