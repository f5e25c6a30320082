/**
 * The light-weight process: the thing that runs in the kernel, sleeps there and owns locks.
 *
 * An lwp is in exactly one of these places:
 * - outside the kernel (`coroutine === null`, LSRUN, on no queue): its caller is JavaScript, or a remote
 *   client, between two calls;
 * - on a CPU (LSONPROC): `kernel.curlwp` is it;
 * - runnable (LSRUN, on its CPU's run queue);
 * - asleep (LSSLEEP, on a sleep queue, or on none when only its timeout or an explicit wake-up ends the
 *   sleep).
 *
 * NetBSD: sys/sys/lwp.h, sys/kern/kern_lwp.c.
 */
import { LSIDL, LW_WEXIT } from '../sys/constants/lwp.ts';
import type { Errno } from '../sys/errno.ts';
import type { Callout } from './callout.ts';
import type { Cpu } from './cpu.ts';
import type { KauthCred } from './kauth.ts';
import type { Kernel } from './kernel.ts';
import type { MaySleep } from './maysleep.ts';
import type { Proc } from './proc.ts';
import type { LwpQueue } from './queue.ts';
import { Sigctx } from './sigacts.ts';

/** Left asleep by a synchronous caller that nothing could have woken. */
export const LW_ABANDONED = 0x00000010;
/** May run on `cpu` only. */
export const LW_BOUND = 0x00000020;
/** Outside the kernel by its caller's lights, but run to take a signal of its process. */
export const LW_LENT = 0x00000040;

/** Runs its program's signal handler: in user mode, though its call has not ended. */
export const LW_UPCALL = 0x00001000;
/** Its caller waits for none of its calls: one that sleeps returns at once, and is told of. */
export const LW_EAGER = 0x00002000;

/** What to do at the user boundary, set from outside and read there (one test on the way out). */
export const AST_SIGNAL = 1;
export const AST_EXIT = 2;

export class Lwp {
  /** Id within its process, never 0. */
  lid: number;
  readonly kernel: Kernel;
  proc: Proc;
  /** Name of this lwp for the host: what `curlwp` holds while it runs, and what owns host locks. */
  readonly handle: number;

  stat = LSIDL;
  flag = 0;
  ast = 0;
  priority: number;
  cpu: Cpu | null = null;
  name = '';

  queue: LwpQueue | null = null;
  queueNext: Lwp | null = null;
  queuePrev: Lwp | null = null;

  /** Why it sleeps, as NetBSD spells it ("piperd"); empty while awake. */
  wmesg = '';
  /** Set by whoever ends the sleep for another reason than the event slept for; thrown at the sleep. */
  sleepError: Errno | null = null;
  /** Mask and pending signals of the thread it acts for. */
  sigctx = new Sigctx();
  /** What a signal handler threw, for whoever waits for this lwp. */
  thrown: { readonly error: unknown } | null = null;
  /** Made by the first sleep with a timeout, kept for the next. */
  timeout: Callout | null = null;
  /** Locks held across sleeps (kmutex, rwlock): must be 0 at the user boundary. */
  lockCount = 0;

  coroutine: MaySleep<unknown> | null = null;
  /** Called outside any lwp once `coroutine` has ended: `value`, `error` hold how. */
  ondone: ((l: Lwp) => void) | null = null;
  value: unknown = undefined;
  error: unknown = undefined;

  /** Who else slept on what, when a synchronous caller of this lwp got EDEADLK. */
  deadlock: string | null = null;

  /** Voluntary and involuntary switches. */
  nvcsw = 0;
  nivcsw = 0;

  siblingNext: Lwp | null = null;
  siblingPrev: Lwp | null = null;

  constructor(kernel: Kernel, proc: Proc, lid: number, handle: number, priority: number) {
    this.kernel = kernel;
    this.proc = proc;
    this.lid = lid;
    this.handle = handle;
    this.priority = priority;
  }

  /**
   * The credentials its calls are judged by. They are the process's: identity changes concern every lwp of
   * it.
   */
  get cred(): KauthCred {
    return this.proc.cred;
  }

  /** For messages: "2.1 (cat) piperd". */
  toString(): string {
    return `${this.proc.pid}.${this.lid} (${this.name || this.proc.comm})${this.wmesg ? ` ${this.wmesg}` : ''}`;
  }
}

/** It is its caller's to use: in no call, not lent, and not exiting. */
export function lwpIsOutside(l: Lwp): boolean {
  return l.coroutine === null && (l.flag & (LW_LENT | LW_WEXIT)) === 0;
}
