/**
 * A thread, or an isolate, that has come in by the gate, and the processes and lwps it acts for.
 *
 * Its first slot is its name. Requests it waits for come by that slot, others by slots of their own. When it
 * goes, by its own will or not, everything it acted for goes.
 */
import { exit1 } from '../kern/exit.ts';
import { AST_EXIT, type Lwp, lwpIsOutside } from '../kern/lwp.ts';
import { lwpCreate, lwpFree, lwpUnlink } from '../kern/lwpcreate.ts';
import { lwpRun } from '../kern/lwprun.ts';
import type { MaySleep } from '../kern/maysleep.ts';
import type { Proc } from '../kern/proc.ts';
import { setrunnable } from '../kern/runnable.ts';
import { sleepqInterrupt } from '../kern/sleepq.ts';
import { LSSLEEP, LSZOMB, LW_WEXIT } from '../sys/constants/lwp.ts';
import { ESRCH } from '../sys/errno.ts';
import type { Siginfo } from '../sys/types.ts';
import type { GateVmspace } from './vmspace.ts';

/** What a caller acts for. */
export interface Client {
  readonly proc: Proc;
  /** For requests that are waited for. */
  readonly lwp: Lwp;
  /** It came as one more thread of somebody's process, and leaves alone. */
  readonly thread: boolean;
  /** Signals that wait for it. */
  readonly raised: Siginfo[];
}

export interface Session {
  readonly slot: number;
  /** The caller's idler, rung for signals; 0: nobody's. */
  readonly waiter: number;
  /** It is the kernel's own thread. */
  readonly here: boolean;
  /** What its requests point at. */
  readonly vm: GateVmspace;
  readonly clients: Map<number, Client>;
  nextClient: number;
  /** Waits for an answer: cannot do anything else. */
  waiting: boolean;
  /** An answer of the kernel's owner that had no room. */
  unread: Uint8Array | null;
}

/** Its thread's lwp can be used as it is: there, and not at anything. */
export function isOutside({ proc, lwp }: Client): boolean {
  return proc.alive && !proc.exiting && lwpIsOutside(lwp);
}

/**
 * Let a client's lwp run a coroutine. `waited`: as the thread itself, with its mask; else as a thread of its
 * own for this one call. @returns the lwp. @throws ESRCH the process has exited
 */
export function clientRun<T>(
  client: Client,
  waited: boolean,
  body: (l: Lwp) => MaySleep<T>,
  done: (l: Lwp, value: T | undefined, error: unknown) => void,
): Lwp {
  const { proc, lwp } = client;
  if (!proc.alive || proc.exiting || (lwp.flag & LW_WEXIT) !== 0) {
    throw ESRCH;
  }
  if (!waited || !isOutside(client)) {
    // It acts for the same thread: one mask, one set of pending signals.
    const l = lwpRun(proc, body, done);
    l.sigctx = lwp.sigctx;
    return l;
  }
  lwp.value = undefined;
  lwp.error = undefined;
  lwp.coroutine = body(lwp);
  lwp.ondone = () => {
    const { value, error } = lwp;
    lwp.value = undefined;
    lwp.error = undefined;
    done(lwp, value as T | undefined, error);
  };
  setrunnable(lwp);
  return lwp;
}

/** The client is no more: its process exits, or its lwp leaves, in the middle of whatever. */
export function clientLeave(client: Client, status: number): void {
  const { proc, lwp } = client;
  if (!proc.alive || proc.exiting) {
    return;
  }
  if (!client.thread || proc.nlwps === 1) {
    lwpRun(
      proc,
      (l) => exit1(l, status),
      () => {},
    );
  } else if (lwp.coroutine !== null) {
    lwp.ast |= AST_EXIT;
    if (lwp.stat === LSSLEEP) {
      sleepqInterrupt(lwp);
    }
  } else if ((lwp.flag & LW_WEXIT) === 0 && lwp.stat !== LSZOMB) {
    lwpUnlink(lwp);
    lwpFree(lwp);
  }
}

/** One more lwp of a process, as a client. @throws ESRCH */
export function threadOf(proc: Proc): Client {
  if (!proc.alive || proc.exiting) {
    throw ESRCH;
  }
  const lwp = lwpCreate(proc);
  // As a thread has the mask of the one that made it.
  lwp.sigctx.mask = lwp.siblingNext?.sigctx.mask ?? lwp.sigctx.mask;
  return { proc, lwp, thread: true, raised: [] };
}
