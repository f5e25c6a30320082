/*
 * The hypercall contract, version 17: what a rump kernel asks of its host.
 *
 * Names and signatures follow NetBSD's rumpuser(3). Two things differ. Locks and lwps are 31-bit
 * integers instead of pointers, so that a handle can be posted to another thread, another isolate or
 * another language and be checked there. And what can block can also fail: a lock whose owner died,
 * a thread that was told to end.
 *
 * Rules
 * - A function that returns int returns 0 or an errno in NetBSD's numbers.
 * - Misuse (leaving a mutex one does not own, destroying a held lock) never returns an errno: it
 *   calls the assertion handler, which by default prints the message and aborts.
 * - A function that may block calls hyp_unschedule before and hyp_schedule after, unless its name
 *   ends in _nowrap.
 * - Monotonic times are nanoseconds since the host booted (CLOCK_MONOTONIC).
 *
 * lib/rumpuser/rumpuser.ts is the same contract in TypeScript; a test compares the two through
 * RUMPUSER_HYPERCALLS. This file includes nothing but integer types.
 */
#ifndef RUMP_RUMPUSER_H
#define RUMP_RUMPUSER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RUMPUSER_VERSION 17

#if defined(_WIN32)
#define RUMPUSER_PUBLIC __declspec(dllexport)
#else
#define RUMPUSER_PUBLIC __attribute__((visibility("default")))
#endif

/* init: upcalls around blocking hypercalls; either may be NULL. */
struct rumpuser_hyperup {
  void (*hyp_schedule)(void);
  void (*hyp_unschedule)(void);
};

/* Called with one line of text, without newline; must not return. */
typedef void (*rumpuser_assert_fn)(const char *message);
/* Asked by a blocked thread, at least every 50 ms: non-zero ends the wait with EINTR. */
typedef int (*rumpuser_interrupted_fn)(void *arg);

/* memory */
#define RUMPUSER_PAGESIZE 4096

/* files: open */
#define RUMPUSER_OPEN_RDONLY 0x0000
#define RUMPUSER_OPEN_WRONLY 0x0001
#define RUMPUSER_OPEN_RDWR 0x0002
#define RUMPUSER_OPEN_ACCMODE 0x0003
#define RUMPUSER_OPEN_CREATE 0x0004
#define RUMPUSER_OPEN_EXCL 0x0008
#define RUMPUSER_OPEN_BIO 0x0010

/* files: getfileinfo */
#define RUMPUSER_FT_OTHER 0
#define RUMPUSER_FT_DIR 1
#define RUMPUSER_FT_REG 2
#define RUMPUSER_FT_BLK 3
#define RUMPUSER_FT_CHR 4

/* files: bio. The callback runs on a host thread: bytes moved and 0, or 0 and an errno. */
#define RUMPUSER_BIO_READ 0x01
#define RUMPUSER_BIO_WRITE 0x02
#define RUMPUSER_BIO_SYNC 0x04
typedef void (*rumpuser_biodone_fn)(void *arg, size_t count, int error);

/*
 * files: fsop, one operation on a host directory or what is below it, with bio's callback. `fd` is a root, or
 * was opened below one; `path` is plain names with single slashes between them (no "." or "..", no slash at
 * either end), and empty for what `fd` is itself. No symbolic link is ever followed, so nothing outside the
 * root is reached, whoever changes the directory meanwhile. `where`, `what` and `where2` are device and inode
 * of the directory that `path` ends in, of the file there, and of the directory of `path2`: anything else is
 * found to be ESTALE, and so is a directory on the way that is none. Zeroes match everything. The request and
 * all it points to stay until the callback.
 */
struct rumpuser_fsop {
  int op;
  int fd;
  const char *path;
  const char *path2;
  uint64_t where[2];
  uint64_t what[2];
  uint64_t where2[2];
  int64_t args[4];
  void *data;
  size_t len;
};
/*
 * fsop_now and read_now do it at once, on this thread, or answer EAGAIN: when it might have to wait for a
 * disk, leads to another file system, or the host cannot tell. GETATTR, OPEN without CREATE, and CLOSE.
 * read_now may read less than there is. They are for file systems that are LOCAL.
 */
