/**
 * What the process calls promise, kept independently of the kernel: who is whose child, what each of them can have ended
 * with, and that every end is told once.
 */
import type { Proc } from '../../lib/kern/proc.ts';
import {
  WEXITSTATUS,
  WIFCONTINUED,
  WIFEXITED,
  WIFSTOPPED,
  WSTOPSIG,
  WTERMSIG,
} from '../../lib/sys/constants/wait.ts';
import type { World } from './world.ts';

interface Known {
  readonly parent: number;
  /** Exit statuses it has asked for; signals it may have got. */
  readonly statuses: Set<number>;
  readonly signals: Set<number>;
}

export class Model {
  readonly #w: World;
  readonly #known = new Map<number, Known>();

  constructor(w: World) {
    this.#w = w;
  }

  forked(pid: number, parent: number): void {
    const w = this.#w;
    w.expect(pid > 1, `fork gave pid ${pid}`);
    w.expect(!this.#known.has(pid), `pid ${pid} given out while its last owner has not been waited for`);
    this.#known.set(pid, { parent, statuses: new Set(), signals: new Set() });
  }

  exiting(p: Proc, status: number): void {
    this.#known.get(p.pid)?.statuses.add(status);
  }

  /** Anyone of these may be ended, stopped or continued by it. */
  signalled(procs: Iterable<Proc>, signo: number): void {
    for (const p of procs) {
      this.#known.get(p.pid)?.signals.add(signo);
    }
  }

  /** `parent` has been told of `pid`. */
  waited(parent: Proc, pid: number, status: number): void {
    const w = this.#w;
    const child = this.#known.get(pid);
    if (child === undefined) {
      w.problem(`wait gave ${pid}, of which there was none`);
      return;
    }
    w.expect(
      child.parent === parent.pid,
      `${parent.pid} has waited for ${pid}, the child of ${child.parent}`,
    );
    if (WIFCONTINUED(status)) {
      return;
    }
    if (WIFSTOPPED(status)) {
      w.expect(child.signals.has(WSTOPSIG(status)), `${pid} stopped by a signal nobody sent`);
      return;
    }
    if (WIFEXITED(status)) {
      w.expect(child.statuses.has(WEXITSTATUS(status)), `${pid} exited with a status it never gave`);
    } else {
      w.expect(child.signals.has(WTERMSIG(status)), `${pid} killed by a signal nobody sent`);
    }
    this.#known.delete(pid);
  }

  /** `parent` has been told that it has no children. */
  childless(parent: Proc): void {
    for (const [pid, { parent: mine }] of this.#known) {
      this.#w.expect(mine !== parent.pid, `${parent.pid} has no children, and ${pid} is one`);
    }
  }

  /** Its parent is gone: nobody will wait for it. */
  orphaned(parent: number): void {
    for (const [pid, { parent: mine }] of this.#known) {
      if (mine === parent) {
        this.#known.delete(pid);
      }
    }
  }

  get unwaited(): readonly number[] {
    return [...this.#known.keys()];
  }
}
