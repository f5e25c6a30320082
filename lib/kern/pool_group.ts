/**
 * Groups of resting objects (magazines): what a CPU has at hand, and the depot where CPUs swap full groups
 * for empty ones.
 *
 * NetBSD: sys/kern/subr_pool.c (pcg_t, pool_cache_cpu_t).
 */

/** Objects of a group. NetBSD: PCG_NOBJECTS_NORMAL. */
export const GROUP_SIZE = 15;

export type Group<T> = T[];

export class CacheCpu<T> {
  /** The group in use, and the one used before, which is full or empty. */
  current: Group<T> = [];
  previous: Group<T> = [];
  hits = 0;
  misses = 0;

  swap(): void {
    const { current } = this;
    this.current = this.previous;
    this.previous = current;
  }
}

export class Depot<T> {
  readonly full: Group<T>[] = [];
  readonly empty: Group<T>[] = [];
  hits = 0;
  misses = 0;

  /** Swap the CPU's empty group for a full one. @returns false when there is none */
  getFull(cpu: CacheCpu<T>): boolean {
    const group = this.full.pop();
    if (group === undefined) {
      this.misses++;
      return false;
    }
    this.hits++;
    this.empty.push(cpu.current);
    cpu.current = group;
    return true;
  }

  /** Swap one of the CPU's two full groups for an empty one. */
  putFull(cpu: CacheCpu<T>): void {
    this.full.push(cpu.previous);
    cpu.previous = cpu.current;
    cpu.current = this.empty.pop() ?? [];
  }

  /** Every object resting in the depot, which is empty afterwards. */
  takeAll(): Group<T> {
    const all = this.full.flat();
    this.full.length = 0;
    this.empty.length = 0;
    return all;
  }
}
