/* Calls on sockets from a program in C, for test/sysproxy/client_sockets.test.ts: addresses and messages go
 * there and come back. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <rump/rump_syscalls.h>
#include <rump/rumpclient.h>
#include <rump/rumpdefs.h>

#include "client_check.h"

/* The address `path`, without a NUL. */
static uint32_t name(struct rump_sockaddr_un *to, const char *path) {
  const size_t length = strlen(path);
  memset(to, 0, sizeof *to);
  to->sun_family = RUMP_AF_LOCAL;
  memcpy(to->sun_path, path, length);
  return (uint32_t)(2 + length);
}

static bool is(const struct rump_sockaddr_un *address, uint32_t length, const char *path) {
  return length == 2 + strlen(path) && address->sun_len == length && address->sun_family == RUMP_AF_LOCAL &&
         memcmp(address->sun_path, path, length - 2) == 0;
}

#define SA(address) ((struct rump_sockaddr *)(address))

static int bound(const char *path) {
  struct rump_sockaddr_un address;
  const uint32_t length = name(&address, path);
  const int s = rump_sys_socket(RUMP_AF_LOCAL, RUMP_SOCK_DGRAM, 0);
  CHECK(s >= 0 && rump_sys_bind(s, SA(&address), length) == 0);
  return s;
}

static void addresses(void) {
  const int by = bound("by"), to = bound("to");
  struct rump_sockaddr_un address, from;
  uint32_t length = sizeof from;
  CHECK(rump_sys_getsockname(by, SA(&from), &length) == 0 && is(&from, length, "by"));
  length = 3;
  memset(&from, 'x', sizeof from);
  CHECK(rump_sys_getsockname(by, SA(&from), &length) == 0 && length == 3 && from.sun_path[1] == 'x');
  CHECK(rump_sys_getpeername(by, SA(&from), &length) == -1 && errno == ENOTCONN);
  CHECK(rump_sys_connect(by, SA(&address), name(&address, "to")) == 0);
  length = sizeof from;
  CHECK(rump_sys_getpeername(by, SA(&from), &length) == 0 && is(&from, length, "to"));
  CHECK(rump_sys_sendto(by, "hello", 5, 0, NULL, 0) == 5);
  char in[8];
  length = sizeof from;
  CHECK(rump_sys_recvfrom(to, in, sizeof in, 0, SA(&from), &length) == 5 && memcmp(in, "hello", 5) == 0);
  CHECK(is(&from, length, "by"));
  CHECK(rump_sys_sendto(to, "x", 1, 0, SA(&address), name(&address, "none")) == -1 && errno == ECONNREFUSED);
  CHECK(rump_sys_bind(by, SA(&address), 2) == -1 && errno == EINVAL);
  CHECK(rump_sys_bind(by, NULL, 10) == -1 && errno == EFAULT);
  CHECK(rump_sys_bind(by, SA(16), 10) == -1 && errno == EFAULT);

  const int server = bound("server");
  CHECK(rump_sys_listen(server, 5) == 0);
  const int client = bound("client");
  CHECK(rump_sys_connect(client, SA(&address), name(&address, "server")) == 0);
  length = sizeof from;
  const int fd = rump_sys_accept(server, SA(&from), &length);
  CHECK(fd >= 0 && is(&from, length, "client"));
  CHECK(rump_sys_connect(client, SA(&address), length = name(&address, "server")) == 0);
  const rump_sigset_t mask = {{0}};
  CHECK(rump_sys_paccept(server, NULL, NULL, &mask, RUMP_SOCK_CLOEXEC) > fd);

  int fds[2] = {-1, -1};
  CHECK(rump_sys_socketpair(RUMP_AF_LOCAL, RUMP_SOCK_DGRAM, 0, fds) == 0 && fds[0] != fds[1]);
  CHECK(rump_sys_sendto(fds[0], "x", 1, 0, NULL, 0) == 1 &&
        rump_sys_recvfrom(fds[1], in, 1, 0, NULL, NULL) == 1);

  uint32_t size[2] = {8, 77};
  CHECK(rump_sys_setsockopt(by, RUMP_SOL_SOCKET, RUMP_SO_SNDBUF, "four", 4) == 0);
  CHECK(rump_sys_getsockopt(by, RUMP_SOL_SOCKET, RUMP_SO_SNDBUF, in, size) == 0);
  CHECK(size[0] == 4 && size[1] == 77 && memcmp(in, "four", 4) == 0);
}

