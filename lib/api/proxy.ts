/** The sysproxy hook, in the API's terms: processes instead of lwps, `SysError` instead of errnos. */
import type { Kernel as Kern } from '../kern/kernel.ts';
import { sysproxyLocal, sysproxySet } from '../kern/sysproxy.ts';
import { errnoByCode } from '../sys/errno.ts';
import { SysError } from './errors.ts';
import type { Kernel } from './kernel.ts';
import type { Proc } from './proc.ts';

/**
 * Serves system call `number` of `proc`. Returns what the call returns, or throws a `SysError`.
 * `local(number, args)` serves a call in this kernel after all.
 */
export type SyscallProxy = (
  proc: Proc,
  number: number,
  args: readonly unknown[],
  local: (number: number, args: readonly unknown[]) => unknown,
  arg: unknown,
) => unknown;

/** @throws EBUSY EINVAL */
export function proxy(k: Kern, kernel: Kernel, fn: SyscallProxy, arg: unknown): void {
  const wrapped =
    typeof fn === 'function'
      ? (l: Parameters<typeof sysproxyLocal>[0], number: number, args: readonly unknown[]) => {
          try {
            return fn(kernel.proc(l.proc.pid), number, args, (n, a) => sysproxyLocal(l, n, a), arg);
          } catch (error) {
            throw error instanceof SysError ? (errnoByCode(error.code) ?? error) : error;
          }
        }
      : fn;
  sysproxySet(k, wrapped, arg);
}