/* path: any path of the host. The callback's count is a descriptor to begin at. */
#define RUMPUSER_FS_ROOT 0
/* args: RUMPUSER_OPEN_*, mode. Files and directories only. The count is a descriptor. */
#define RUMPUSER_FS_OPEN 1
#define RUMPUSER_FS_CLOSE 2
#define RUMPUSER_FS_GETATTR 3
/* fd: an open directory; data: gets entries; args: how many entries there were so far. Count: bytes. */
#define RUMPUSER_FS_READDIR 4
/* data: gets the text. Count: its length. */
#define RUMPUSER_FS_READLINK 5
/* args: mode. */
#define RUMPUSER_FS_MKDIR 6
/* args: mode with the type, a FIFO's or a socket's. */
#define RUMPUSER_FS_MKNOD 7
/* path2: the text. */
#define RUMPUSER_FS_SYMLINK 8
/* path2: the new name. */
#define RUMPUSER_FS_LINK 9
#define RUMPUSER_FS_RENAME 10
#define RUMPUSER_FS_UNLINK 11
#define RUMPUSER_FS_RMDIR 12
/* args: mode. */
#define RUMPUSER_FS_CHMOD 13
/* args: uid, gid; -1 leaves it. */
#define RUMPUSER_FS_CHOWN 14
/* args: access and modification, seconds and nanoseconds each; nanoseconds -1 leave it. */
#define RUMPUSER_FS_UTIMES 15
/* args: size. Regular files only. */
#define RUMPUSER_FS_TRUNCATE 16
/* data: gets nine numbers: RUMPUSER_FSSPACE_*. */
#define RUMPUSER_FS_STATFS 17
/* args: 1 leaves out what is not needed to read the data back. */
#define RUMPUSER_FS_FSYNC 18
/* fd: an open file; args: offset, 0 for data or 1 for a hole. The count is an offset. */
#define RUMPUSER_FS_SEEK 19
/* fd: an open file; args: offset, length. */
#define RUMPUSER_FS_ALLOCATE 20
#define RUMPUSER_FS_DISCARD 21
/* With OPEN, for a directory. */
#define RUMPUSER_OPEN_DIRECTORY 0x0020
/*
 * What GETATTR gives, and OPEN, MKDIR, MKNOD, SYMLINK, CHMOD, CHOWN, UTIMES and TRUNCATE too when there is
 * room: int64_t numbers. Mode has the type in it, blocks are of 512 bytes, a birth of 0 is not known.
 */
#define RUMPUSER_FSATTR_DEV 0
#define RUMPUSER_FSATTR_INO 1
#define RUMPUSER_FSATTR_MODE 2
#define RUMPUSER_FSATTR_NLINK 3
#define RUMPUSER_FSATTR_UID 4
#define RUMPUSER_FSATTR_GID 5
#define RUMPUSER_FSATTR_RDEV 6
#define RUMPUSER_FSATTR_SIZE 7
#define RUMPUSER_FSATTR_BLOCKS 8
#define RUMPUSER_FSATTR_BLKSIZE 9
#define RUMPUSER_FSATTR_ATIME 10
#define RUMPUSER_FSATTR_MTIME 12
#define RUMPUSER_FSATTR_CTIME 14
#define RUMPUSER_FSATTR_BIRTH 16
#define RUMPUSER_FSATTRS 18
#define RUMPUSER_FSSPACE_BSIZE 0
#define RUMPUSER_FSSPACE_FRSIZE 1
#define RUMPUSER_FSSPACE_BLOCKS 2
#define RUMPUSER_FSSPACE_BFREE 3
#define RUMPUSER_FSSPACE_BAVAIL 4
#define RUMPUSER_FSSPACE_FILES 5
#define RUMPUSER_FSSPACE_FFREE 6
#define RUMPUSER_FSSPACE_NAMEMAX 7
/* 1 when the file system is this machine's own: fsop_now and read_now mean what they say there. */
#define RUMPUSER_FSSPACE_LOCAL 8
#define RUMPUSER_FSSPACES 9
/* An entry that READDIR gives: uint64_t inode, uint8_t type (the mode's type, shifted by 12), uint8_t length,
 * and the name without an end. */
#define RUMPUSER_FSENTRY 10

/* files: iovread, iovwrite. NOSEEK uses and moves the descriptor's own position. */
struct rumpuser_iovec {
  void *iov_base;
  size_t iov_len;
};
#define RUMPUSER_IOV_NOSEEK (-1)

/* files: syncfd */
#define RUMPUSER_SYNCFD_READ 0x01
#define RUMPUSER_SYNCFD_WRITE 0x02
#define RUMPUSER_SYNCFD_BARRIER 0x04
#define RUMPUSER_SYNCFD_SYNC 0x08

/* clocks */
#define RUMPUSER_CLOCK_RELWALL 0
#define RUMPUSER_CLOCK_ABSMONO 1
/* "No deadline" for idle and arm. */
#define RUMPUSER_FOREVER INT64_MAX

