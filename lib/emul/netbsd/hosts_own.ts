/**
 * Calls that the caller's own host does for it. A program's process is the host's; a thread's is the kernel's, but its
 * children come by a way of their own. NetBSD answers programs the same.
 */
export const HOSTS_OWN: Readonly<Record<'program' | 'thread', ReadonlySet<string>>> = {
  program: new Set(['exit', 'fork', 'vfork', '__vfork14', 'kill', 'syscall', '__syscall']),
  thread: new Set(['fork', 'vfork', '__vfork14', 'syscall', '__syscall']),
};
