import test from 'ava';
import type { Kernel } from '../../lib/kern/kernel.ts';
import { Kmutex } from '../../lib/kern/kmutex.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { psignal } from '../../lib/kern/sig.ts';
import { FOREVER, PCATCH } from '../../lib/kern/sleepq.ts';
import { hyperwait, kpause, ltsleep, wakeup, wakeupOne } from '../../lib/kern/synch.ts';
import { RUMPUSER_BIO_READ, RUMPUSER_OPEN_CREATE, RUMPUSER_OPEN_RDWR } from '../../lib/rumpuser/rumpuser.ts';
import { SIGTERM } from '../../lib/sys/constants/signal.ts';
import { EIO, ERESTART, type Errno, EWOULDBLOCK } from '../../lib/sys/errno.ts';
import { onEveryKernel } from './every.ts';
import { bootFifo, bootOn, driveTo, fifoHost, newproc, runAll, runReady, start } from './support.ts';

onEveryKernel('wakeup wakes all who sleep on that object, wakeupOne the longest', (t, k) => {
  const [here, there] = [{}, {}];
  const woken: string[] = [];
  for (const [name, chan] of [
    ['a', here],
    ['b', here],
    ['c', here],
    ['d', there],
  ] as const) {
    start(newproc(k), function* (l) {
      yield* ltsleep(l, chan, 0, 'test', FOREVER, null);
      woken.push(name);
    });
  }
  runReady(k);
  wakeupOne(k, here);
  runReady(k);
  t.deepEqual(woken, ['a']);
  wakeup(k, here);
  runReady(k);
  t.deepEqual(woken, ['a', 'b', 'c']);
  wakeup(k, {});
  wakeupOne(k, there);
  runReady(k);
  t.deepEqual(woken, ['a', 'b', 'c', 'd']);
});

test('ltsleep gives its mutex up while asleep and has it again, also after a timeout', (t) => {
  const k = bootFifo();
  const m = new Kmutex();
  const chan = {};
  const ends: unknown[] = [];
  start(newproc(k), function* (l) {
    yield* m.enter(l);
    for (const timeoutNs of [FOREVER, 10]) {
      try {
        yield* ltsleep(l, chan, 0, 'test', timeoutNs, m);
        ends.push('woken');
      } catch (error) {
        ends.push(error);
      }
      t.true(m.owned(l));
    }
    m.exit(l);
  });
  runReady(k);
  inKernel(k, (l) => {
    m.tryenter(l);
    wakeup(k, chan);
    m.exit(l);
  });
  runAll(k);
  t.deepEqual(ends, ['woken', EWOULDBLOCK]);
});

onEveryKernel('kpause returns when the time is over, and not before', (t, k) => {
  const l = newproc(k);
  const before = k.host.monotonicNs();
  t.true(driveTo(l, (me) => kpause(me, 'nap', 0, 3_000_000)));
  t.is(l.error, undefined);
  t.true(k.host.monotonicNs() - before >= 3_000_000);
});

test('kpause in virtual time takes exactly as long as asked', (t) => {
  const k = bootFifo();
  const before = k.host.monotonicNs();
  t.true(driveTo(newproc(k), (l) => kpause(l, 'nap', 0, 3_600e9)));
  t.is(k.host.monotonicNs() - before, 3_600e9);
});

test('a pause of no time lets others run first', (t) => {
  const k = bootFifo({ ncpu: 1 });
  const order: number[] = [];
  start(newproc(k), function* (l) {
    yield* kpause(l, 'nap', 0, 0);
    order.push(1);
  });
  start(newproc(k), function* () {
    order.push(2);
  });
  runAll(k);
  t.deepEqual(order, [2, 1]);
});

