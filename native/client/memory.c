/*
 * The memory of this program, as the server asks for it. Addresses are the kernel's idea of ours and may be
 * anything: the host copies, and says when there is nothing there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "internal.h"

#define PAGE 4096u

bool memory_copy(void *to, uint64_t from, size_t length) {
  const struct iovec local = {to, length}, remote = {(void *)(uintptr_t)from, length};
  return length == 0 || process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)length;
}

static bool copy_there(uint64_t to, const void *from, size_t length) {
  const struct iovec local = {(void *)from, length}, remote = {(void *)(uintptr_t)to, length};
  return length == 0 || process_vm_writev(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)length;
}

static void answer(struct connection *c, uint64_t reqno, int class, int type, const void *data,
                   size_t length) {
  const struct frame head = {
      .length = sizeof head + length, .reqno = reqno, .class = (uint16_t) class, .type = (uint16_t)type};
  pthread_mutex_lock(&c->writing);
  // When this fails the connection is lost, and whoever reads next finds out.
  (void)wire_write(c->fd, &head, &data, &length, 1);
  pthread_mutex_unlock(&c->writing);
}

/* Text with its NUL, or as much as was asked for; piece by piece, as what is behind it need not be there. */
size_t memory_text(unsigned char *to, uint64_t from, size_t length) {
  size_t got = 0;
  while (got < length) {
    size_t piece = PAGE - (size_t)((from + got) % PAGE);
    if (piece > length - got)
      piece = length - got;
    if (!memory_copy(to + got, from + got, piece))
      return 0;
    const unsigned char *const end = memchr(to + got, 0, piece);
    if (end != NULL)
      return (size_t)(end - to) + 1;
    got += piece;
  }
  return got;
}

static void copyin(struct connection *c, const struct frame *head, uint64_t length, uint64_t address) {
  unsigned char *const data = length > FRAME_MAX ? NULL : malloc((size_t)length + 1);
  size_t got = 0;
  bool good = false;
  if (data != NULL && head->type == COPYIN) {
    got = (size_t)length;
    good = memory_copy(data, address, got);
  } else if (data != NULL) {
    got = memory_text(data, address, (size_t)length);
    good = got > 0 || length == 0;
  }
  if (good)
    answer(c, head->reqno, CLASS_RESPONSE, COPYIN, data, got);
  else
    answer(c, head->reqno, CLASS_ERROR, COPYIN, NULL, 0);
  free(data);
}

static int host_signal(uint32_t signo) {
  // NetBSD's numbers, from 1; 0 where the host has no such signal.
  static const int signals[] = {
      0,       SIGHUP, SIGINT,  SIGQUIT, SIGILL,    SIGTRAP, SIGABRT,  0,       SIGFPE,  SIGKILL, SIGBUS,
      SIGSEGV, SIGSYS, SIGPIPE, SIGALRM, SIGTERM,   SIGURG,  SIGSTOP,  SIGTSTP, SIGCONT, SIGCHLD, SIGTTIN,
      SIGTTOU, SIGIO,  SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, 0,       SIGUSR1, SIGUSR2,
  };
  return signo < sizeof signals / sizeof *signals ? signals[signo] : 0;
}

void memory_serve(struct connection *c, const struct frame *head, const unsigned char *body, size_t length) {
  uint64_t words[2] = {0, 0};
  memcpy(words, body, length < sizeof words ? length : sizeof words);
  switch (head->type) {
  case COPYIN:
  case COPYINSTR:
    if (length >= sizeof words)
      copyin(c, head, words[0], words[1]);
    else
      answer(c, head->reqno, CLASS_ERROR, head->type, NULL, 0);
    break;
  case COPYOUT:
  case COPYOUTSTR:
    // Not answered: the call has succeeded over there, and fails here.
    if (length >= sizeof words && words[0] <= length - sizeof words &&
        !copy_there(words[1], body + sizeof words, (size_t)words[0]))
      c->faulted = true;
    break;
  case ANONMMAP: {
    void *const memory =
        words[0] == 0 || words[0] > FRAME_MAX
            ? MAP_FAILED
            : mmap(NULL, (size_t)words[0], PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const uint64_t address = memory == MAP_FAILED ? 0 : (uint64_t)(uintptr_t)memory;
    answer(c, head->reqno, CLASS_RESPONSE, ANONMMAP, &address, sizeof address);
    break;
  }
  case RAISE:
    // Signals are blocked here: it comes when the call lets them in.
    if (host_signal(head->what) != 0)
      (void)raise(host_signal(head->what));
    break;
  default:
    break;
  }
}
