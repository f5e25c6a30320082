/**
 * The way in for system calls.
 *
 * A synchronous call runs its handler at once, on the caller's stack; if it finishes without sleeping that is
 * all. If it sleeps, the scheduler is driven until it has left. An asynchronous call is queued: the handler
 * runs at the next pump, as a coroutine of its lwp. Either way arguments have been checked, and what comes
 * out is the handler's value or an errno.
 *
 * NetBSD: sys/arch/x86/x86/syscall.c (userret), sys/rump/librump/rumpkern/rump.c (rump_syscall).
 */
import { bytesLength, bytesView, isBytes } from '../sys/bytes.ts';
import { LSONPROC, LSRUN, LSZOMB, LW_WEXIT } from '../sys/constants/lwp.ts';
import { SACTIVE, SSTOP } from '../sys/constants/proc.ts';
import { EBUSY, EDEADLK, ENOSYS, ERESTART, Errno, ESRCH } from '../sys/errno.ts';
import type { SysentRow } from '../sys/sysent.ts';
import { giantEnter, giantExit } from './giant.ts';
import type { Kernel } from './kernel.ts';
import { LW_EAGER, LW_LENT, type Lwp } from './lwp.ts';
import { lwpFree } from './lwpcreate.ts';
import { isMaySleep, type MaySleep, SLEEPING } from './maysleep.ts';
import { KernelDead, panicFrom } from './panic.ts';
import { setrunnable } from './runnable.ts';
import { STRETCHES_PER_SAMPLE, sampleBegin, sampleEnd } from './sample.ts';
import { clockint, drive, settle } from './sched.ts';
import { userret } from './sig.ts';
import { tracedAsync, tracedSync } from './trace.ts';

/** Is there a kernel, and may it be entered now? @throws KernelDead; EBUSY from inside the kernel */
export function enterable(k: Kernel): void {
  if (k.state !== 'running') {
    throw new KernelDead(k.state === 'dead' ? `kernel is dead (${k.deadReason})` : 'kernel is not booted');
  }
  if (k.curlwp !== null) {
    throw EBUSY;
  }
}

/**
 * May `l` make a call? @throws as `enterable`; ESRCH its process has exited; EBUSY it is inside the kernel
 */
function callable(k: Kernel, l: Lwp): void {
  enterable(k);
  const { stat } = l.proc;
  if ((stat !== SACTIVE && stat !== SSTOP) || (l.flag & LW_WEXIT) !== 0) {
    throw ESRCH;
  }
  if (l.coroutine !== null) {
    throw EBUSY;
  }
}

function handlerOf(k: Kernel, row: SysentRow): (...args: unknown[]) => unknown {
  const handler = k.sysent[row.number];
  if (handler === undefined) {
    throw ENOSYS;
  }
  return handler as (...args: unknown[]) => unknown;
}

/**
 * Make call `row` as `l` and wait for it. Surplus parameters are not looked at. @throws an errno, or
 * KernelDead
 */
export function syscallSync(
  l: Lwp,
  row: SysentRow,
  a0?: unknown,
  a1?: unknown,
  a2?: unknown,
  a3?: unknown,
  a4?: unknown,
  a5?: unknown,
  a6?: unknown,
): unknown {
  const k = l.kernel;
  if (k.sysproxy !== null) {
    callable(k, l);
    return k.sysproxy(l, row.number, [a0, a1, a2, a3, a4, a5, a6].slice(0, row.args.length).map(ownView));
  }
  if (k.trace !== null) {
    return tracedSync(l, row, [a0, a1, a2, a3, a4, a5, a6], syscallLocal);
  }
  return syscallLocal(l, row, a0, a1, a2, a3, a4, a5, a6);
}

/** The proxy looks at bytes by their methods, which then must not be the caller's. */
function ownView(arg: unknown): unknown {
  return isBytes(arg) ? bytesView(arg, 0, bytesLength(arg)) : arg;
}