/* As much as one call moves, in many pieces. */
#define LARGE 600000
#define PIECES 40

static void messages(void) {
  const int by = bound("by"), to = bound("to");
  static char out[LARGE], in[LARGE];
  for (int i = 0; i < LARGE; i++)
    out[i] = (char)(i * 7);
  struct rump_sockaddr_un address, from;
  struct {
    struct rump_cmsghdr header;
    char data[8];
  } control = {{24, 7, 8, 0}, "control"}, got;
  const size_t sizes[] = {10, 3000, LARGE};
  for (int i = 0; i < 3; i++) {
    const size_t piece = sizes[i] / PIECES;
    struct iovec there[PIECES + 1], back[2] = {{in, 5}, {in + 5, sizeof in - 5}};
    for (int j = 0; j < PIECES; j++)
      there[j] = (struct iovec){out + j * piece, piece};
    there[PIECES] = (struct iovec){out + PIECES * piece, sizes[i] - PIECES * piece};
    const struct rump_msghdr message = {.msg_name = &address,
                                        .msg_namelen = name(&address, "to"),
                                        .msg_iov = there,
                                        .msg_iovlen = PIECES + 1,
                                        .msg_control = &control,
                                        .msg_controllen = sizeof control};
    CHECK(rump_sys_sendmsg(by, &message, 0) == (ssize_t)sizes[i]);
    memset(in, 0, sizeof in);
    struct rump_msghdr room = {.msg_name = &from,
                               .msg_namelen = sizeof from,
                               .msg_iov = back,
                               .msg_iovlen = 2,
                               .msg_control = &got,
                               .msg_controllen = sizeof got,
                               .msg_flags = -1};
    CHECK(rump_sys_recvmsg(to, &room, 0) == (ssize_t)sizes[i] && memcmp(in, out, sizes[i]) == 0);
    CHECK(is(&from, room.msg_namelen, "by") && room.msg_flags == 0);
    CHECK(room.msg_controllen == sizeof got && memcmp(&got, &control, sizeof got) == 0);
    CHECK(room.msg_iov == back && room.msg_iovlen == 2 && room.msg_control == &got);
  }
  struct rump_msghdr bad = {.msg_iov = (struct iovec *)16, .msg_iovlen = 1};
  CHECK(rump_sys_sendmsg(by, &bad, 0) == -1 && errno == EFAULT);
  CHECK(rump_sys_recvmsg(to, &bad, 0) == -1 && errno == EFAULT);
  bad.msg_iovlen = -1;
  CHECK(rump_sys_sendmsg(by, &bad, 0) == -1 && errno == EMSGSIZE);
  CHECK(rump_sys_sendmsg(by, NULL, 0) == -1 && errno == EFAULT);
  bad = (struct rump_msghdr){.msg_name = (void *)16, .msg_namelen = 100};
  CHECK(rump_sys_sendmsg(by, &bad, 0) == -1 && errno == EFAULT);
  bad = (struct rump_msghdr){.msg_control = &control, .msg_controllen = 8};
  CHECK(rump_sys_sendmsg(by, &bad, 0) == -1 && errno == EINVAL);
}

