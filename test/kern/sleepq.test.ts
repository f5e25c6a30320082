import test from 'ava';
import { AST_SIGNAL, LW_ABANDONED, type Lwp } from '../../lib/kern/lwp.ts';
import { psignal } from '../../lib/kern/sig.ts';
import {
  FOREVER,
  PCATCH,
  SleepQueue,
  sleepqBlock,
  sleepqUnsleep,
  sleepqWakeAll,
  sleepqWakeOne,
} from '../../lib/kern/sleepq.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { describeSleepers } from '../../lib/kern/wchan.ts';
import { LSSLEEP } from '../../lib/sys/constants/lwp.ts';
import { SIGTERM, SIGUSR1 } from '../../lib/sys/constants/signal.ts';
import { EDEADLK, EINTR, ENOENT, ERESTART, EWOULDBLOCK } from '../../lib/sys/errno.ts';
import { onEveryKernel } from './every.ts';
import { bootFifo, driveTo, newproc, panics, runAll, runReady, start, thread } from './support.ts';

/** Threads that sleep on `q` and note their number when woken. */
function sleepers(k: ReturnType<typeof bootFifo>, q: SleepQueue, n: number, woken: number[]): Lwp[] {
  const all = Array.from({ length: n }, (_, i) =>
    thread(k, function* (l) {
      yield* sleepqBlock(l, q, 'test', 0, FOREVER);
      woken.push(i);
    }),
  );
  runReady(k);
  return all;
}

onEveryKernel('sleepers wake one by one, the longest first', (t, k) => {
  const q = new SleepQueue();
  const woken: number[] = [];
  const [first] = sleepers(k, q, 3, woken);
  t.is(q.length, 3);
  t.is(sleepqWakeOne(q), first as Lwp);
  runReady(k);
  t.deepEqual(woken, [0]);
  sleepqWakeAll(q);
  runReady(k);
  t.deepEqual(woken, [0, 1, 2]);
  t.is(sleepqWakeOne(q), null);
});

onEveryKernel('a sleep ends at its timeout and says so', (t, k) => {
  const q = new SleepQueue();
  const l = newproc(k);
  const before = k.host.monotonicNs();
  const sleep = start(l, (me) => sleepqBlock(me, q, 'test', 0, 2_000_000));
  runAll(k);
  t.is(sleep.outcome, EWOULDBLOCK);
  t.true(k.host.monotonicNs() - before >= 2_000_000);
  t.is(q.length, 0);
});

test('a wake-up before the timeout withdraws it', (t) => {
  const k = bootFifo();
  const q = new SleepQueue();
  const sleep = start(newproc(k), (l) => sleepqBlock(l, q, 'test', 0, 2_000_000));
  runReady(k);
  t.is(k.callouts.size, 1);
  sleepqWakeAll(q);
  t.is(k.callouts.size, 0);
  runAll(k);
  t.is(sleep.outcome, undefined);
});

test('while asleep an lwp shows where, awake nothing', (t) => {
  const k = bootFifo();
  const q = new SleepQueue();
  const l = newproc(k, 'cat');
  start(l, (me) => sleepqBlock(me, q, 'piperd', 0, FOREVER));
  runReady(k);
  t.is(l.stat, LSSLEEP);
  t.is(describeSleepers(k), `${l.proc.pid}.1 (cat) piperd`);
  sleepqWakeAll(q);
  t.is(l.wmesg, '');
  t.is(describeSleepers(k), '');
});

test('a long list of sleepers is cut short, and counted', (t) => {
  const k = bootFifo();
  for (let i = 0; i < 11; i++) {
    start(newproc(k), (l) => sleepqBlock(l, new SleepQueue(), 'zzz', 0, FOREVER));
  }
  runReady(k);
  t.regex(describeSleepers(k), /zzz and 3 more$/);
  t.is(describeSleepers(k).split('zzz').length - 1, 8);
});

test('a signal ends a sleep that lets it, and no other', (t) => {
  const k = bootFifo();
  const q = new SleepQueue();
  const [deaf, listening] = [newproc(k), newproc(k)];
  const catching = start(listening, (l) => sleepqBlock(l, q, 'test', PCATCH, FOREVER));
  const ignoring = start(deaf, (l) => sleepqBlock(l, q, 'test', 0, FOREVER));
  runReady(k);
  psignal(listening.proc, SIGTERM);
  psignal(deaf.proc, SIGTERM);
  runReady(k);
  t.is(catching.outcome, ERESTART);
  t.is(ignoring.outcome, 'pending');
  sleepqWakeAll(q);
  runReady(k);
  t.is(ignoring.outcome, undefined);
});

test('who has a signal waiting does not fall asleep interruptibly', (t) => {
  const k = bootFifo();
  const q = new SleepQueue();
  const l = newproc(k);
  l.ast = AST_SIGNAL;
  const sleep = start(l, (me) => sleepqBlock(me, q, 'test', PCATCH, FOREVER));
  runReady(k);
  t.is(sleep.outcome, ERESTART);
});

test('the exit of its process ends an interruptible sleep with EINTR', (t) => {
  const k = bootFifo();
  const q = new SleepQueue();
  const l = newproc(k);
  const sleep = start(l, (me) => sleepqBlock(me, q, 'test', PCATCH, FOREVER));
  runReady(k);
  l.ast = 2;
  psignal(l.proc, SIGUSR1);
  runReady(k);
  t.is(sleep.outcome, EINTR);
});

test('whoever ends a sleep says with what', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  const sleep = start(l, (me) => sleepqBlock(me, new SleepQueue(), 'test', 0, FOREVER));
  runReady(k);
  sleepqUnsleep(l, ENOENT);
  runReady(k);
  t.is(sleep.outcome, ENOENT);
});

test('an interruptible sleep that nothing can end fails a synchronous caller with EDEADLK', (t) => {
  const k = bootFifo();
  const l = newproc(k, 'waiter');
  t.true(driveTo(l, (me) => sleepqBlock(me, new SleepQueue(), 'forever', PCATCH, FOREVER)));
  t.is(l.error, EDEADLK);
  t.is(l.deadlock, `${l.proc.pid}.1 (waiter) forever`);
});

test('an uninterruptible one is abandoned: the caller goes, the lwp goes when it wakes', (t) => {
  const k = bootFifo();
  const q = new SleepQueue();
  const l = newproc(k, 'waiter');
  let finished = false;
  const lwps = k.nlwps;
  t.false(
    driveTo(l, function* (me) {
      yield* sleepqBlock(me, q, 'forever', 0, FOREVER);
      finished = true;
    }),
  );
  t.is(l.stat, LSSLEEP);
  t.not(l.flag & LW_ABANDONED, 0);
  sleepqWakeAll(q);
  runReady(k);
  t.true(finished);
  t.is(k.nlwps, lwps - 1);
});

test('a synchronous caller waits for what can still wake it: a timeout, another lwp', (t) => {
  const k = bootFifo();
  const q = new SleepQueue();
  const l = newproc(k);
  thread(k, function* (me) {
    yield* kpause(me, 'nap', 0, 5000);
    sleepqWakeAll(q);
  });
  t.true(driveTo(l, (me) => sleepqBlock(me, q, 'test', 0, FOREVER)));
  t.is(l.error, undefined);
});

test('waking somebody who is not asleep is a bug', (t) => {
  panics(t, bootFifo(), /is not asleep/, (l) => sleepqUnsleep(l, null));
});

test('a sleep timeout must be a number', (t) => {
  panics(t, bootFifo(), /not a number/, (l) =>
    sleepqBlock(l, new SleepQueue(), 'test', 0, Number.NaN).next(),
  );
});