/** The same, served here whatever the sysproxy. */
export function syscallLocal(
  l: Lwp,
  row: SysentRow,
  a0?: unknown,
  a1?: unknown,
  a2?: unknown,
  a3?: unknown,
  a4?: unknown,
  a5?: unknown,
  a6?: unknown,
): unknown {
  const k = l.kernel;
  // One test for what nearly every call is: nothing pending, nobody else's business.
  if (
    k.curlwp !== null ||
    k.state !== 'running' ||
    k.giantShared ||
    l.coroutine !== null ||
    l.ast !== 0 ||
    (l.flag & LW_WEXIT) !== 0
  ) {
    come(k, l);
  }
  const handler = handlerOf(k, row);
  giantEnter(k);
  if (l.ast !== 0) {
    return syncSlow(k, l, syscallBody(l, row, handler, [a0, a1, a2, a3, a4, a5, a6]));
  }
  k.lastcalls[k.ncalls++ & 15] = row.number;
  const beganNs = k.ncalls % STRETCHES_PER_SAMPLE === 0 ? sampleBegin(k) : -1;
  k.host.curlwpSet(l.handle);
  k.curlwp = l;
  l.stat = LSONPROC;
  let value: unknown;
  let error: unknown = null;
  let asleep = false;
  try {
    value = handler(l, a0, a1, a2, a3, a4, a5, a6);
    if (row.sleeps && isMaySleep(value)) {
      l.coroutine = value;
      const step = value.next();
      value = step.value;
      asleep = step.done !== true;
    }
  } catch (e) {
    error = e;
  }
  if (beganNs >= 0) {
    sampleEnd(l.proc, beganNs, STRETCHES_PER_SAMPLE);
  }
  k.host.curlwpClear(l.handle);
  k.curlwp = null;
  if (asleep) {
    if (l.stat === LSONPROC) {
      panicFrom(k, new Error(`${l} gave up the CPU outside a sleeping primitive`), l);
    }
    return driveOut(k, l, row, handler, [a0, a1, a2, a3, a4, a5, a6]);
  }
  l.coroutine = null;
  l.stat = LSRUN;
  if (error !== null || l.ast !== 0 || l.lockCount !== 0 || (l.flag & LW_WEXIT) !== 0) {
    return syncEnd(k, l, row, handler, [a0, a1, a2, a3, a4, a5, a6], value, error);
  }
  if (beganNs >= 0) {
    // A caller that never sleeps would else never see a timer expire.
    clockint(k);
  }
  giantExit(k);
  if (k.runnable > 0 || k.softPending > 0 || k.callouts.nextNs !== k.armedNs) {
    settle(k);
  }
  return value;
}

/** `l` wants in, and something may be in the way. @throws as `callable`; EDEADLK */
function come(k: Kernel, l: Lwp): void {
  if ((l.flag & LW_LENT) !== 0) {
    takeBack(k, l);
  }
  callable(k, l);
}

/** The call of `l` sleeps: drive the scheduler until it has ended. */
function driveOut(
  k: Kernel,
  l: Lwp,
  row: SysentRow,
  handler: (...args: unknown[]) => unknown,
  args: readonly unknown[],
): unknown {
  if ((l.flag & LW_EAGER) !== 0) {
    return later(k, l, rest(l, row, handler, args, l.coroutine as MaySleep<unknown>), 'woken');
  }
  l.value = undefined;
  l.error = undefined;
  const back = drive(k, l);
  if (!back) {
    giantExit(k);
    settle(k);
    throw EDEADLK;
  }
  const { value, error } = l;
  l.value = undefined;
  l.error = undefined;
  return syncEnd(k, l, row, handler, args, value, error ?? null);
}

/**
 * The handler of a synchronous call is done, but not plainly: it failed, or something waits at the user
 * boundary.
 */
function syncEnd(
  k: Kernel,
  l: Lwp,
  row: SysentRow,
  handler: (...args: unknown[]) => unknown,
  args: readonly unknown[],
  value: unknown,
  error: unknown,
): unknown {
  if (error !== null && !(error instanceof Errno)) {
    panicFrom(k, error, l);
  } else if (l.lockCount !== 0) {
    panicFrom(k, new Error(`${row.call} leaves the kernel holding ${l.lockCount} locks`), l);
  }
  if (k.state === 'dead') {
    giantExit(k);
    throw error instanceof KernelDead ? error : new KernelDead(`kernel is dead (${k.deadReason})`);
  }
  if ((l.flag & LW_WEXIT) !== 0) {
    // Exited without having slept: the scheduler, which frees the others, never saw it.
    if (l.stat !== LSZOMB) {
      lwpFree(l);
    }
  } else if (error === ERESTART) {
    return syncSlow(k, l, syscallBody(l, row, handler, args));
  } else if (l.ast !== 0) {
    return syncSlow(k, l, outcome(l, value, error));
  }
  giantExit(k);
  settle(k);
  if (error !== null) {
    throw error;
  }
  return value;
}

