/* What the client library is asked for by test/sysproxy/client_library.test.ts: one thing at a time, by name.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rump/rump_syscalls.h>
#include <rump/rumpclient.h>
#include <rump/rumpdefs.h>

#include "client_check.h"

#define LARGE (1 << 20)

static void files(void) {
  static char out[LARGE], in[LARGE];
  for (int i = 0; i < LARGE; i++)
    out[i] = (char)(i * 7);
  CHECK(rump_sys_mkdir("/tmp/dir", 0755) == 0);
  CHECK(rump_sys_mkdir("/tmp/dir", 0755) == -1 && errno == EEXIST && rumpclient_lasterror() == RUMP_EEXIST);
  const int fd = rump_sys_open("/tmp/dir/file", RUMP_O_CREAT | RUMP_O_RDWR, 0600);
  CHECK(fd >= 0);
  const size_t sizes[] = {1, 4096, 65536, LARGE};
  for (int i = 0; i < 4; i++) {
    CHECK(rump_sys_pwrite(fd, out, sizes[i], 0) == (ssize_t)sizes[i]);
    memset(in, 0, sizes[i]);
    CHECK(rump_sys_pread(fd, in, sizes[i], 0) == (ssize_t)sizes[i]);
    CHECK(memcmp(in, out, sizes[i]) == 0);
  }
  CHECK(rump_sys_posix_fallocate(fd, 0, 10) == 0);
  CHECK(rump_sys_posix_fallocate(fd, 0, 0) == EINVAL && rump_sys_posix_fallocate(99, 0, 1) == EBADF);
  const struct iovec pieces[] = {{out, 3}, {out + 100, 5}, {NULL, 0}, {out + 200, 7}};
  CHECK(rump_sys_lseek(fd, 0, RUMP_SEEK_SET) == 0);
  CHECK(rump_sys_writev(fd, pieces, 4) == 15);
  CHECK(rump_sys_lseek(fd, 0, RUMP_SEEK_SET) == 0);
  const struct iovec halves[] = {{in, 8}, {in + 8, 100}};
  CHECK(rump_sys_readv(fd, halves, 2) == 108);
  CHECK(memcmp(in, out, 3) == 0 && memcmp(in + 3, out + 100, 5) == 0 && memcmp(in + 8, out + 200, 7) == 0);
  struct rump_stat st;
  CHECK(rump_sys_stat("/tmp/dir/file", &st) == 0 && st.st_size == LARGE && (st.st_mode & 0777) == 0600);
  CHECK(rump_sys_rename("/tmp/dir/file", "/tmp/dir/other") == 0);
  CHECK(rump_sys_stat("/tmp/dir/file", &st) == -1 && errno == ENOENT);
  CHECK(rump_sys_symlink("other", "/tmp/dir/link") == 0);
  CHECK(rump_sys_open("/tmp/dir/link", RUMP_O_NOFOLLOW, 0) == -1 && errno == EINVAL);
  CHECK(rumpclient_lasterror() == RUMP_EFTYPE && rumpclient_errno(RUMP_ENOATTR) == ENODATA);
  CHECK(rumpclient_errno(RUMP_EBADRPC) == EIO && rumpclient_errno(9999) == EIO && rumpclient_errno(0) == 0);
  CHECK(rump_sys_readlink("/tmp/dir/link", in, sizeof in) == 5 && memcmp(in, "other", 5) == 0);
  CHECK(rump_sys_getcwd(in, 100) >= 0 && strcmp(in, "/") == 0);
  CHECK(rump_sys_fcntl(fd, RUMP_F_SETFD, RUMP_FD_CLOEXEC) == 0 && rump_sys_fcntl(fd, RUMP_F_GETFD, 0) == 1);
  struct rump_flock lock = {.l_type = RUMP_F_WRLCK, .l_whence = RUMP_SEEK_SET};
  CHECK(rump_sys_fcntl(fd, RUMP_F_SETLK, (uintptr_t)&lock) == 0);
  int fds[2], n = 0;
  CHECK(rump_sys_pipe(fds) == 0 && fds[0] >= 0 && fds[1] >= 0 && fds[0] != fds[1]);
  CHECK(rump_sys_write(fds[1], "abc", 3) == 3 && rump_sys_ioctl(fds[0], RUMP_FIONREAD, (uintptr_t)&n) == 0 &&
        n == 3);
  struct rump_pollfd poll[] = {{fds[0], RUMP_POLLIN, 0}};
  CHECK(rump_sys_poll(poll, 1, 0) == 1 && poll[0].revents == RUMP_POLLIN);
  const int kq = rump_sys_kqueue();
  struct rump_kevent event = {
      .ident = (uint64_t)fds[0], .filter = RUMP_EVFILT_READ, .flags = RUMP_EV_ADD, .udata = 7};
  const struct rump_timespec now = {0, 0};
  CHECK(rump_sys_kevent(kq, &event, 1, &event, 1, &now) == 1 && event.data == 3 && event.udata == 7);
  CHECK(rump_sys_pipe2(fds, RUMP_O_NONBLOCK) == 0);
  CHECK(rump_sys_read(fds[0], in, 1) == -1 && errno == EAGAIN);
  struct rump_timespec ts;
  CHECK(rump_sys_clock_gettime(RUMP_CLOCK_REALTIME, &ts) == 0 && ts.tv_sec > 1000000000);
  uint32_t groups[16];
  CHECK(rump_sys_getgroups(0, NULL) == rump_sys_getgroups(16, groups));
}

static void memory(void) {
  char *const page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(page != MAP_FAILED && munmap(page + 4096, 4096) == 0);
  const int fd = rump_sys_open("/tmp/memory", RUMP_O_CREAT | RUMP_O_RDWR, 0600);
  CHECK(fd >= 0);
  void *const bad[] = {NULL, (void *)16, page + 4096, (void *)-1};
  for (int i = 0; i < 4; i++) {
    CHECK(rump_sys_write(fd, bad[i], 10) == -1 && errno == EFAULT);
    CHECK(rump_sys_open(bad[i], 0, 0) == -1 && errno == EFAULT);
    CHECK(rump_sys_stat(bad[i], NULL) == -1 && errno == EFAULT);
    CHECK(rump_sys_nanosleep(bad[i], NULL) == -1 && errno == EFAULT);
    CHECK(rump_sys_stat("/tmp", bad[i]) == -1 && errno == EFAULT && rumpclient_lasterror() == RUMP_EFAULT);
    CHECK(rump_sys_pread(fd, bad[i], 1, 0) == 0 && rump_sys_getpid() > 0);
  }
  CHECK(rump_sys_write(fd, page + 4090, 10) == -1 && errno == EFAULT);
  memset(page, 'x', 4096);
  CHECK(rump_sys_open(page + 4000, 0, 0) == -1 && errno == EFAULT);
  strcpy(page + 4096 - 12, "/tmp/memory");
  CHECK(rump_sys_open(page + 4096 - 12, RUMP_O_RDONLY, 0) >= 0);
  CHECK(rump_sys_getpid() > 0);
}

static void *call_often(void *arg) {
  int fds[2];
  CHECK(rump_sys_pipe(fds) == 0);
  const int pid = rump_sys_getpid();
  for (int64_t i = 0; i < 200; i++) {
    int64_t there = i * 31 + (intptr_t)arg, back = 0;
    CHECK(rump_sys_write(fds[1], &there, sizeof there) == sizeof there);
    CHECK(rump_sys_read(fds[0], &back, sizeof back) == sizeof back && back == there);
    CHECK(rump_sys_getpid() == pid);
  }
  return NULL;
}

static void threads(void) {
  pthread_t all[8];
  for (intptr_t i = 0; i < 8; i++)
    CHECK(pthread_create(&all[i], NULL, call_often, (void *)i) == 0);
  for (int i = 0; i < 8; i++)
    pthread_join(all[i], NULL);
}

static volatile sig_atomic_t caught, called;
/* The number of the call that has no prototype. */
#define SIGQUEUEINFO 245

