/**
 * What the process calls promise, kept independently of the kernel: who is whose child, what each of them can
 * have ended with, and that every end is told once.
 */
import type { Proc } from '../../lib/kern/proc.ts';
import { SIGCONT, SIGSTOP, SIGTSTP } from '../../lib/sys/constants/signal.ts';
import {
  WEXITSTATUS,
  WIFCONTINUED,
  WIFEXITED,
  WIFSTOPPED,
  WSTOPSIG,
  WTERMSIG,
} from '../../lib/sys/constants/wait.ts';
import type { World } from './world.ts';

const STOPS: ReadonlySet<number> = new Set([SIGSTOP, SIGTSTP]);

interface Known {
  readonly parent: number;
  /** Exit statuses it has asked for; signals it may have got. */
  readonly statuses: Set<number>;
  readonly signals: Set<number>;
  /** Stops it may have made that its parent has not been told of. */
  stops: number;
  /** The same of continues. */
  continues: number;
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
    this.#known.set(pid, { parent, statuses: new Set(), signals: new Set(), stops: 0, continues: 0 });
  }

  exiting(p: Proc, status: number): void {
    this.#known.get(p.pid)?.statuses.add(status);
  }

  /** Anyone of these may be ended, stopped or continued by it. */
  signalled(procs: Iterable<Proc>, signo: number): void {
    for (const p of procs) {
      const known = this.#known.get(p.pid);
      if (known !== undefined) {
        known.signals.add(signo);
        known.stops += STOPS.has(signo) ? 1 : 0;
        known.continues += signo === SIGCONT ? 1 : 0;
      }
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
      w.expect(child.continues-- > 0, `${pid} continued once and was told of twice`);
      return;
    }
    if (WIFSTOPPED(status)) {
      w.expect(child.signals.has(WSTOPSIG(status)), `${pid} stopped by a signal nobody sent`);
      w.expect(child.stops-- > 0, `${pid} stopped once and was told of twice`);
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

  /** Its parent does not want to know. */
  forget(pid: number): void {
    this.#known.delete(pid);
  }

  get unwaited(): readonly number[] {
    return [...this.#known.keys()];
  }
}
