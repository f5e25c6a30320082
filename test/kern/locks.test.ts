import test from 'ava';
import { Condvar } from '../../lib/kern/condvar.ts';
import { Kmutex } from '../../lib/kern/kmutex.ts';
import { Rwlock, type RwOp } from '../../lib/kern/rwlock.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { psignal } from '../../lib/kern/sig.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { SIGTERM } from '../../lib/sys/constants/signal.ts';
import { EBUSY, EDEADLK, ERESTART, EWOULDBLOCK } from '../../lib/sys/errno.ts';
import { onEveryKernel } from './every.ts';
import {
  atOnce,
  bootFifo,
  driveTo,
  newproc,
  panics,
  runAll,
  runReady,
  start,
  thread,
  throwsErrno,
} from './support.ts';

// ---- kmutex

test('a mutex is handed to the longest waiter, past any newcomer', (t) => {
  const k = bootFifo({ ncpu: 1 });
  const m = new Kmutex();
  const order: string[] = [];
  const user = (name: string, again: number) =>
    thread(k, function* (l) {
      for (let i = 0; i < again; i++) {
        yield* m.enter(l);
        order.push(name);
        yield* kpause(l, 'hold', 0, 100);
        m.exit(l);
      }
    });
  user('greedy', 3);
  user('patient', 2);
  runAll(k);
  t.deepEqual(order, ['greedy', 'patient', 'greedy', 'patient', 'greedy']);
});

test('a mutex belongs to who was handed it before that lwp has run', (t) => {
  const k = bootFifo();
  const m = new Kmutex();
  const [a, b] = [newproc(k), newproc(k)];
  m.tryenter(a);
  start(b, function* (l) {
    yield* m.enter(l);
    m.exit(l);
  });
  runReady(k);
  m.exit(a);
  t.true(m.owned(b));
  throwsErrno(t, EBUSY, () => m.tryenter(a));
  runReady(k);
  t.false(m.owned(b));
});

test('tryenter never sleeps', (t) => {
  const k = bootFifo();
  const m = new Kmutex();
  inKernel(k, (l) => {
    m.tryenter(l);
    t.true(m.owned(l));
    throwsErrno(t, EBUSY, () => m.tryenter(l));
    m.exit(l);
    t.false(m.owned(l));
    m.destroy();
  });
  t.is(k.state, 'running');
});

test('locking against oneself is a bug that names the lock', (t) => {
  const m = new Kmutex('vnlock');
  panics(t, bootFifo(), /locks vnlock against itself/, (l) => {
    m.tryenter(l);
    atOnce(m.enter(l));
  });
});

test('unlocking what one does not own is a bug that names the owner', (t) => {
  const k = bootFifo();
  const owner = newproc(k, 'holder');
  const m = new Kmutex('vnlock');
  m.tryenter(owner);
  panics(t, k, /unlocks vnlock owned by \d+\.1 \(holder\)/, (l) => m.exit(l));
  panics(t, bootFifo(), /unlocks vnlock owned by nobody/, (l) => new Kmutex('vnlock').exit(l));
});

test('a mutex in use cannot be destroyed', (t) => {
  panics(t, bootFifo(), /vnlock destroyed in use/, (l) => {
    const m = new Kmutex('vnlock');
    m.tryenter(l);
    m.destroy();
  });
});

test('leaving the kernel with a lock held is a panic', (t) => {
  const k = bootFifo();
  start(newproc(k), (l) => new Kmutex().enter(l));
  runReady(k);
  t.regex(k.panicstr ?? '', /leaves the kernel holding 1 locks/);
});

test('a synchronous caller that can never have the mutex gets EDEADLK and keeps its lwp asleep', (t) => {
  const k = bootFifo();
  const m = new Kmutex('lock');
  const holder = newproc(k);
  m.tryenter(holder);
  const l = newproc(k);
  t.false(driveTo(l, (me) => m.enter(me)));
  t.is(l.wmesg, 'lock');
});

// ---- condvar

onEveryKernel('condvar: signal wakes one, broadcast all, with the mutex held again', (t, k) => {
  const m = new Kmutex();
  const cv = new Condvar('cv');
  const order: number[] = [];
  for (let i = 0; i < 3; i++) {
    thread(k, function* (l) {
      yield* m.enter(l);
      yield* cv.wait(l, m);
      t.true(m.owned(l));
      order.push(i);
      m.exit(l);
    });
  }
  runReady(k);
  t.true(cv.hasWaiters);
  cv.signal();
  runReady(k);
  t.deepEqual(order, [0]);
  cv.broadcast();
  runReady(k);
  t.deepEqual(order, [0, 1, 2]);
  t.false(cv.hasWaiters);
});

test('condvar: a wait that fails has the mutex again too', (t) => {
  const k = bootFifo();
  const m = new Kmutex();
  const cv = new Condvar('cv');
  const errors: unknown[] = [];
  const l = newproc(k);
  start(l, function* (me) {
    yield* m.enter(me);
    for (const wait of [cv.timedwait(me, m, 10), cv.waitSig(me, m), cv.timedwaitSig(me, m, 10)]) {
      try {
        yield* wait;
      } catch (error) {
        errors.push(error);
      }
      t.true(m.owned(me));
    }
    m.exit(me);
  });
  runAll(k);
  t.deepEqual(errors, [EWOULDBLOCK]);
  psignal(l.proc, SIGTERM);
  runAll(k);
  t.deepEqual(errors, [EWOULDBLOCK, ERESTART, ERESTART]);
});

