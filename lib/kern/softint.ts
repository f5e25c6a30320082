/**
 * Soft interrupts: work put off until the kernel is between two lwps. A handler is a plain function; it
 * cannot sleep.
 *
 * A handler is pending on a CPU at most once, and runs there: scheduled twice before it runs, it runs once;
 * scheduled on two CPUs, twice. On each CPU the highest level goes first, and within a level who was
 * scheduled first.
 *
 * NetBSD: sys/kern/kern_softint.c, softint(9).
 */
import { type Cpu, cpuSoftintr, curcpu } from './cpu.ts';
import { type Evcnt, evcntAttachDynamic } from './evcnt.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';
import { FOREVER, SleepQueue, sleepqBlock, sleepqWakeAll } from './sleepq.ts';

export const SOFTINT_CLOCK = 0;
export const SOFTINT_BIO = 1;
export const SOFTINT_NET = 2;
export const SOFTINT_SERIAL = 3;
export const SOFTINT_COUNT = 4;

/** By level, as the event counters call them. */
const LEVEL_NAMES = ['clk', 'bio', 'net', 'ser'] as const;

/** A handler's place on one CPU. */
class Pending {
  readonly softint: Softint;
  pending = false;
  next: Pending | null = null;

  constructor(softint: Softint) {
    this.softint = softint;
  }
}

export class Softint {
  readonly level: number;
  readonly fn: () => void;
  /** By CPU index. */
  readonly places: readonly Pending[];
  /** CPUs it is pending on. */
  pending = 0;
  disestablished = false;
  /** Who waits for it to be pending nowhere. */
  readonly waiters: SleepQueue = new SleepQueue();

  constructor(level: number, fn: () => void, ncpu: number) {
    this.level = level;
    this.fn = fn;
    this.places = Array.from({ length: ncpu }, () => new Pending(this));
  }
}

/** What is pending on one CPU: a FIFO for each level, and a bit for each that is not empty. */
export class SoftintCpu {
  readonly #first: (Pending | null)[] = [null, null, null, null];
  readonly #last: (Pending | null)[] = [null, null, null, null];
  levels = 0;
  /** Runs, by level. */
  readonly evcnts: Evcnt[] = [];

  insert(place: Pending): void {
    const { level } = place.softint;
    const last = this.#last[level] ?? null;
    if (last === null) {
      this.#first[level] = place;
    } else {
      last.next = place;
    }
    this.#last[level] = place;
    this.levels |= 1 << level;
  }

  /** Take out the first of the highest level. There is one. */
  shift(): Pending {
    const level = 31 - Math.clz32(this.levels);
    const place = this.#first[level] as Pending;
    this.#first[level] = place.next;
    if (place.next === null) {
      this.#last[level] = null;
      this.levels &= ~(1 << level);
    }
    place.next = null;
    return place;
  }
}

/** Give `cpu` its counters. */
export function softintInitCpu(k: Kernel, cpu: Cpu): void {
  for (const name of LEVEL_NAMES) {
    cpu.softint.evcnts.push(evcntAttachDynamic(k, 'misc', null, 'softint', `${name}/${cpu.index}`));
  }
}

/** @param level SOFTINT_CLOCK to SOFTINT_SERIAL */
export function softintEstablish(k: Kernel, level: number, fn: () => void): Softint {
  KASSERT(Number.isInteger(level) && level >= 0 && level < SOFTINT_COUNT, `soft interrupt level ${level}`);
  return new Softint(level, fn, k.cpus.length);
}

/**
 * Ask for one run of the handler on this CPU. For code inside the kernel and for completions of host I/O:
 * whoever leaves the kernel next runs it on the way out.
 */
export function softintSchedule(k: Kernel, si: Softint): void {
  softintScheduleCpu(k, si, curcpu(k));
}

/** The same on a CPU of choice. NetBSD: softint_schedule_cpu. */
export function softintScheduleCpu(k: Kernel, si: Softint, cpu: Cpu): void {
  KASSERT(!si.disestablished, 'soft interrupt scheduled after it was disestablished');
  const place = si.places[cpu.index] as Pending;
  if (place.pending) {
    return;
  }
  place.pending = true;
  si.pending++;
  k.softPending++;
  cpu.softint.insert(place);
}

/**
 * Take a handler back. Runs it is asked for already happen first; the caller sees to it that there are no
 * more.
 */
export function* softintDisestablish(l: Lwp, si: Softint): MaySleep<void> {
  KASSERT(!cpuSoftintr(l.kernel), 'disestablished from a soft interrupt');
  KASSERT(!si.disestablished, 'soft interrupt disestablished twice');
  while (si.pending > 0) {
    yield* sleepqBlock(l, si.waiters, 'softdis', 0, FOREVER);
  }
  si.disestablished = true;
}

/**
 * Which CPU goes next. On a simulated host the seed says so, as if they ran side by side. Some CPU has a
 * pending one.
 */
function nextCpu(k: Kernel): Cpu {
  const { cpus, schedPick } = k;
  let at = schedPick === null || cpus.length === 1 ? 0 : schedPick(cpus.length);
  while ((cpus[at] as Cpu).softint.levels === 0) {
    at = at + 1 === cpus.length ? 0 : at + 1;
  }
  return cpus[at] as Cpu;
}

/** Run what is pending; `context` calls a handler as the soft-interrupt lwp of a CPU. */
export function softintRun(k: Kernel, context: (k: Kernel, cpu: Cpu, fn: () => void) => void): void {
  while (k.softPending > 0) {
    const cpu = nextCpu(k);
    const place = cpu.softint.shift();
    const si = place.softint;
    place.pending = false;
    si.pending--;
    k.softPending--;
    (cpu.softint.evcnts[si.level] as Evcnt).count++;
    context(k, cpu, si.fn);
    if (si.pending === 0 && si.waiters.length > 0) {
      sleepqWakeAll(si.waiters);
    }
  }
}