/* Everything that the kernel will read goes along: it asks for nothing. */
static void once(void) {
  struct rump_sockaddr_un address, from;
  const int by = bound("by"), to = bound("to");
  uint32_t length = sizeof from;
  CHECK(rump_sys_getsockname(by, SA(&from), &length) == 0);
  CHECK(rump_sys_connect(by, SA(&address), name(&address, "to")) == 0);
  char control[16] = {16}, room[32], in[8];
  struct iovec pieces[2] = {{"one", 3}, {"two", 3}}, back[1] = {{in, sizeof in}};
  struct rump_mmsghdr list[2] = {{{&address, name(&address, "to"), pieces, 2, control, 16, 0}, 0},
                                 {{NULL, 0, pieces, 1, NULL, 0, 0}, 0}};
  CHECK(rump_sys_sendmsg(by, &list[0].msg_hdr, 0) == 6);
  CHECK(rump_sys_sendmmsg(by, list, 2, 0) == 2);
  for (int i = 0; i < 2; i++)
    list[i].msg_hdr = (struct rump_msghdr){&from, sizeof from, back, 1, room, sizeof room, 0};
  CHECK(rump_sys_recvmsg(to, &list[0].msg_hdr, 0) == 6);
  list[0].msg_hdr.msg_controllen = sizeof room;
  CHECK(rump_sys_recvmmsg(to, list, 2, 0, NULL) == 2);
  CHECK(rump_sys_setsockopt(by, 1, 2, "x", 1) == 0);
  length = 1;
  CHECK(rump_sys_getsockopt(by, 1, 2, in, &length) == 0);
}

#define MANY 100

static void several(void) {
  const int by = bound("by"), to = bound("to");
  struct rump_sockaddr_un address, from[MANY];
  const uint32_t length = name(&address, "to");
  CHECK(rump_sys_connect(by, SA(&address), length) == 0);
  static struct rump_mmsghdr out[MANY], in[MANY];
  static struct iovec there[MANY], back[MANY];
  static char room[MANY][4];
  for (int i = 0; i < MANY; i++) {
    there[i] = (struct iovec){"abc", (size_t)(i % 4)};
    back[i] = (struct iovec){room[i], 2};
    out[i].msg_hdr.msg_iov = &there[i];
    out[i].msg_hdr.msg_iovlen = 1;
    out[i].msg_len = 99;
    in[i].msg_hdr = (struct rump_msghdr){
        .msg_name = &from[i], .msg_namelen = sizeof *from, .msg_iov = &back[i], .msg_iovlen = 1};
    in[i].msg_len = 99;
  }
  // The last but one is nowhere.
  out[MANY - 2].msg_hdr.msg_iov = (struct iovec *)16;
  CHECK(rump_sys_sendmmsg(by, out, MANY, 0) == MANY - 2);
  CHECK(out[3].msg_len == 3 && out[MANY - 2].msg_len == 99);
  CHECK(rump_sys_recvmmsg(to, in, MANY, RUMP_MSG_WAITFORONE, NULL) == MANY - 2);
  for (int i = 0; i < MANY - 2; i++) {
    const uint32_t moved = i % 4 < 2 ? (uint32_t)i % 4 : 2;
    CHECK(in[i].msg_len == moved && memcmp(room[i], "abc", moved) == 0);
    CHECK(is(&from[i], in[i].msg_hdr.msg_namelen, "by"));
    CHECK((in[i].msg_hdr.msg_flags == RUMP_MSG_TRUNC) == (i % 4 == 3));
  }
  CHECK(in[MANY - 1].msg_len == 99 && in[MANY - 1].msg_hdr.msg_namelen == sizeof *from);
}

int main(int argc, char **argv) {
  (void)argc;
  CHECK(rumpclient_init() == 0);
  if (strcmp(argv[1], "addresses") == 0)
    addresses();
  else if (strcmp(argv[1], "messages") == 0)
    messages();
  else if (strcmp(argv[1], "several") == 0)
    several();
  else if (strcmp(argv[1], "once") == 0)
    once();
  else
    return 64;
  rumpclient_fini();
  puts("ok");
  return 0;
}
