import test from 'ava';
import type { Lwp } from '../../lib/kern/lwp.ts';
import { preempt } from '../../lib/kern/sched.ts';
import { SIGALRM } from '../../lib/sys/constants/signal.ts';
import { ITIMER_REAL } from '../../lib/sys/constants/time.ts';
import { sigset } from '../../lib/sys/sigset.ts';
import { bootOn, driveTo, fifoHost, newproc, rowOf, sys } from './support.ts';

/** A process on a host whose clock is set by hand, and whose getpid takes as long as is wanted. */
function clocked() {
  const host = fifoHost();
  Object.defineProperty(host, 'worked', { value: undefined });
  const clock = { ns: 1, callNs: 0 };
  Object.defineProperty(host, 'monotonicNs', { value: () => clock.ns });
  const k = bootOn(host);
  k.sysent[rowOf('getpid').number] = () => {
    clock.ns += clock.callNs;
    return 0;
  };
  return { k, l: newproc(k), clock };
}

test('calls that never sleep are charged for, and what the program does between them is not', (t) => {
  const { l, clock } = clocked();
  clock.callNs = 100;
  for (let i = 0; i < 6100; i++) {
    sys(l, 'getpid');
    clock.ns += 5000;
  }
  t.is(l.proc.stimeNs, 6100 * 100);
});

test('lwps that run and sleep are charged for, and waiting is not', (t) => {
  const { k, l, clock } = clocked();
  driveTo(l, function* (self: Lwp) {
    for (let i = 0; i < 610; i++) {
      clock.ns += 100;
      yield* preempt(self);
    }
  });
  t.true(Math.abs(l.proc.stimeNs - 610 * 100) <= 61 * 100, String(l.proc.stimeNs));
  const before = l.proc.stimeNs;
  clock.ns += 1e9;
  for (let i = 0; i < 610; i++) {
    driveTo(l, function* () {});
  }
  t.is(l.proc.stimeNs, before);
  t.is(k.proc0.stimeNs, 0);
});

test('one long call stands for no more than the time there was', (t) => {
  const { l, clock } = clocked();
  for (let i = 0; i < 610; i++) {
    clock.callNs = 1e6;
    sys(l, 'getpid');
    clock.callNs = 0;
  }
  const elapsed = clock.ns;
  clock.callNs = 1e9;
  for (let i = 0; i < 61; i++) {
    sys(l, 'getpid');
    clock.callNs = clock.callNs === 0 ? 1e9 : 0;
  }
  t.true(l.proc.stimeNs <= clock.ns);
  t.true(l.proc.stimeNs >= elapsed * 0.9);
});

test('a timer of a process that makes only calls that never sleep expires', (t) => {
  const { l, clock } = clocked();
  let rings = 0;
  sys(l, 'sigaction', SIGALRM, { handler: () => rings++, mask: sigset(), flags: 0 });
  sys(l, 'setitimer', ITIMER_REAL, { value: { sec: 0, usec: 10 }, interval: { sec: 0, usec: 0 } });
  clock.callNs = 100;
  for (let i = 0; i < 1000 && rings === 0; i++) {
    sys(l, 'getpid');
  }
  t.is(rings, 1);
});

test('virtual time moves on while lwps do nothing but yield, or make calls that never sleep', (t) => {
  const k = bootOn(fifoHost());
  const l = newproc(k);
  const until = k.host.monotonicNs() + 5e6;
  driveTo(l, function* (self: Lwp) {
    while (k.host.monotonicNs() < until) {
      yield* preempt(self);
    }
  });
  const later = k.host.monotonicNs() + 5e6;
  while (k.host.monotonicNs() < later) {
    sys(l, 'getpid');
  }
  t.is(k.state, 'running');
});

test('a little work takes no virtual time', (t) => {
  const k = bootOn(fifoHost());
  const l = newproc(k);
  const before = k.host.monotonicNs();
  driveTo(l, function* (self: Lwp) {
    for (let i = 0; i < 900; i++) {
      yield* preempt(self);
    }
  });
  t.is(k.host.monotonicNs(), before);
});
