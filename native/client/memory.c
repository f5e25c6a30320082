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
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rump/rumpdefs.h>

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
      SIGTTOU, SIGIO,  SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, 0,       SIGUSR1, SIGUSR2, SIGPWR,
  };
  if (signo < sizeof signals / sizeof *signals)
    return signals[signo];
  // Real-time signals are counted from the first.
  const int realtime = SIGRTMIN + (int)(signo - RUMP_SIGRTMIN);
  return signo <= RUMP_SIGRTMAX && realtime <= SIGRTMAX ? realtime : 0;
}

/* Signals are blocked here: it comes when the call lets them in. `body` is NetBSD's siginfo_t, if the server
 * tells who has sent it and what along with it: from SENDER on, that is where the host has it, too. */
#define SENDER 16
#define STATUS 24
static void raise_here(uint32_t signo, const unsigned char *body, size_t length) {
  const int number = host_signal(signo);
  siginfo_t info;
  int32_t word;
  if (number == 0)
    return;
  if (length < sizeof info) {
    (void)raise(number);
    return;
  }
  memset(&info, 0, sizeof info);
  memcpy((unsigned char *)&info + SENDER, body + SENDER, 16);
  memcpy(&word, body + 4, sizeof word);
  info.si_code = word;
  if (signo == RUMP_SIGCHLD && word != CLD_EXITED) {
    memcpy(&word, body + STATUS, sizeof word);
    info.si_status = host_signal((uint32_t)word);
  }
  info.si_signo = number;
  (void)syscall(SYS_rt_tgsigqueueinfo, getpid(), (pid_t)syscall(SYS_gettid), number, &info);
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
    raise_here(head->what, body, length);
    break;
  default:
    break;
  }
}
