/**
 * What the tests of the kernel's machinery share: kernels, lwps to run in them, and a way to let time pass.
 */
import type { ExecutionContext } from 'ava';
import { type BootOptions, bootParams } from '../../lib/kern/bootparams.ts';
import { fork1 } from '../../lib/kern/fork.ts';
import { rumpFini, rumpInit } from '../../lib/kern/init.ts';
import { KernelBug } from '../../lib/kern/kassert.ts';
import type { Kernel } from '../../lib/kern/kernel.ts';
import { type KthreadOptions, kthreadCreate } from '../../lib/kern/kthread.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import type { LwpBody, MaySleep } from '../../lib/kern/maysleep.ts';
import type { Proc } from '../../lib/kern/proc.ts';
import { rumpReboot } from '../../lib/kern/reboot.ts';
import { setrunnable } from '../../lib/kern/runnable.ts';
import { drive, pump } from '../../lib/kern/sched.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { syscallSync } from '../../lib/kern/syscall.ts';
import type { Rumpuser } from '../../lib/rumpuser/rumpuser.ts';
import { type SimulatedHost, simulatedHost } from '../../lib/rumpuser/sim.ts';
import type { SimulatedHostOptions } from '../../lib/rumpuser/sim_options.ts';
import { RB_NOSYNC } from '../../lib/sys/constants/reboot.ts';
import type { Errno } from '../../lib/sys/errno.ts';
import { type CallName, syscallByCall } from '../../lib/sys/syscalls.ts';
import type { SysentRow } from '../../lib/sys/sysent.ts';

/** A simulated host that leaves the order of ready lwps to the kernel: first come, first served. */
export function fifoHost(options: SimulatedHostOptions = {}): SimulatedHost {
  const host = simulatedHost(options);
  Object.defineProperty(host, 'schedPick', { value: undefined });
  return host;
}

export function bootOn(host: Rumpuser, options: BootOptions = {}): Kernel {
  return rumpInit(bootParams(host, options, () => {}, 'verbose'));
}

/** A kernel that runs equally ready lwps in the order they became ready. */
export function bootFifo(options: BootOptions = {}): Kernel {
  return bootOn(fifoHost(), options);
}

export function shutdown(k: Kernel): void {
  rumpReboot(k, RB_NOSYNC);
  rumpFini(k);
}

/** A kernel thread. */
export function thread(k: Kernel, body: LwpBody<void>, options?: KthreadOptions): Lwp {
  return kthreadCreate(k, 'test', body, options);
}

/** A new process, child of init, and its lwp. */
export function newproc(k: Kernel, comm = 'test'): Lwp {
  return fork1(k.initproc, { files: 'copy', comm });
}

/** Let `l`, which is outside the kernel, run `body` there; `settled` tells how it went. */
export function start<T>(l: Lwp, body: LwpBody<T>): { outcome: T | Errno | 'pending' } {
  const state: { outcome: T | Errno | 'pending' } = { outcome: 'pending' };
  l.coroutine = body(l);
  l.ondone = () => {
    state.outcome = (l.error ?? l.value) as T | Errno;
    l.value = undefined;
    l.error = undefined;
  };
  setrunnable(l);
  return state;
}

/** Run `body` as `l` and wait for it as a synchronous caller does. @returns false when `l` was left asleep */
export function driveTo(l: Lwp, body: LwpBody<unknown>): boolean {
  l.coroutine = body(l);
  setrunnable(l);
  return drive(l.kernel, l);
}

/** Let everyone run, and time pass, until nobody has anything to do or to wait for. */
export function runAll(k: Kernel): void {
  for (;;) {
    pump(k);
    if (k.state !== 'running' || (k.runnable === 0 && k.callouts.waking === 0 && !k.host.busy())) {
      return;
    }
    if (k.runnable === 0) {
      k.host.idle(k.callouts.nextNs);
    }
  }
}

/** Let everyone run who can at the present time. */
export function runReady(k: Kernel): void {
  do {
    pump(k);
  } while (k.state === 'running' && k.runnable > 0);
}

/** Do at once what might have slept. */
export function atOnce<T>(generator: MaySleep<T>): T {
  const step = generator.next();
  if (step.done !== true) {
    throw new Error('it slept');
  }
  return step.value;
}

/** `fn`, run inside the kernel, breaks an assertion whose message matches, and that is a panic. */
export function panics(t: ExecutionContext, k: Kernel, message: RegExp, fn: (l: Lwp) => unknown): void {
  t.throws(() => inKernel(k, fn), { instanceOf: KernelBug, message });
  t.is(k.state, 'dead');
  t.regex(k.panicstr ?? '', message);
}

export function throwsErrno(t: ExecutionContext, errno: Errno, action: () => unknown): void {
  t.is(t.throws(action, { any: true }), errno);
}

export function rowOf(call: CallName): SysentRow {
  return syscallByCall(call);
}

/** A synchronous system call as `l`. @throws errno */
export function sys(l: Lwp, call: CallName, ...args: readonly unknown[]): unknown {
  return syscallSync(l, rowOf(call), ...args);
}

/** The first lwp of process `pid`. */
export function onlyLwp(k: Kernel, pid: number): Lwp {
  return k.procs.get(pid)?.lwps as Lwp;
}

/** How many of `p`'s lwps there are, counted. */
export function countLwps(p: Proc): number {
  let n = 0;
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    n++;
  }
  return n;
}

/** How often a property is tried: RUMP_TEST_SEEDS, or so many that nobody waits. */
export function seedCount(quick: number): number {
  return Number(process.env['RUMP_TEST_SEEDS'] ?? quick);
}
