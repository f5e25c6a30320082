// The end of the kernel, and signals to host processes.
//
// NetBSD: lib/librumpuser/rumpuser.c, lib/librumpuser/rumpuser_signal.c, sys/sys/signal.h, rumpuser(3).
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sys/types.h>
#include <unistd.h>

#include "internal.h"

namespace {

constexpr int kNoSignal = -1;
constexpr int kNetbsdRtmin = 33;
constexpr int kNetbsdRtmax = 63;

// The host's number for each of NetBSD's. SIGEMT and SIGINFO exist on BSD hosts alone.
constexpr int kHostSignal[kNetbsdRtmin] = {
    0,       SIGHUP,  SIGINT,  SIGQUIT, SIGILL, SIGTRAP, SIGABRT,
#if defined(SIGEMT)
    SIGEMT,
#else
    kNoSignal,
#endif
    SIGFPE,  SIGKILL, SIGBUS,  SIGSEGV, SIGSYS, SIGPIPE, SIGALRM, SIGTERM,   SIGURG,  SIGSTOP,  SIGTSTP,
    SIGCONT, SIGCHLD, SIGTTIN, SIGTTOU, SIGIO,  SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH,
#if defined(SIGINFO)
    SIGINFO,
#else
    kNoSignal,
#endif
    SIGUSR1, SIGUSR2,
#if defined(SIGPWR)
    SIGPWR,
#else
    kNoSignal,
#endif
};

int host_signal(int signo) {
  if (signo < 0 || signo > kNetbsdRtmax)
    return kNoSignal;
  if (signo < kNetbsdRtmin)
    return kHostSignal[signo];
#if defined(SIGRTMIN)
  int host = SIGRTMIN + (signo - kNetbsdRtmin);
  return host <= SIGRTMAX ? host : kNoSignal;
#else
  return kNoSignal;
#endif
}

} // namespace

void rumpuser_exit(int code) {
  if (code == RUMPUSER_PANIC)
    abort();
  exit(code);
}

int rumpuser_kill(int64_t pid, int signo) {
  int sig = host_signal(signo);
  if (sig == kNoSignal)
    return rumpuser::kEinval;
  // Groups and "everybody" are the host's own affair: a kernel signals one process.
  if (pid != RUMPUSER_PID_SELF && (pid <= 0 || pid > INT32_MAX))
    return rumpuser::kEinval;
  pid_t target = pid == RUMPUSER_PID_SELF ? getpid() : static_cast<pid_t>(pid);
  return kill(target, sig) == -1 ? rumpuser__errno(errno) : 0;
}
