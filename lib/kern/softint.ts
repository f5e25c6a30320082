/**
 * Soft interrupts: work put off until the kernel is between two lwps. A handler is a plain function; it cannot
 * sleep. Levels run from the highest; a handler scheduled twice before it runs, runs once.
 *
 * NetBSD: sys/kern/kern_softint.c, softint(9).
 */
import type { Cpu } from './cpu.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';

export const SOFTINT_CLOCK = 0;
export const SOFTINT_BIO = 1;
export const SOFTINT_NET = 2;
export const SOFTINT_SERIAL = 3;
export const SOFTINT_COUNT = 4;

export interface Softint {
  readonly level: number;
  readonly fn: () => void;
  readonly cpu: Cpu;
  pending: boolean;
}

/** @param level SOFTINT_CLOCK to SOFTINT_SERIAL */
export function softintEstablish(k: Kernel, level: number, fn: () => void): Softint {
  KASSERT(level >= 0 && level < SOFTINT_COUNT, `soft interrupt level ${level}`);
  return { level, fn, cpu: k.cpus[0] as Cpu, pending: false };
}

/** Ask for one run of the handler. */
export function softintSchedule(k: Kernel, si: Softint): void {
  if (si.pending) {
    return;
  }
  si.pending = true;
  (k.softints[si.level] as Softint[]).push(si);
  k.softPending++;
}

/** Run what is pending, highest level first; `context` calls a handler in soft-interrupt context. */
export function softintRun(k: Kernel, context: (k: Kernel, fn: () => void) => void): void {
  while (k.softPending > 0) {
    for (let level = SOFTINT_COUNT - 1; level >= 0; level--) {
      const si = (k.softints[level] as Softint[]).shift();
      if (si !== undefined) {
        si.pending = false;
        k.softPending--;
        si.cpu.nsoft++;
        context(k, si.fn);
        break;
      }
    }
  }
}