static void on_signal(int signo) {
  const int before = errno;
  caught = signo;
  // A handler may make calls, also while its thread waits for another.
  called = rump_sys_getpid();
  errno = before;
}

static void on_queued(int signo, siginfo_t *info, void *context) {
  (void)context;
  caught = signo == SIGRTMIN + 1 && info->si_code == SI_QUEUE ? info->si_value.sival_int : -1;
  called = info->si_pid;
}

static void signals(void) {
  signal(SIGUSR1, on_signal);
  signal(SIGALRM, on_signal);
  const int pid = rump_sys_getpid();
  // A signal of the kernel's.
  const struct rump_sigaction act = {.handler = 2};
  const struct rump_itimerval soon = {{0, 0, 0}, {0, 20000, 0}};
  CHECK(rump_sys_sigaction(RUMP_SIGALRM, &act, NULL) == 0);
  CHECK(rump_sys_setitimer(RUMP_ITIMER_REAL, &soon, NULL) == 0);
  const struct rump_timespec minute = {60, 0};
  CHECK(rump_sys_nanosleep(&minute, NULL) == -1 && errno == EINTR);
  CHECK(caught == SIGALRM && called == pid);
  // Real-time signals, each with what was sent along.
  const struct sigaction queued = {.sa_sigaction = on_queued, .sa_flags = SA_SIGINFO};
  CHECK(sigaction(SIGRTMIN + 1, &queued, NULL) == 0);
  CHECK(rump_sys_sigaction(RUMP_SIGRTMIN + 1, &act, NULL) == 0);
  int32_t info[32] = {RUMP_SIGRTMIN + 1, RUMP_SI_QUEUE};
  for (info[6] = 7; info[6] < 9; info[6]++) {
    const uint64_t args[2] = {(uint64_t)pid, (uintptr_t)info};
    CHECK(rumpclient_syscall(SIGQUEUEINFO, args, sizeof args, NULL) == 0);
    CHECK(rump_sys_getpid() == pid && caught == info[6] && called == pid);
  }
  // A signal of the host's, while this thread waits for the kernel.
  caught = called = 0;
  int fds[2];
  char byte;
  CHECK(rump_sys_pipe(fds) == 0);
  const pid_t child = fork();
  if (child == 0) {
    usleep(100000);
    kill(getppid(), SIGUSR1);
    _exit(0);
  }
  const struct rump_timespec nap = {0, 400000000};
  CHECK(rump_sys_nanosleep(&nap, NULL) == 0);
  CHECK(caught == SIGUSR1 && called == pid);
  CHECK(rump_sys_write(fds[1], "x", 1) == 1 && rump_sys_read(fds[0], &byte, 1) == 1);
  waitpid(child, NULL, 0);
}

