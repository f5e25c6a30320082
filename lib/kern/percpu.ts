/**
 * Storage that every CPU has one of.
 *
 * A reference is for code that does not sleep: an lwp that sleeps may wake on another CPU. Who holds one is
 * remembered, and an lwp that slept with it is caught when the next one asks.
 *
 * NetBSD: sys/kern/subr_percpu.c, percpu(9).
 */
import { type Cpu, curcpu } from './cpu.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';

export class Percpu<T> {
  readonly kernel: Kernel;
  /** By CPU index. */
  readonly values: readonly T[];
  /** References held, and by whom. */
  refs = 0;
  holder: Lwp | null = null;
  freed = false;

  constructor(kernel: Kernel, values: readonly T[]) {
    this.kernel = kernel;
    this.values = values;
  }
}

/** @param make is called once for every CPU */
export function percpuAlloc<T>(k: Kernel, make: (cpu: Cpu) => T): Percpu<T> {
  return new Percpu(k, k.cpus.map(make));
}

/** Nobody may hold a reference. */
export function percpuFree<T>(pc: Percpu<T>): void {
  KASSERT(!pc.freed && pc.refs === 0, 'per-CPU storage freed in use');
  pc.freed = true;
}

/** This CPU's. Give it back with `percpuPutref` before sleeping. May be nested. */
export function percpuGetref<T>(pc: Percpu<T>): T {
  const { curlwp } = pc.kernel;
  KASSERT(!pc.freed, 'per-CPU storage used after it was freed');
  KASSERT(pc.refs === 0 || pc.holder === curlwp, `${pc.holder ?? 'the host'} slept with per-CPU storage`);
  pc.refs++;
  pc.holder = curlwp;
  return pc.values[curcpu(pc.kernel).index] as T;
}

export function percpuPutref<T>(pc: Percpu<T>): void {
  KASSERT(
    pc.refs > 0 && pc.holder === pc.kernel.curlwp,
    'per-CPU storage given back by who does not hold it',
  );
  pc.refs--;
}

/** Look at every CPU's, in no order to rely on. `fn` does not sleep. */
export function percpuForeach<T>(pc: Percpu<T>, fn: (value: T, cpu: Cpu) => void): void {
  KASSERT(!pc.freed, 'per-CPU storage used after it was freed');
  for (const cpu of pc.kernel.cpus) {
    fn(pc.values[cpu.index] as T, cpu);
  }
}