test('condvar: a signal nobody waits for is lost', (t) => {
  const k = bootFifo();
  const cv = new Condvar('cv');
  cv.signal();
  const l = newproc(k);
  t.true(driveTo(l, (me) => cv.waitSig(me, null)));
  t.is(l.error, EDEADLK);
});

test('condvar: waiting with a mutex one does not own is a bug', (t) => {
  panics(t, bootFifo(), /owned by nobody/, (l) => atOnce(new Condvar('cv').wait(l, new Kmutex())));
});

// ---- rwlock

/** Lwps that take `rw`, note their name and keep it until told. */
function user(k: ReturnType<typeof bootFifo>, rw: Rwlock, op: RwOp, name: string, got: string[]) {
  const gate = new Condvar('gate');
  thread(k, function* (l) {
    yield* rw.enter(l, op);
    got.push(name);
    yield* gate.wait(l, null);
    rw.exit(l);
  });
  runReady(k);
  return () => {
    gate.signal();
    runReady(k);
  };
}

test('rwlock: readers share, a waiting writer keeps new readers out', (t) => {
  const k = bootFifo();
  const rw = new Rwlock();
  const got: string[] = [];
  const leave1 = user(k, rw, 'reader', 'r1', got);
  const leave2 = user(k, rw, 'reader', 'r2', got);
  const leaveW = user(k, rw, 'writer', 'w', got);
  const leave3 = user(k, rw, 'reader', 'r3', got);
  t.deepEqual(got, ['r1', 'r2']);
  leave1();
  t.deepEqual(got, ['r1', 'r2']);
  leave2();
  t.deepEqual(got, ['r1', 'r2', 'w']);
  leaveW();
  t.deepEqual(got, ['r1', 'r2', 'w', 'r3']);
  leave3();
  rw.destroy();
});

test('rwlock: a writer leaves to all waiting readers, else to the next writer', (t) => {
  const k = bootFifo({ ncpu: 1 });
  const rw = new Rwlock();
  const got: string[] = [];
  const leaveW1 = user(k, rw, 'writer', 'w1', got);
  const leaveW2 = user(k, rw, 'writer', 'w2', got);
  const leaveW3 = user(k, rw, 'writer', 'w3', got);
  leaveW1();
  t.deepEqual(got, ['w1', 'w2']);
  const leaveR1 = user(k, rw, 'reader', 'r1', got);
  const leaveR2 = user(k, rw, 'reader', 'r2', got);
  leaveW2();
  t.deepEqual(got, ['w1', 'w2', 'r1', 'r2']);
  leaveR1();
  leaveR2();
  t.deepEqual(got, ['w1', 'w2', 'r1', 'r2', 'w3']);
  leaveW3();
  rw.destroy();
});

test('rwlock: the only reader can become the writer, and a writer a reader', (t) => {
  const k = bootFifo();
  const [a, b] = [newproc(k), newproc(k)];
  const rw = new Rwlock();
  rw.tryenter(a, 'reader');
  rw.tryenter(b, 'reader');
  throwsErrno(t, EBUSY, () => rw.tryupgrade(a));
  rw.exit(b);
  rw.tryupgrade(a);
  t.true(rw.held(a, 'writer'));
  t.false(rw.held(b, 'writer'));
  throwsErrno(t, EBUSY, () => rw.tryenter(b, 'reader'));
  rw.downgrade(a);
  t.false(rw.held(a, 'writer'));
  t.true(rw.held(a, 'reader'));
  rw.tryenter(b, 'reader');
  throwsErrno(t, EBUSY, () => rw.tryenter(b, 'writer'));
  rw.exit(a);
  rw.exit(b);
  t.is(a.lockCount + b.lockCount, 0);
  rw.destroy();
});

test('rwlock: a downgrade lets waiting readers in, unless a writer waits', (t) => {
  for (const writerWaits of [false, true]) {
    const k = bootFifo();
    const rw = new Rwlock();
    const got: string[] = [];
    const owner = newproc(k);
    rw.tryenter(owner, 'writer');
    user(k, rw, 'reader', 'r', got);
    if (writerWaits) {
      user(k, rw, 'writer', 'w', got);
    }
    rw.downgrade(owner);
    runReady(k);
    t.deepEqual(got, writerWaits ? [] : ['r']);
    rw.exit(owner);
    runReady(k);
    t.deepEqual(got, writerWaits ? ['w'] : ['r']);
  }
});

test('rwlock: misuse is a bug that says what', (t) => {
  const rw = () => new Rwlock();
  panics(t, bootFifo(), /unlocks a free rwlock/, (l) => rw().exit(l));
  panics(t, bootFifo(), /upgrades a rwlock nobody reads/, (l) => rw().tryupgrade(l));
  panics(t, bootFifo(), /downgrades a rwlock owned by nobody/, (l) => rw().downgrade(l));
  panics(t, bootFifo(), /locks a rwlock against itself/, (l) => {
    const mine = rw();
    mine.tryenter(l, 'writer');
    atOnce(mine.enter(l, 'reader'));
  });
  panics(t, bootFifo(), /destroyed in use/, (l) => {
    const mine = rw();
    mine.tryenter(l, 'reader');
    mine.destroy();
  });
  const k = bootFifo();
  const owned = rw();
  owned.tryenter(newproc(k, 'holder'), 'writer');
  panics(t, k, /unlocks a rwlock owned by \d+\.1 \(holder\)/, (l) => owned.exit(l));
});
