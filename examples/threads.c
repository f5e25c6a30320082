/*
 * A kernel module whose host thread is a process of the kernel: it makes a directory, writes a file there and reads it
 * back, by system calls that block that thread alone. docs/THREADS.md tells the story.
 *
 * cc -shared -fPIC -pthread -I native/include examples/threads.c -o threads.so
 */
#include <stdio.h>
#include <string.h>

#include <rump/gate.h>

/* NetBSD's numbers. */
enum { SYS_write = 4, SYS_open = 5, SYS_close = 6, SYS_mkdir = 136, SYS_pread = 173 };
enum { O_RDWR = 2, O_CREAT = 0x200 };

struct visitor {
  struct rump_kernel *kernel;
  uint32_t gate;
  uint64_t key;
  void *cookie;
};

static uint64_t address(const void *pointer) {
  return (uint64_t)(uintptr_t)pointer;
}

static void *visit(void *arg) {
  const struct visitor *visitor = arg;
  static const char text[] = "written by a thread in C";
  char back[sizeof text] = "";
  struct rump_thread *thread;
  int64_t fd[2] = {-1, 0}, got[2] = {0, 0};
  int error = rump_thread_attach(visitor->gate, visitor->key, &thread);
  if (error != 0) {
    rump_printf(visitor->kernel, "threads: attach: %d\n", error);
    return NULL;
  }
  const uint64_t mkdir_args[] = {address("/tmp/c"), 0755};
  const uint64_t open_args[] = {address("/tmp/c/file"), O_RDWR | O_CREAT, 0644};
  error = rump_thread_syscall(thread, SYS_mkdir, mkdir_args, sizeof mkdir_args, NULL);
  if (error == 0)
    error = rump_thread_syscall(thread, SYS_open, open_args, sizeof open_args, fd);
  /* pread's offset comes after a slot of padding. */
  const uint64_t write_args[] = {(uint64_t)fd[0], address(text), sizeof text - 1};
  const uint64_t pread_args[] = {(uint64_t)fd[0], address(back), sizeof back, 0, 0};
  if (error == 0)
    error = rump_thread_syscall(thread, SYS_write, write_args, sizeof write_args, NULL);
  if (error == 0)
    error = rump_thread_syscall(thread, SYS_pread, pread_args, sizeof pread_args, got);
  rump_printf(visitor->kernel, "threads: process %d: \"%s\", error %d\n", (int)rump_thread_pid(thread), back,
              error);
  rump_thread_detach(thread, 0);
  return NULL;
}

static int threads_modcmd(modcmd_t cmd, void *data) {
  static const char key;
  static struct visitor visitor;
  struct rump_kernel *const kernel = rump_curkernel();
  struct visitor **const mine = (struct visitor **)rump_private(kernel, &key);
  int error = 0;
  (void)data;
  switch (cmd) {
  case MODULE_CMD_INIT:
    visitor.kernel = kernel;
    error = rump_kernel_share(kernel, &visitor.gate, &visitor.key);
    if (error == 0)
      error = rump_thread_start(kernel, visit, &visitor, "visitor", &visitor.cookie);
    if (error == 0)
      *mine = &visitor;
    return error;
  case MODULE_CMD_FINI:
    return rump_thread_join(kernel, (*mine)->cookie);
  default:
    return 45; /* EOPNOTSUPP */
  }
}

MODULE(MODULE_CLASS_MISC, threads, NULL);