static void forks(void) {
  int fds[2], got[2] = {0, 0}, status;
  CHECK(rump_sys_pipe(fds) == 0);
  const int pid = rump_sys_getpid();
  const pid_t child = rumpclient_fork();
  CHECK(child >= 0);
  if (child == 0) {
    const int mine[2] = {rump_sys_getpid(), rump_sys_getppid()};
    CHECK(rump_sys_write(fds[1], mine, sizeof mine) == sizeof mine);
    CHECK(rump_sys_close(fds[0]) == 0);
    rumpclient_fini();
    exit(7);
  }
  CHECK(rump_sys_read(fds[0], got, sizeof got) == sizeof got);
  CHECK(got[0] != pid && got[1] == pid);
  CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
  CHECK(rump_sys_getpid() == pid);
}

static void execs(char *program) {
  char text[3][32];
  const int kept = rump_sys_open("/tmp/kept", RUMP_O_CREAT | RUMP_O_RDWR, 0600);
  const int closed = rump_sys_open("/tmp/kept", RUMP_O_RDWR | RUMP_O_CLOEXEC, 0600);
  snprintf(text[0], 32, "%d", kept);
  snprintf(text[1], 32, "%d", closed);
  snprintf(text[2], 32, "%d", rump_sys_getpid());
  CHECK(rumpclient_exec("/nonexistent", (char *[]){program, NULL}, NULL) == -1 && errno == ENOENT);
  CHECK(rump_sys_getpid() > 0);
  char *argv[] = {program, "execed", text[0], text[1], text[2], NULL};
  rumpclient_exec(program, argv, NULL);
  CHECK(!"exec");
}

static void execed(char **argv) {
  CHECK(rump_sys_getpid() == atoi(argv[4]));
  CHECK(rump_sys_write(atoi(argv[2]), "x", 1) == 1);
  CHECK(rump_sys_write(atoi(argv[3]), "x", 1) == -1 && errno == EBADF);
}

/* The server goes at the first line on standard input, and is back at the second. */
static void gone(void) {
  char line[8];
  const int pid = rump_sys_getpid();
  CHECK(pid > 0);
  puts("ready");
  fflush(stdout);
  CHECK(fgets(line, sizeof line, stdin) != NULL);
  CHECK(rump_sys_getpid() == -1 && errno == ENOTCONN);
  CHECK(rump_sys_getpid() == -1 && errno == ENOTCONN);
  puts("lost");
  fflush(stdout);
  CHECK(fgets(line, sizeof line, stdin) != NULL);
  CHECK(rump_sys_getpid() > 0);
}

int main(int argc, char **argv) {
  (void)argc;
  if (rumpclient_init() != 0) {
    printf("init: %s\n", strerror(errno));
    return 2;
  }
  if (strcmp(argv[1], "files") == 0)
    files();
  else if (strcmp(argv[1], "memory") == 0)
    memory();
  else if (strcmp(argv[1], "threads") == 0)
    threads();
  else if (strcmp(argv[1], "signals") == 0)
    signals();
  else if (strcmp(argv[1], "fork") == 0)
    forks();
  else if (strcmp(argv[1], "exec") == 0)
    execs(argv[0]);
  else if (strcmp(argv[1], "execed") == 0)
    execed(argv);
  else if (strcmp(argv[1], "gone") == 0)
    gone();
  else
    return 64;
  rumpclient_fini();
  puts("ok");
  return 0;
}
