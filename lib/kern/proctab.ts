/**
 * The table of processes: by number in an array, in order of birth in a list.
 *
 * NetBSD: sys/kern/kern_proc.c (pid_table, allproc).
 */
import { KASSERT } from './kassert.ts';
import { List } from './list.ts';
import type { Proc } from './proc.ts';

export class ProcTable {
  readonly #byPid: (Proc | undefined)[] = [];
  readonly #all = new List<Proc>();

  get size(): number {
    return this.#all.size;
  }

  get(pid: number): Proc | undefined {
    return this.#byPid[pid];
  }

  has(pid: number): boolean {
    return this.#byPid[pid] !== undefined;
  }

  insert(p: Proc): void {
    KASSERT(this.#byPid[p.pid] === undefined, `pid ${p.pid} is in use`);
    this.#byPid[p.pid] = p;
    this.#all.insert(p.allproc);
  }

  remove(p: Proc): void {
    KASSERT(this.#byPid[p.pid] === p, `pid ${p.pid} is not in the table`);
    this.#byPid[p.pid] = undefined;
    this.#all.remove(p.allproc);
  }

  /** In order of birth; the current one may go meanwhile. */
  values(): IterableIterator<Proc> {
    return this.#all[Symbol.iterator]();
  }
}
