/**
 * Calls that the caller's own host does for it. A program's process is the host's, and NetBSD answers programs so. A
 * partner's is the kernel's: it is a thread of this process, or a client that has said that it knows more than NetBSD's
 * do. Children of both come by ways of their own.
 */
export type CallerKind = 'program' | 'partner';

export const HOSTS_OWN: Readonly<Record<CallerKind, ReadonlySet<string>>> = {
  program: new Set(['exit', 'fork', 'vfork', '__vfork14', 'kill', 'syscall', '__syscall']),
  partner: new Set(['fork', 'vfork', '__vfork14', 'syscall', '__syscall']),
};
