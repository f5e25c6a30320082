/**
 * A process, as the host program holds it: it makes system calls on the process's behalf.
 */

import type { Lwp } from '../kern/lwp.ts';
import { lwpCreate, lwpFree, lwpUnlink } from '../kern/lwpcreate.ts';
import type { Proc as KernProc } from '../kern/proc.ts';
import { psignal } from '../kern/sig.ts';
import { LW_WEXIT } from '../sys/constants/lwp.ts';
import { SSTOP, SZOMB } from '../sys/constants/proc.ts';
import { NSIG, SIGKILL, signumber } from '../sys/constants/signal.ts';
import { EFAULT, EINVAL, ESRCH } from '../sys/errno.ts';
import { eagerCalls, eagerEnd } from './eager.ts';
import { SysError } from './errors.ts';
import { type Caller, type PromiseCalls, promiseCalls, type SysCalls, sysCalls } from './facade.ts';
import { createFs, type NodeFs } from './fs/index.ts';
import type { Shared } from './gate/attach.ts';
import type { Kernel } from './kernel.ts';

/** Pieces of work that end at once before others get a turn: without one, who goes from one to the next keeps all. */
const WORK_PER_TURN = 128;

/** What processes and lwps have in common: system calls made as one lwp. */
abstract class Calling implements Caller {
  readonly kernel: Kernel;
  /** @internal */
  lwp: Lwp;
  #sys: SysCalls | null = null;
  #promises: PromiseCalls | null = null;
  #ended = 0;

  constructor(kernel: Kernel, lwp: Lwp) {
    this.kernel = kernel;
    this.lwp = lwp;
  }

  /**
   * Synchronous system calls. May block the host thread; a call nothing could ever wake fails with EDEADLK.
   */
  get sys(): SysCalls {
    this.#sys ??= sysCalls(this);
    return this.#sys;
  }

  /** The same calls as promises, each with an lwp of its own. */
  get promises(): PromiseCalls {
    this.#promises ??= promiseCalls(this);
    return this.#promises;
  }

  /** @internal Calls of a piece of work that answer at once where they can. */
  begin(): SysCalls {
    return eagerCalls(this);
  }

  /** @internal That work is done. @returns is a turn of the event loop due, before the next begins? */
  end(calls: SysCalls): boolean {
    eagerEnd(calls);
    this.#ended = (this.#ended + 1) % WORK_PER_TURN;
    return this.#ended === 0;
  }

  /** @internal */
  renew(): void {
    const { proc } = this.lwp;
    if (this.lwp.coroutine !== null && proc.alive && !proc.exiting) {
      const { sigctx } = this.lwp;
      this.lwp = lwpCreate(proc);
      this.lwp.sigctx = sigctx;
    }
  }
}

/** A second thread of a process: its own `sys`, the same process. */
export class LwpHandle extends Calling {
  get lid(): number {
    return this.lwp.lid;
  }

  /** Leave the process; the last to leave ends it. Again, or after the process has gone, is a no-op. */
  exit(): void {
    const l = this.lwp;
    if ((l.flag & LW_WEXIT) !== 0 || l.coroutine !== null || !this.kernel.running) {
      return;
    }
    if (l.proc.nlwps === 1) {
      this.sys._lwp_exit();
      return;
    }
    this.kernel.enter('_lwp_exit', () => {
      lwpUnlink(l);
      lwpFree(l);
    });
  }

  [Symbol.dispose](): void {
    this.exit();
  }
}

export class Proc extends Calling {
  readonly #proc: KernProc;
  #fs: NodeFs | null = null;

  constructor(kernel: Kernel, proc: KernProc, lwp: Lwp) {
    super(kernel, lwp);
    this.#proc = proc;
  }

  get pid(): number {
    return this.#proc.pid;
  }

  /**
   * `node:fs` with this process's credentials, working directory, umask and descriptors. Its errors are Node's, not
   * `SysError`s.
   */
  get fs(): NodeFs {
    this.#fs ??= createFs(this);
    return this.#fs;
  }

  /**
   * Command name, as ps shows it. Set it where another system would execute a program: nothing else changes.
   */
  get comm(): string {
    return this.#proc.comm;
  }

  /** @throws SysError EFAULT no string; ESRCH */
  set comm(name: string) {
    this.kernel.enter('execnotify', () => {
      if (typeof name !== 'string') {
        throw EFAULT;
      }
      if (!this.#proc.alive) {
        throw ESRCH;
      }
      this.#proc.comm = name;
    });
  }

  /** True until it has exited. */
  get alive(): boolean {
    return this.kernel.running && this.#proc.alive;
  }

  /** Wait status once it has exited (see the W* functions of `constants`), null before. */
  get status(): number | null {
    return this.#proc.stat >= SZOMB ? this.#proc.xstat : null;
  }

  /** A child with copies of the descriptors; the caller drives it. @throws SysError EAGAIN ESRCH */
  fork(): Proc {
    return this.kernel.proc(this.sys.fork());
  }

  /** Another lwp of this process. @throws SysError ESRCH */
  newlwp(): LwpHandle {
    return this.kernel.enter('newlwp', () => {
      if (!this.#proc.alive) {
        throw ESRCH;
      }
      return new LwpHandle(this.kernel, lwpCreate(this.#proc));
    });
  }

  /**
   * What another thread of this host process needs to be one more lwp of this process: `attach` there.
   * @throws SysError ESRCH EOPNOTSUPP
   */
  share(): Shared {
    return this.kernel.shareThread(this.#proc);
  }

  /** Send it a signal, by number or name ("SIGTERM"), as the superuser. @throws SysError EINVAL ESRCH */
  kill(signal: number | string): void {
    const signo = typeof signal === 'string' ? signumber(signal) : signal;
    if (signo === undefined || !Number.isInteger(signo) || signo < 0 || signo >= NSIG) {
      throw new SysError(EINVAL, 'kill', `no signal ${String(signal)}`);
    }
    this.kernel.enter('kill', () => {
      if (!this.#proc.alive) {
        throw ESRCH;
      }
      if (signo !== 0) {
        psignal(this.#proc, signo);
      }
    });
    this.kernel.drain();
  }

  /** Exit with `status` (0 to 255). @throws SysError ESRCH when it has exited already */
  exit(status = 0): void {
    this.sys.exit(status);
  }

  /** The process goes, whatever it does: one that is stopped is killed. */
  [Symbol.dispose](): void {
    if (!this.alive) {
      return;
    }
    if (this.#proc.stat === SSTOP) {
      this.kill(SIGKILL);
    } else {
      this.exit();
    }
  }
}
