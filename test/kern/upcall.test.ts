import test from 'ava';
import { Callout, calloutSchedule } from '../../lib/kern/callout.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import { procFind } from '../../lib/kern/proc.ts';
import { psignal } from '../../lib/kern/sig.ts';
import {
  SA_RESTART,
  SIG_DFL,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGUSR1,
  SIGUSR2,
} from '../../lib/sys/constants/signal.ts';
import { EDEADLK, EINTR, ESRCH } from '../../lib/sys/errno.ts';
import { SIGSET_EMPTY } from '../../lib/sys/sigset.ts';
import { bootFifo, newproc, runAll, shutdown, sys, throwsErrno } from './support.ts';

function onSignal(l: Lwp, signo: number, handler: () => void, flags = 0): void {
  sys(l, 'sigaction', signo, { handler, mask: SIGSET_EMPTY, flags }, null);
}

test('a handler is user code: it may make calls as its lwp, and the interrupted call goes on', (t) => {
  const k = bootFifo();
  const [l, other] = [newproc(k), newproc(k)];
  const seen: unknown[] = [];
  onSignal(l, SIGUSR1, () => {
    t.is(k.curlwp, null);
    t.is(k.host.curlwp[0], 0);
    seen.push(sys(l, 'getpid'));
    sys(l, 'nanosleep', { sec: 0, nsec: 100 }, null);
    seen.push('slept');
  });
  sys(other, 'kill', l.proc.pid, SIGUSR1);
  runAll(k);
  t.deepEqual(seen, [l.proc.pid, 'slept']);
  t.is(sys(l, 'getpid'), l.proc.pid);
});

test('a handler that stops its own process is told that nobody continues it, and the kernel goes on', (t) => {
  const k = bootFifo();
  const [l, other] = [newproc(k), newproc(k)];
  let told: unknown;
  onSignal(l, SIGUSR1, () => {
    try {
      sys(l, 'kill', l.proc.pid, SIGSTOP);
    } catch (error) {
      told = error;
    }
  });
  sys(other, 'kill', l.proc.pid, SIGUSR1);
  runAll(k);
  t.is(told, EDEADLK);
  t.is(k.panicstr, null);
  psignal(l.proc, SIGCONT);
  runAll(k);
  t.is(k.state, 'running');
  t.is(sys(other, 'getpid'), other.proc.pid);
  shutdown(k);
});

test('a handler that exits its process ends the call it interrupted', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  onSignal(l, SIGUSR1, () => {
    try {
      sys(l, 'exit', 3);
    } catch {
      t.fail('exit returned');
    }
  });
  throwsErrno(t, ESRCH, () => sys(l, 'kill', l.proc.pid, SIGUSR1));
  t.false(l.proc.alive);
  t.is(k.state, 'running');
});

test('a handler may be interrupted by another', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  const seen: string[] = [];
  onSignal(l, SIGUSR1, () => {
    seen.push('1 begins');
    sys(l, 'kill', l.proc.pid, SIGUSR2);
    sys(l, 'kill', l.proc.pid, SIGUSR1);
    seen.push('1 ends');
    onSignal(l, SIGUSR1, () => seen.push('1 again'));
  });
  onSignal(l, SIGUSR2, () => seen.push('2'));
  sys(l, 'kill', l.proc.pid, SIGUSR1);
  t.deepEqual(seen, ['1 begins', '2', '1 ends', '1 again']);
});

test('a sleep is ended by a handled signal, or begun again when its action says so', (t) => {
  for (const flags of [0, SA_RESTART]) {
    const k = bootFifo();
    const [l, other] = [newproc(k), newproc(k)];
    const child = sys(l, 'fork') as number;
    let handled = 0;
    onSignal(l, SIGUSR1, () => handled++, flags);
    calloutSchedule(k, new Callout(() => psignal(l.proc, SIGUSR1)), 1000);
    calloutSchedule(k, new Callout(() => psignal(procFind(k, child), SIGKILL)), 2000);
    const wait = () => sys(l, 'wait4', -1, 0);
    if (flags === 0) {
      throwsErrno(t, EINTR, wait);
    } else {
      t.like(wait() as object, { pid: child });
    }
    t.is(handled, 1);
    t.is(sys(other, 'getpid'), other.proc.pid);
  }
});

test('what a killed process had to handle is not handled', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  onSignal(l, SIGUSR1, () => t.fail('handled'));
  psignal(l.proc, SIGKILL);
  psignal(l.proc, SIGUSR1);
  runAll(k);
  t.false(l.proc.alive);
  t.is(k.state, 'running');
});

test('an action that is taken back leaves the default', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  onSignal(l, SIGUSR1, () => {});
  sys(l, 'sigaction', SIGUSR1, { handler: SIG_DFL, mask: SIGSET_EMPTY, flags: 0 }, null);
  throwsErrno(t, ESRCH, () => sys(l, 'kill', l.proc.pid, SIGUSR1));
});
