import test from 'ava';
import { giantShare } from '../../lib/kern/giant.ts';
import { lwpCreate } from '../../lib/kern/lwpcreate.ts';
import { KernelDead } from '../../lib/kern/panic.ts';
import { psignal, userret } from '../../lib/kern/sig.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { syscallAsync } from '../../lib/kern/syscall.ts';
import { SIGCONT, SIGKILL, SIGSTOP, SIGTERM } from '../../lib/sys/constants/signal.ts';
import { EBUSY, EDEADLK, EPERM, ESRCH } from '../../lib/sys/errno.ts';
import { onEveryKernel } from './every.ts';
import {
  bootFifo,
  newproc,
  rowOf,
  runAll,
  runReady,
  shutdown,
  start,
  sys,
  thread,
  throwsErrno,
} from './support.ts';

/** A call of `l` as the promises make it: with what it ends with once it has. */
function later(l: ReturnType<typeof newproc>, call: Parameters<typeof rowOf>[0], ...args: unknown[]) {
  const state: { value: unknown; error: unknown; ended: boolean } = {
    value: undefined,
    error: undefined,
    ended: false,
  };
  syscallAsync(l, rowOf(call), args, (value, error) => {
    Object.assign(state, { value, error, ended: true });
  });
  return state;
}

onEveryKernel('the host knows who runs: curlwp inside a call, none outside', (t, k) => {
  const l = newproc(k);
  const { getpid } = { getpid: k.sysent[rowOf('getpid').number] };
  k.sysent[rowOf('getpid').number] = ((me: typeof l) => {
    t.is(me, l);
    t.is(k.curlwp, l);
    t.is(k.host.curlwp[0], l.handle);
    return me.proc.pid;
  }) as NonNullable<typeof getpid>;
  t.is(sys(l, 'getpid'), l.proc.pid);
  t.is(k.curlwp, null);
  t.is(k.host.curlwp[0], 0);
  const call = later(l, 'getpid');
  t.is(k.host.curlwp[0], 0);
  runReady(k);
  t.is(call.value, l.proc.pid);
  t.is(k.host.curlwp[0], 0);
});

test('a call of a killed process that has not noticed yet fails with ESRCH', (t) => {
  const k = bootFifo();
  const [killer, victim] = [newproc(k), newproc(k)];
  sys(killer, 'kill', victim.proc.pid, SIGTERM);
  throwsErrno(t, ESRCH, () => sys(victim, 'getpid'));
  t.is(k.procs.has(victim.proc.pid), true, 'a zombie until init or its parent has waited');
});

test('a call from inside the kernel is refused, and the kernel goes on', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  let refused: unknown;
  thread(k, function* () {
    try {
      sys(l, 'getpid');
    } catch (error) {
      refused = error;
    }
  });
  runReady(k);
  t.is(refused, EBUSY);
  t.is(sys(l, 'getpid'), l.proc.pid);
});

test('an lwp makes one call at a time', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  const nap = later(l, 'nanosleep', { sec: 1, nsec: 0 }, null);
  throwsErrno(t, EBUSY, () => sys(l, 'getpid'));
  runAll(k);
  t.true(nap.ended);
  t.is(nap.error, undefined);
  t.is(sys(l, 'getpid'), l.proc.pid);
});

test('a synchronous call in a kernel that dies meanwhile says so, also when a signal waited', (t) => {
  for (const stopped of [false, true]) {
    const k = bootFifo();
    const l = newproc(k);
    if (stopped) {
      // Stopped and continued: the lwp has to look at the user boundary, which is another path.
      psignal(l.proc, SIGSTOP);
      psignal(l.proc, SIGCONT);
    }
    thread(k, function* (me) {
      yield* kpause(me, 'nap', 0, 1000);
      throw new Error('thread broke');
    });
    t.throws(() => sys(l, 'nanosleep', { sec: 1, nsec: 0 }, null), {
      instanceOf: KernelDead,
      message: /thread broke/,
    });
  }
});

test('what a stopped process asks for waits until it is continued, whichever lwp asks', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  psignal(l.proc, SIGSTOP);
  const calls = [later(l, 'getpid'), later(lwpCreate(l.proc), 'getpid')];
  runAll(k);
  t.deepEqual(
    calls.map((call) => call.ended),
    [false, false],
  );
  psignal(l.proc, SIGCONT);
  runAll(k);
  t.deepEqual(
    calls.map((call) => call.value),
    [l.proc.pid, l.proc.pid],
  );
});

test('a synchronous call of a stopped process is told that nobody would continue it', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  psignal(l.proc, SIGSTOP);
  throwsErrno(t, EDEADLK, () => sys(l, 'getpid'));
});

test('an exiting process gets no more lwps: its exit would wait for them', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  const nap = start(lwpCreate(l.proc), function* (me) {
    yield* kpause(me, 'nap', 0, 1000);
    yield* userret(me);
  });
  const exit = later(l, 'exit', 0);
  runReady(k);
  t.true(l.proc.exiting);
  throwsErrno(t, ESRCH, () => lwpCreate(l.proc));
  runAll(k);
  t.is(nap.outcome, ESRCH);
  t.true(exit.ended);
  t.is(l.proc.nlwps, 0);
});

test('halting a kernel in which a call was abandoned is an ordinary halt', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  psignal(l.proc, SIGSTOP);
  throwsErrno(t, EDEADLK, () => sys(l, 'getpid'));
  shutdown(k);
  t.is(k.deadReason, 'rebooted');
});

test('a new lwp of a nice process is as nice', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  sys(l, 'setpriority', 0, 0, 10);
  t.is(lwpCreate(l.proc).priority, l.priority);
});

test('errors leave no trace: the same lwp calls again', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  for (let i = 0; i < 3; i++) {
    throwsErrno(t, EPERM, () => sys(k.initproc.lwps as typeof l, 'exit', 0));
    throwsErrno(t, ESRCH, () => sys(l, 'kill', 29_999, SIGKILL));
  }
  t.is(k.nlwps, 1 + k.cpus.length + 2);
});

onEveryKernel('the giant lock is not held between calls, however a call went', (t, k) => {
  const [l, victim] = [newproc(k), newproc(k)];
  const giant = giantShare(k);
  const free = () => t.is(k.host.mutexOwner(giant), 0);
  sys(l, 'getpid');
  free();
  sys(l, 'nanosleep', { sec: 0, nsec: 1000 }, null);
  free();
  throwsErrno(t, ESRCH, () => sys(l, 'kill', 29_999, SIGKILL));
  free();
  // Stops itself: the call leaves by way of the user boundary, and nobody would continue it.
  throwsErrno(t, EDEADLK, () => sys(victim, 'kill', victim.proc.pid, SIGSTOP));
  free();
  psignal(l.proc, SIGSTOP);
  psignal(l.proc, SIGCONT);
  sys(l, 'getpid');
  free();
  throwsErrno(t, ESRCH, () => sys(l, 'kill', l.proc.pid, SIGKILL));
  free();
  shutdown(k);
});

test('a signal is taken by an lwp outside the kernel while another sleeps uninterruptibly', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  const busy = start(lwpCreate(l.proc), function* (me) {
    yield* kpause(me, 'disk', 0, 1e9);
    yield* userret(me);
  });
  runReady(k);
  psignal(l.proc, SIGTERM);
  runReady(k);
  t.true(l.proc.exiting);
  t.is(busy.outcome, 'pending');
  runAll(k);
  t.is(busy.outcome, ESRCH);
  t.is(l.proc.nlwps, 0);
});
