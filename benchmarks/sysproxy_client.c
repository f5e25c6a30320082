/* A client in C of a benchmark: `sysproxy_client WHAT` takes one figure from RUMP_SERVER and prints nanoseconds. */
#include <rump/rump_syscalls.h>
#include <rump/rumpclient.h>
#include <rump/rumpdefs.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 9, LARGE = 65536, VECTORS = 8, TOGETHER = 8 };

static const char path[] = "/tmp/file";
static char large[LARGE];
static int fd;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void expect(int holds, const char *what) {
  if (!holds) {
    perror(what);
    exit(1);
  }
}

static void one_getpid(void) { expect(rump_sys_getpid() > 0, "getpid"); }

static void one_open(void) {
  int opened = rump_sys_open(path, RUMP_O_RDWR, 0);
  expect(opened >= 0 && rump_sys_close(opened) == 0, "open");
}

static void one_stat(void) {
  struct rump_stat st;
  expect(rump_sys_stat(path, &st) == 0 && st.st_size > 0, "stat");
}

static void one_write(void) { expect(rump_sys_pwrite(fd, large, LARGE, 0) == LARGE, "pwrite"); }

static void one_read(void) { expect(rump_sys_pread(fd, large, LARGE, 0) == LARGE, "pread"); }

/* Nine copies: the vectors and what each of them has. */
static void one_writev(void) {
  struct iovec vectors[VECTORS];
  for (int i = 0; i < VECTORS; i++) {
    vectors[i].iov_base = large + 64 * i;
    vectors[i].iov_len = 64;
  }
  expect(rump_sys_pwritev(fd, vectors, VECTORS, 0) == 64 * VECTORS, "pwritev");
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The median of some rounds. */
static double ns_each(int n, void (*one)(void)) {
  double figures[ROUNDS];
  for (int i = 0; i < n; i++) {
    one();
  }
  for (int round = 0; round < ROUNDS; round++) {
    double began = now();
    for (int i = 0; i < n; i++) {
      one();
    }
    figures[round] = (now() - began) / n;
  }
  qsort(figures, ROUNDS, sizeof figures[0], ascending);
  return figures[ROUNDS / 2];
}

/* Processes of their own, from when all of them are clients until the last is done. */
static double ns_together(int n) {
  int ready[2], go[2];
  char byte;
  expect(pipe(ready) == 0 && pipe(go) == 0, "pipe");
  for (int i = 0; i < TOGETHER; i++) {
    if (fork() == 0) {
      close(go[1]);
      expect(rumpclient_init() == 0, "connect");
      one_getpid();
      expect(write(ready[1], "r", 1) == 1, "write");
      (void)!read(go[0], &byte, 1);
      for (int j = 0; j < n; j++) {
        one_getpid();
      }
      _exit(0);
    }
  }
  for (int i = 0; i < TOGETHER; i++) {
    expect(read(ready[0], &byte, 1) == 1, "read");
  }
  double began = now();
  close(go[1]);
  int status;
  while (wait(&status) > 0) {
    expect(status == 0, "a client");
  }
  return (now() - began) / (n * TOGETHER);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    int n;
    void (*one)(void);
  } figures[] = {
      {"getpid", 10000, one_getpid}, {"open", 3000, one_open},   {"stat", 5000, one_stat},
      {"write", 3000, one_write},    {"read", 3000, one_read}, {"writev", 3000, one_writev},
  };
  const char *what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "together") == 0) {
    printf("%.1f\n", ns_together(10000));
    return 0;
  }
  expect(rumpclient_init() == 0, "connect");
  fd = rump_sys_open(path, RUMP_O_RDWR, 0);
  expect(fd >= 0 && rump_sys_pwrite(fd, large, LARGE, 0) == LARGE, "prepare");
  for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
    if (strcmp(what, figures[i].name) == 0) {
      printf("%.1f\n", ns_each(figures[i].n, figures[i].one));
      return 0;
    }
  }
  fprintf(stderr, "no such figure: %s\n", what);
  return 1;
}