/** `l` has been lent to take a signal and has not got to it: that comes before anything its caller wants. */
function takeBack(k: Kernel, l: Lwp): void {
  enterable(k);
  giantEnter(k);
  const back = drive(k, l);
  giantExit(k);
  if (!back) {
    settle(k);
    throw EDEADLK;
  }
}

/** Run a whole coroutine synchronously, and leave the kernel. */
function syncSlow(k: Kernel, l: Lwp, coroutine: MaySleep<unknown>): unknown {
  if ((l.flag & LW_EAGER) !== 0) {
    return later(k, l, coroutine, 'next');
  }
  l.coroutine = coroutine;
  l.value = undefined;
  l.error = undefined;
  setrunnable(l);
  const back = drive(k, l);
  giantExit(k);
  settle(k);
  if (!back) {
    throw EDEADLK;
  }
  const { value, error } = l;
  l.value = undefined;
  l.error = undefined;
  if (k.state === 'dead') {
    throw new KernelDead(`kernel is dead (${k.deadReason})`);
  }
  handlerThrew(l);
  if (error !== undefined) {
    throw error;
  }
  return value;
}

/** What a signal handler threw during the call goes to whoever made the call. */
function handlerThrew(l: Lwp): void {
  if (l.thrown !== null) {
    const { error } = l.thrown;
    l.thrown = null;
    throw error;
  }
}

/**
 * Queue call `row` of `l`; `done(value, error)` is called, outside any lwp, when it has ended. @throws as
 * `callable`, ENOSYS
 */
export function syscallAsync(
  l: Lwp,
  row: SysentRow,
  args: readonly unknown[],
  done: (value: unknown, error: unknown) => void,
): void {
  const k = l.kernel;
  callable(k, l);
  const coroutine = syscallBody(l, row, handlerOf(k, row), args);
  l.coroutine = k.trace === null ? coroutine : tracedAsync(l, row, args, coroutine);
  syscallTold(l, done);
  setrunnable(l);
  settle(k);
}

/** `done(value, error)` is called, outside any lwp, when the call that `l` is in has ended. */
export function syscallTold(l: Lwp, done: (value: unknown, error: unknown) => void): void {
  l.ondone = () => {
    const { value, thrown } = l;
    const error = thrown === null ? l.error : thrown.error;
    l.value = undefined;
    l.error = undefined;
    l.thrown = null;
    done(value, error);
  };
}

/**
 * A call of an lwp that waits for nobody (`LW_EAGER`) has not ended: it goes on when it is woken, or at the next pump.
 * @returns SLEEPING, whatever the call returns
 */
function later(k: Kernel, l: Lwp, coroutine: MaySleep<unknown>, when: 'woken' | 'next'): unknown {
  l.coroutine = coroutine;
  l.value = undefined;
  l.error = undefined;
  if (when === 'next') {
    setrunnable(l);
  }
  giantExit(k);
  settle(k);
  return SLEEPING;
}

/** What is left of a call whose handler sleeps. */
function* rest(
  l: Lwp,
  row: SysentRow,
  handler: (...args: unknown[]) => unknown,
  args: readonly unknown[],
  asleep: MaySleep<unknown>,
): MaySleep<unknown> {
  let value: unknown;
  let error: unknown = null;
  try {
    value = yield* asleep;
  } catch (e) {
    error = e;
  }
  return yield* error === ERESTART ? syscallBody(l, row, handler, args) : outcome(l, value, error);
}

/** A system call from the user boundary to the user boundary. */
export function* syscallBody(
  l: Lwp,
  row: SysentRow,
  handler: (...args: unknown[]) => unknown,
  args: readonly unknown[],
): MaySleep<unknown> {
  const k = l.kernel;
  for (;;) {
    if (l.ast !== 0) {
      yield* userret(l);
    }
    k.lastcalls[k.ncalls++ & 15] = row.number;
    let value: unknown;
    let error: unknown = null;
    try {
      value = handler(l, ...args);
      if (row.sleeps && isMaySleep(value)) {
        value = yield* value;
      }
    } catch (e) {
      error = e;
    }
    if (error !== ERESTART) {
      return yield* outcome(l, value, error);
    }
  }
}

/** Leave with a value or an error, by way of the user boundary. */
function* outcome(l: Lwp, value: unknown, error: unknown): MaySleep<unknown> {
  if (l.ast !== 0 && (l.flag & LW_WEXIT) === 0) {
    yield* userret(l);
  }
  if (error !== null) {
    throw error;
  }
  return value;
}
