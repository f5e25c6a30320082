/*
 * System calls from host threads: the C side of kernel.share() and attach().
 *
 * A host thread of the process that runs a kernel, whoever started it, becomes a process of that kernel and
 * makes system calls, which block that thread alone. What it needs to come in are the two numbers of the
 * value that kernel.share() or proc.share() returns; a kernel module gets them from rump_kernel_share().
 *
 * Rules
 * - A struct rump_thread belongs to the thread that attached: EINVAL for any other.
 * - Calls are NetBSD's, by number, with arguments of NetBSD's 64-bit ABI: eight bytes each, in the order of
 * the C prototype, structures as NetBSD lays them out. Memory that is not there is EFAULT.
 * - Errors are numbers of NetBSD's errno. ENXIO: the kernel has ended.
 * - Not for the kernel's own thread, which would wait for itself: EDEADLK.
 * - A thread that ends leaves, with everything it acts for.
 */
#ifndef RUMP_GATE_H
#define RUMP_GATE_H

#include <rump/module.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rump_thread;

/* EACCES: no such key; EAGAIN: too many threads or processes; ENXIO */
RUMPUSER_PUBLIC int rump_thread_attach(uint32_t gate, uint64_t key, struct rump_thread **thread);

/* How long a call looks for its answer before the thread sleeps, nanoseconds. At first 0. */
RUMPUSER_PUBLIC int rump_thread_spin(struct rump_thread *thread, int64_t ns);

/* `retval` gets the two result registers; it may be NULL. `length` is the bytes of arguments, at most 112. */
RUMPUSER_PUBLIC int rump_thread_syscall(struct rump_thread *thread, int number, const void *args,
                                        size_t length, int64_t retval[2]);

/* A child process with copies of the descriptors, driven by this thread too. */
RUMPUSER_PUBLIC int rump_thread_fork(struct rump_thread *thread, struct rump_thread **child);

RUMPUSER_PUBLIC int64_t rump_thread_pid(const struct rump_thread *thread);

/* Signals that the process has a handler for and that came since the last time: bit N of the 128 is signal N.
 */
RUMPUSER_PUBLIC int rump_thread_signals(struct rump_thread *thread, uint64_t raised[2]);

/* Its process exits with `status`, or its lwp leaves. NULL: no-op. */
RUMPUSER_PUBLIC void rump_thread_detach(struct rump_thread *thread, int status);

/* For modules, on the kernel's thread: the two numbers, for processes of the superuser. */
RUMPUSER_PUBLIC int rump_kernel_share(struct rump_kernel *kernel, uint32_t *gate, uint64_t *key);

#ifdef __cplusplus
}
#endif

#endif /* RUMP_GATE_H */
