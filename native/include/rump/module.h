/*
 * Kernel modules in C: what a shared object says of itself, and what it may ask of the kernel that runs it.
 *
 * Build with `cc -shared -fPIC -I native/include module.c -o module.so`; load with kernel.modules.load(path),
 * or have the object in the process before a kernel boots. docs/MODULES.md tells the whole story.
 *
 * Rules
 * - One process can have many kernels, and loads an object once: keep what belongs to one kernel in
 *   rump_private(), not in variables.
 * - The module's command function, its device operations and its deferred functions run on the kernel's
 * thread, inside the kernel: rump_curkernel() says in which, rumpuser_curlwp() as whom. They must not block.
 * - Any other host thread is outside. It may call rump_printf, rump_wakeup and rump_defer at any time, and
 * comes into the kernel between rump_schedule and rump_unschedule: then nothing of the kernel runs anywhere
 * else.
 * - Errors are numbers of NetBSD's errno.
 */
#ifndef RUMP_MODULE_H
#define RUMP_MODULE_H

#include <rump/rumpuser.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum modcmd { MODULE_CMD_INIT, MODULE_CMD_FINI, MODULE_CMD_STAT, MODULE_CMD_AUTOUNLOAD } modcmd_t;

typedef enum modclass {
  MODULE_CLASS_ANY,
  MODULE_CLASS_MISC,
  MODULE_CLASS_VFS,
  MODULE_CLASS_DRIVER,
  MODULE_CLASS_EXEC,
  MODULE_CLASS_SECMODEL
} modclass_t;

/* The interfaces in this file, as a kernel version: 7.99.34. */
#define RUMP_MODULE_VERSION 799003400u

/* What a module says of itself. `data` of INIT is its struct rump_props; of the others NULL. */
typedef struct modinfo {
  uint32_t mi_version;
  modclass_t mi_class;
  int (*mi_modcmd)(modcmd_t cmd, void *data);
  const char *mi_name;
  /* Names with commas between them, each "name" or "name>=revision"; or NULL. */
  const char *mi_required;
  /* Of the module itself, for those that require it. */
  uint32_t mi_revision;
} modinfo_t;

/* A pointer to the description, where the kernel finds it. */
#define MODULE_LINK_SET __attribute__((section("link_set_modules"), used))

#define MODULE_REVISION(class, name, required, revision)                                                     \
  static int name##_modcmd(modcmd_t cmd, void *data);                                                        \
  static const modinfo_t name##_modinfo = {                                                                  \
      RUMP_MODULE_VERSION, class, name##_modcmd, #name, required, revision};                                 \
  MODULE_LINK_SET static const void *const name##_modlink = &name##_modinfo

/* MODULE(MODULE_CLASS_DRIVER, example, NULL); and the module defines `static int example_modcmd(...)`. */
#define MODULE(class, name, required) MODULE_REVISION(class, name, required, 0)

struct rump_kernel;

/* The kernel that runs on this thread now, or NULL. */
RUMPUSER_PUBLIC struct rump_kernel *rump_curkernel(void);

/* A pointer that belongs to this kernel and `key` (any address of the module's own); NULL at first. */
RUMPUSER_PUBLIC void **rump_private(struct rump_kernel *kernel, const void *key);

/* Into the kernel's message buffer, with the newline that ends it. Any thread. */
RUMPUSER_PUBLIC void rump_printf(struct rump_kernel *kernel, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* Have `fn` called on the kernel's thread, soon, inside the kernel. Any thread. ENXIO: the kernel is dead. */
RUMPUSER_PUBLIC int rump_defer(struct rump_kernel *kernel, void (*fn)(void *), void *arg);

/* Properties that came with the load: a string or NULL; 0, or ENOENT when there is no such number or boolean.
 */
struct rump_props;
RUMPUSER_PUBLIC const char *rump_prop_string(const struct rump_props *props, const char *key);
RUMPUSER_PUBLIC int rump_prop_number(const struct rump_props *props, const char *key, int64_t *value);

/* A transfer between the module and whoever reads or writes the device. */
struct rump_uio {
  unsigned char *uio_base;
  size_t uio_resid;
  int64_t uio_offset;
  /* 0: the caller reads, bytes go to it; 1: it writes. */
  int uio_write;
};
/* Moves as much as there is room for, at most `n` bytes. @returns how many */
RUMPUSER_PUBLIC size_t rump_uiomove(void *buf, size_t n, struct rump_uio *uio);

/* d_read and d_write may return this instead of an errno: nothing yet, call again after rump_wakeup. */
#define RUMP_WAIT (-1)

/* A character device. Operations that are NULL: open and close succeed, the others are ENODEV. */
struct rump_cdevsw {
  int (*d_open)(uint64_t dev, int flag);
  int (*d_close)(uint64_t dev, int flag);
  int (*d_read)(uint64_t dev, struct rump_uio *uio, int flag);
  int (*d_write)(uint64_t dev, struct rump_uio *uio, int flag);
  int (*d_ioctl)(uint64_t dev, uint64_t cmd, void *data, size_t len, int flag);
};
/* On the kernel's thread. `major` gets the number. EEXIST: the name is taken. EPERM: on no kernel's thread.
 */
RUMPUSER_PUBLIC int rump_devsw_attach(struct rump_kernel *kernel, const char *name,
                                      const struct rump_cdevsw *device, int *major);
/* EINVAL: not attached. */
RUMPUSER_PUBLIC int rump_devsw_detach(struct rump_kernel *kernel, const struct rump_cdevsw *device);
/* Whoever waits in the device's d_read or d_write looks again. Any thread. */
RUMPUSER_PUBLIC void rump_wakeup(struct rump_kernel *kernel, const struct rump_cdevsw *device);

/*
 * A host thread of the module. Callers that wait inside the kernel count on it to wake them, and the program
 * stays alive, until it ends. To be started on the kernel's thread (EPERM elsewhere), and joined by
 * MODULE_CMD_FINI at the latest: the kernel is left while waiting for it.
 */
RUMPUSER_PUBLIC int rump_thread_start(struct rump_kernel *kernel, void *(*fn)(void *), void *arg,
                                      const char *name, void **cookie);
RUMPUSER_PUBLIC int rump_thread_join(struct rump_kernel *kernel, void *cookie);

/*
 * Into the kernel on a host thread, and out again. Inside, the thread has a curlwp of its own. ENXIO: the
 * kernel is dead; EDEADLK: this thread is inside a kernel already; EOPNOTSUPP: no thread of this kernel was
 * ever started by rump_thread_start, so it does not share itself.
 */
RUMPUSER_PUBLIC int rump_schedule(struct rump_kernel *kernel);
RUMPUSER_PUBLIC void rump_unschedule(struct rump_kernel *kernel);

#ifdef __cplusplus
}
#endif

#endif /* RUMP_MODULE_H */
