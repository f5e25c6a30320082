/**
 * Where system calls go. By default they are served here; a sysproxy, set once, takes all of them instead.
 *
 * NetBSD: the seed's rump_sysproxy, rump_sysproxy_local, rump_sysproxy_set.
 */
import { EBUSY, EINVAL, ENOSYS } from '../sys/errno.ts';
import { SYS_NSYSENT, syscallByNumber } from '../sys/syscalls.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import { syscallLocal } from './syscall.ts';

/**
 * Serve call `number` of `l` with the arguments of a local caller. Errors are thrown as errno singletons.
 * `arg` is what was given to `sysproxySet`.
 */
export type SysproxyFn = (l: Lwp, number: number, args: readonly unknown[], arg: unknown) => unknown;

/** The hook as the kernel keeps it. */
export type Sysproxy = (l: Lwp, number: number, args: readonly unknown[]) => unknown;

/**
 * Send every system call to `fn` from now on. @throws EBUSY when one is set already; EINVAL `fn` is no
 * function
 */
export function sysproxySet(k: Kernel, fn: SysproxyFn, arg: unknown): void {
  if (typeof fn !== 'function') {
    throw EINVAL;
  }
  if (k.sysproxy !== null) {
    throw EBUSY;
  }
  k.sysproxy = (l, number, args) => fn(l, number, args, arg);
}

/** Serve a call by number, here. @throws ENOSYS past the table, or no such call; what the call throws */
export function sysproxyLocal(l: Lwp, number: number, args: readonly unknown[]): unknown {
  const row = number >= 0 && number < SYS_NSYSENT ? syscallByNumber(number) : undefined;
  if (row === undefined) {
    throw ENOSYS;
  }
  return syscallLocal(l, row, ...args);
}
