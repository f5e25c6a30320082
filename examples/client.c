/*
 * A host program that is a process of a kernel served by `rump server` or kernel.listen(): it writes a file there and
 * reads it back, forks, and talks with its child through a pipe of that kernel.
 *
 * cc client.c $(pkg-config --cflags --libs rumpclient) -o client && RUMP_SERVER=unix:///tmp/kernel ./client
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rump/rump_syscalls.h>
#include <rump/rumpclient.h>
#include <rump/rumpdefs.h>

static int complain(const char *what) {
  perror(what);
  return 1;
}

int main(void) {
  static const char text[] = "written from C";
  char back[64] = "";
  struct rump_stat st;
  int fds[2];

  if (rumpclient_init() != 0)
    return complain("rumpclient_init");
  const int fd = rump_sys_open("/tmp/from-c", RUMP_O_CREAT | RUMP_O_RDWR, 0640);
  if (fd < 0 || rump_sys_write(fd, text, sizeof text) < 0 || rump_sys_pread(fd, back, sizeof back, 0) < 0 ||
      rump_sys_fstat(fd, &st) != 0)
    return complain("file");
  printf("pid %d: \"%s\", %d bytes, mode %o\n", rump_sys_getpid(), back, (int)st.st_size, st.st_mode & 07777);

  if (rump_sys_pipe(fds) != 0)
    return complain("pipe");
  fflush(stdout);
  const pid_t pid = rumpclient_fork();
  if (pid < 0)
    return complain("fork");
  if (pid == 0) {
    char message[64];
    snprintf(message, sizeof message, "hello from pid %d, child of %d", rump_sys_getpid(), rump_sys_getppid());
    rump_sys_write(fds[1], message, strlen(message) + 1);
    rumpclient_fini();
    _exit(0);
  }
  rump_sys_close(fds[1]);
  if (rump_sys_read(fds[0], back, sizeof back) <= 0)
    return complain("read");
  waitpid(pid, NULL, 0);
  printf("%s\n", back);
  rumpclient_fini();
  return 0;
}