/* params: names every host answers */
#define RUMPUSER_PARAM_NCPU "_RUMPUSER_NCPU"
#define RUMPUSER_PARAM_HOSTNAME "_RUMPUSER_HOSTNAME"

/* random */
#define RUMPUSER_RANDOM_HARD 0x01
#define RUMPUSER_RANDOM_NOWAIT 0x02

/* termination */
#define RUMPUSER_PANIC (-1)
#define RUMPUSER_PID_SELF (-1)

/* threads and curlwp */
#define RUMPUSER_LWP_CREATE 0
#define RUMPUSER_LWP_DESTROY 1
#define RUMPUSER_LWP_SET 2
#define RUMPUSER_LWP_CLEAR 3
#define RUMPUSER_LWP_MAX 0x003fffff

/* locks: a handle is kind, generation and index of a slot in one process-wide table; 0 is none. */
typedef uint32_t rumpuser_lock;
#define RUMPUSER_MTX_SPIN 0x01
#define RUMPUSER_MTX_KMUTEX 0x02
#define RUMPUSER_MTX_RECURSIVE 0x04
#define RUMPUSER_RW_READER 0
#define RUMPUSER_RW_WRITER 1

/* idle: a place where one kernel waits for its next deadline; a handle like a lock's. */
typedef uint32_t rumpuser_idler;
/* Runs on any host thread, when a deadline passed or a doorbell rang and nobody is inside idle(). */
typedef void (*rumpuser_pump_fn)(void *arg);

/*
 * dl: one loaded ELF object, as long as the callback runs; the pointers in its link sets stay. Symbols come
 * as Elf64_Sym records with absolute values, and the strings they name.
 */
struct rumpuser_dlobject {
  const char *path;
  uint64_t base;
  const void *const *modules; /* struct modinfo */
  size_t nmodules;
  const void *const *components; /* struct rump_component */
  size_t ncomponents;
};
typedef void (*rumpuser_dlobject_fn)(void *arg, const struct rumpuser_dlobject *object);
typedef void (*rumpuser_symload_fn)(void *arg, const void *symtab, size_t symsize, const char *strtab,
                                    size_t strsize);

/*
 * Every hypercall: X(section, result, name, parameters). The declarations below, the list that the
 * addon exports and the comparison with the TypeScript interface all come from here.
 */
