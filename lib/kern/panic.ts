/**
 * The end of a kernel: panic (a bug was found) and death in general. Only this kernel ends. Every caller
 * inside it is answered, every later entry fails with the reason; other kernels of the process go on.
 *
 * NetBSD: sys/kern/subr_prf.c (panic), sys/rump/librump/rumpkern/rump.c (rump_reboot).
 */
import { RUMPUSER_PANIC } from '../rumpuser/rumpuser.ts';
import { syscallByNumber } from '../sys/syscalls.ts';
import { KernelBug } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import { printf, thrownText } from './msgbuf.ts';
import { describeSleepers } from './wchan.ts';

/** What a caller gets from a kernel that has shut down or panicked. */
export class KernelDead extends Error {
  override readonly name = 'KernelDead';
  readonly code = 'ERR_KERNEL_DEAD';
}

/** Stop this kernel now. For code running inside it: never returns. */
export function panic(message: string): never {
  throw new KernelBug(message);
}

/** Turn an error nobody expected into a panic of `k`. `l` is the lwp it came out of. */
export function panicFrom(k: Kernel, error: unknown, l: Lwp | null): void {
  if (k.state === 'dead') {
    return;
  }
  const message = thrownText(error);
  k.panicstr = message;
  const sleepers = describeSleepers(k);
  printf(
    k,
    `panic: ${message}\n` +
      `curlwp: ${l === null ? 'none' : String(l)}\n` +
      `asleep: ${sleepers || 'nobody'}\n` +
      `last system calls: ${lastcalls(k).join(' ') || 'none'}\n` +
      stackOf(error),
  );
  kernelDie(k, `panic: ${message}`);
  k.host.exit(RUMPUSER_PANIC);
}

/** What was thrown may be anything, so its properties may throw too. */
function stackOf(error: unknown): string {
  try {
    return error instanceof Error && typeof error.stack === 'string' ? `${error.stack}\n` : '';
  } catch {
    return '';
  }
}

function lastcalls(k: Kernel): string[] {
  const names: string[] = [];
  for (let i = Math.max(0, k.ncalls - k.lastcalls.length); i < k.ncalls; i++) {
    const number = k.lastcalls[i % k.lastcalls.length] as number;
    names.push(syscallByNumber(number)?.call ?? String(number));
  }
  return names;
}

/** Mark `k` dead, answer everyone who waits in it, and give the host back. */
export function kernelDie(k: Kernel, reason: string): void {
  k.state = 'dead';
  k.deadReason = reason;
  for (const died of k.hooks.died ?? []) {
    died();
  }
  // Whoever drives the kernel finds nothing more to run.
  k.runnable = 0;
  k.softPending = 0;
  k.callouts.clear();
  const waiting: { readonly l: Lwp; readonly ondone: (l: Lwp) => void }[] = [];
  for (const p of k.procs.values()) {
    for (let l = p.lwps; l !== null; l = l.siblingNext) {
      l.coroutine = null;
      if (l.ondone !== null) {
        waiting.push({ l, ondone: l.ondone });
        l.ondone = null;
      }
    }
  }
  // Only now: who is answered may look at the kernel, which must not change under the loop.
  for (const { l, ondone } of waiting) {
    l.error = new KernelDead(`kernel is dead (${reason})`);
    ondone(l);
  }
}