test('a signal ends a pause that lets it', (t) => {
  const k = bootFifo();
  const [deaf, listening] = [newproc(k), newproc(k)];
  const ignoring = start(deaf, (l) => kpause(l, 'nap', 0, 1000));
  const catching = start(listening, (l) => kpause(l, 'nap', PCATCH, 1000));
  runReady(k);
  psignal(listening.proc, SIGTERM);
  psignal(deaf.proc, SIGTERM);
  runReady(k);
  t.is(catching.outcome, ERESTART);
  t.is(ignoring.outcome, 'pending');
  runAll(k);
  t.is(ignoring.outcome, undefined);
});

// ---- hyperwait

type Done = (error: Errno | null) => void;

/** The doorbell brings a host operation's end: `done` is called in `reap`, as that of block I/O is. */
function hostOperation(k: Kernel): { start: (done: Done) => void; finish: (error: Errno | null) => void } {
  let done: Done | null = null;
  let finished: (() => void) | null = null;
  const { host } = k;
  const reap = host.reap.bind(host);
  Object.defineProperty(host, 'reap', {
    value: () => {
      const call = finished;
      finished = null;
      call?.();
      return reap();
    },
  });
  Object.defineProperty(host, 'busy', { value: () => done !== null });
  return {
    start: (d) => {
      done = d;
    },
    finish: (error) => {
      const call = done as Done;
      finished = () => {
        done = null;
        call(error);
      };
      host.doorbell();
    },
  };
}

test('hyperwait sleeps until the host has rung', (t) => {
  const k = bootOn(fifoHost());
  const operation = hostOperation(k);
  const wait = start(newproc(k), (l) => hyperwait(l, 'biowait', operation.start));
  runReady(k);
  t.is(wait.outcome, 'pending');
  t.is(k.hyperwaiting, 1);
  operation.finish(null);
  runReady(k);
  t.is(wait.outcome, undefined);
  t.is(k.hyperwaiting, 0);
});

test('hyperwait throws what the host operation failed with', (t) => {
  const k = bootOn(fifoHost());
  const operation = hostOperation(k);
  const wait = start(newproc(k), (l) => hyperwait(l, 'biowait', operation.start));
  runReady(k);
  operation.finish(EIO);
  runReady(k);
  t.is(wait.outcome, EIO);
  t.is(k.hyperwaiting, 0);
});

test('an operation that is over before the sleep begins is not slept for', (t) => {
  const k = bootFifo();
  const over = start(newproc(k), (l) => hyperwait(l, 'biowait', (done) => done(null)));
  const failed = start(newproc(k), (l) => hyperwait(l, 'biowait', (done) => done(EIO)));
  runReady(k);
  t.is(over.outcome, undefined);
  t.is(failed.outcome, EIO);
});

test('signals do not end a hyperwait: the host still writes to the memory', (t) => {
  const k = bootOn(fifoHost());
  const operation = hostOperation(k);
  const l = newproc(k);
  const wait = start(l, (me) => hyperwait(me, 'biowait', operation.start));
  runReady(k);
  psignal(l.proc, SIGTERM);
  runReady(k);
  t.is(wait.outcome, 'pending');
  operation.finish(null);
  runReady(k);
  t.is(wait.outcome, undefined);
});

onEveryKernel('a synchronous caller waits for block I/O of the host', (t, k) => {
  const { host } = k;
  const path = k.host.kind === 'native' ? process.execPath : '/tmp/disk';
  const fd = host.open(path, k.host.kind === 'native' ? 0 : RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_RDWR);
  if (k.host.kind === 'simulated') {
    host.iovwrite(fd, [new Uint8Array([1, 2, 3, 4])], 0);
  }
  const data = new Uint8Array(4);
  let moved = 0;
  t.true(
    driveTo(newproc(k), (l) =>
      hyperwait(l, 'biowait', (done) =>
        host.bio(fd, RUMPUSER_BIO_READ, data, 0, (count, error) => {
          moved = count;
          done(error);
        }),
      ),
    ),
  );
  t.is(moved, 4);
  host.close(fd);
});
