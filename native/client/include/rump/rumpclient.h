/*
 * Host programs as processes of a rump kernel elsewhere, over NetBSD's sysproxy protocol.
 *
 * Link with -lrumpclient (pkg-config rumpclient). rump_syscalls.h has the calls, rumpdefs.h the kernel's
 * constants with RUMP_ before their names, rump_types.h its structures.
 *
 * The server is named by the environment: RUMP_SERVER (unix:///path, tcp://host:port) and, when it wants one,
 * RUMP_SERVER_TOKEN.
 *
 * Everything may be called from any thread; calls of several threads are under way at once. Calls return -1
 * and set errno to the host's number for the kernel's error; where the host has no such name, to what comes
 * nearest (EINVAL for EFTYPE, ENODATA for ENOATTR), or EIO. As in POSIX, posix_fallocate, posix_fadvise and
 * clock_nanosleep return that number instead, or 0.
 *
 * NetBSD: rumpclient(3).
 */
#ifndef RUMP_RUMPCLIENT_H
#define RUMP_RUMPCLIENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Become a process of the kernel. Again: 0. After an exec by rumpclient_exec it is the process from before.
 * errno: EINVAL no RUMP_SERVER, or no URL, or no such server there; EPERM the token; what connect(2) says.
 */
int rumpclient_init(void);

/* Leave: the process exits. */
void rumpclient_fini(void);

/* fork(2) here and there: the child is a child over there too, with copies of the descriptors. */
pid_t rumpclient_fork(void);

/* execve(2) that keeps the process over there; descriptors there with close-on-exec are closed. */
int rumpclient_exec(const char *path, char *const argv[], char *const envp[]);

/*
 * What to do when the server has gone. Calls under way fail with ENOTCONN. The next one, with
 * RUMPCLIENT_RETRYCONN_ONCE (at first): connects once, INFTIME: until it succeeds, n > 0: for n seconds, DIE:
 * ends the program. A new connection is a new process: descriptors from before are gone.
 */
#define RUMPCLIENT_RETRYCONN_INFTIME ((time_t)-1)
#define RUMPCLIENT_RETRYCONN_ONCE ((time_t)-2)
#define RUMPCLIENT_RETRYCONN_DIE ((time_t)-3)
void rumpclient_setconnretry(time_t seconds);

/*
 * Make a call by number. `args` are eight bytes each, as NetBSD's 64-bit ABI has them; `retval` gets two
 * words. Returns 0, or -1 with errno.
 */
int rumpclient_syscall(int number, const void *args, size_t length, int64_t retval[2]);

/* The host's errno for the kernel's, and the last error of the kernel's own on this thread. */
int rumpclient_errno(int rump_errno);
int rumpclient_lasterror(void);

#ifdef __cplusplus
}
#endif

#endif