#define RUMPUSER_HYPERCALLS(X)                                                                               \
  X(init, int, init, (int version, const struct rumpuser_hyperup *hyp))                                      \
  X(init, void, fini, (void))                                                                                \
  X(init, void, onassert, (rumpuser_assert_fn handler))                                                      \
  X(init, void, oninterrupt, (rumpuser_interrupted_fn fn, void *arg))                                        \
  X(init, const char *, reason, (void))                                                                      \
  X(memory, int, malloc, (size_t len, int alignment, void **mem))                                            \
  X(memory, void, free, (void *mem, size_t len))                                                             \
  X(memory, int, anonmmap, (void *prefaddr, size_t size, int alignbit, int exec, void **mem))                \
  X(memory, void, unmap, (void *mem, size_t size))                                                           \
  X(files, int, open, (const char *path, int flags, int *fd))                                                \
  X(files, int, close, (int fd))                                                                             \
  X(files, int, getfileinfo, (const char *path, uint64_t *size, int *type))                                  \
  X(files, void, bio,                                                                                        \
    (int fd, int op, void *data, size_t len, int64_t off, rumpuser_biodone_fn done, void *arg))              \
  X(files, void, fsop, (const struct rumpuser_fsop *request, rumpuser_biodone_fn done, void *arg))           \
  X(files, int, fsop_now, (const struct rumpuser_fsop *request, size_t *count))                              \
  X(files, int, read_now, (int fd, void *data, size_t len, int64_t off, size_t *count))                      \
  X(files, int, iovread,                                                                                     \
    (int fd, const struct rumpuser_iovec *iov, size_t iovlen, int64_t off, size_t *count))                   \
  X(files, int, iovwrite,                                                                                    \
    (int fd, const struct rumpuser_iovec *iov, size_t iovlen, int64_t off, size_t *count))                   \
  X(files, int, syncfd, (int fd, int flags, uint64_t start, uint64_t len))                                   \
  X(clocks, int, clock_gettime, (int clock, int64_t *sec, long *nsec))                                       \
  X(clocks, int, clock_sleep, (int clock, int64_t sec, long nsec))                                           \
  X(clocks, int64_t, monotonic, (void))                                                                      \
  X(idle, int, idle_open, (rumpuser_pump_fn pump, void *arg, rumpuser_idler *idler))                         \
  X(idle, void, idle_close, (rumpuser_idler idler))                                                          \
  X(idle, int, idle, (rumpuser_idler idler, int64_t deadline))                                               \
  X(idle, void, arm, (rumpuser_idler idler, int64_t deadline))                                               \
  X(idle, int, armed, (rumpuser_idler idler))                                                                \
  X(idle, void, doorbell, (rumpuser_idler idler))                                                            \
  X(idle, void, answer, (rumpuser_idler idler))                                                              \
  X(idle, void, hold, (rumpuser_idler idler))                                                                \
  X(idle, void, release, (rumpuser_idler idler))                                                             \
  X(idle, int, busy, (rumpuser_idler idler))                                                                 \
  X(params, int, getparam, (const char *name, void *buf, size_t buflen))                                     \
  X(console, void, putchar, (int ch))                                                                        \
  X(console, void, dprintf, (const char *format, ...))                                                       \
  X(termination, void, exit, (int code))                                                                     \
  X(termination, int, kill, (int64_t pid, int signo))                                                        \
  X(random, int, getrandom, (void *buf, size_t len, int flags, size_t *count))                               \
  X(threads, int, thread_create,                                                                             \
    (void *(*fn)(void *), void *arg, const char *name, int mustjoin, int priority, int cpu, void **cookie))  \
  X(threads, void, thread_exit, (void))                                                                      \
  X(threads, int, thread_join, (void *cookie))                                                               \
  X(threads, int, curlwpop, (int op, uint32_t *lwp))                                                         \
  X(threads, uint32_t, curlwp, (void))                                                                       \
  X(threads, void, seterrno, (int error))                                                                    \
  X(mutex, int, mutex_init, (rumpuser_lock * mtx, int flags))                                                \
  X(mutex, int, mutex_enter, (rumpuser_lock mtx))                                                            \
  X(mutex, int, mutex_enter_nowrap, (rumpuser_lock mtx))                                                     \
  X(mutex, int, mutex_tryenter, (rumpuser_lock mtx))                                                         \
  X(mutex, void, mutex_exit, (rumpuser_lock mtx))                                                            \
  X(mutex, void, mutex_destroy, (rumpuser_lock mtx))                                                         \
  X(mutex, void, mutex_owner, (rumpuser_lock mtx, uint32_t * lwp))                                           \
  X(rw, int, rw_init, (rumpuser_lock * rw))                                                                  \
  X(rw, int, rw_enter, (int mode, rumpuser_lock rw))                                                         \
  X(rw, int, rw_tryenter, (int mode, rumpuser_lock rw))                                                      \
  X(rw, int, rw_tryupgrade, (rumpuser_lock rw))                                                              \
  X(rw, void, rw_downgrade, (rumpuser_lock rw))                                                              \
  X(rw, void, rw_exit, (rumpuser_lock rw))                                                                   \
  X(rw, void, rw_destroy, (rumpuser_lock rw))                                                                \
  X(rw, void, rw_held, (int mode, rumpuser_lock rw, int *held))                                              \
  X(cv, int, cv_init, (rumpuser_lock * cv))                                                                  \
  X(cv, void, cv_destroy, (rumpuser_lock cv))                                                                \
  X(cv, int, cv_wait, (rumpuser_lock cv, rumpuser_lock mtx))                                                 \
  X(cv, int, cv_wait_nowrap, (rumpuser_lock cv, rumpuser_lock mtx))                                          \
  X(cv, int, cv_timedwait, (rumpuser_lock cv, rumpuser_lock mtx, int64_t sec, int64_t nsec))                 \
  X(cv, void, cv_signal, (rumpuser_lock cv))                                                                 \
  X(cv, void, cv_broadcast, (rumpuser_lock cv))                                                              \
  X(cv, void, cv_has_waiters, (rumpuser_lock cv, int *has))                                                  \
  X(dl, int, dl_bootstrap, (rumpuser_dlobject_fn each, void *arg))                                           \
  X(dl, int, dlopen, (const char *path, rumpuser_dlobject_fn each, void *arg))                               \
  X(dl, int, dl_symbols, (uint64_t base, rumpuser_symload_fn load, void *arg))                               \
  X(daemonize, int, daemonize_begin, (const char *const *argv))                                              \
  X(daemonize, int, daemonize_done, (int error))

#define RUMPUSER_DECLARE(section, result, name, parameters) RUMPUSER_PUBLIC result rumpuser_##name parameters;
RUMPUSER_HYPERCALLS(RUMPUSER_DECLARE)
#undef RUMPUSER_DECLARE

#ifdef __cplusplus
}
#endif

#endif /* RUMP_RUMPUSER_H */
