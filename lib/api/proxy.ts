/** The sysproxy hook, in the API's terms: processes instead of lwps, `SysError` instead of errnos. */
import type { Kernel as Kern } from '../kern/kernel.ts';
import type { Lwp } from '../kern/lwp.ts';
import { sysproxyLocal, sysproxySet } from '../kern/sysproxy.ts';
import { EINVAL, Errno, errnoByCode } from '../sys/errno.ts';
import { syscallByNumber } from '../sys/syscalls.ts';
import { type ArgChecks, argChecks } from './args.ts';
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
  if (typeof fn !== 'function') {
    throw EINVAL;
  }
  const known = new Map<number, ArgChecks>();
  const checksOf = (number: number): ArgChecks | undefined => {
    const row = syscallByNumber(number);
    let checks = known.get(number);
    if (checks === undefined && row !== undefined) {
      checks = argChecks(row);
      known.set(number, checks);
    }
    return checks;
  };
  sysproxySet(
    k,
    (l, number, args) => {
      try {
        const proc = kernel.proc(l.proc.pid);
        const given = args.slice(0, checksOf(number)?.checks.length);
        return fn(proc, number, given, (n, a) => serve(l, n, a, checksOf(n)), arg);
      } catch (error) {
        throw error instanceof SysError ? (errnoByCode(error.code) ?? error) : error;
      }
    },
    undefined,
  );
}

/**
 * A call served here, for a proxy: its arguments are looked at like any caller's, and its errors are theirs.
 */
function serve(l: Lwp, number: number, args: readonly unknown[], checks: ArgChecks | undefined): unknown {
  const copies = checks?.checks.map((check, i) => check(args[i])) ?? [];
  let value: unknown;
  try {
    value = sysproxyLocal(l, number, copies);
    return value;
  } catch (error) {
    throw error instanceof Errno ? new SysError(error, syscallByNumber(number)?.call ?? 'syscall') : error;
  } finally {
    for (const { at, give } of checks?.filled ?? []) {
      give(args[at], copies[at], value);
    }
  }
}
