/**
 * What lwps do inside the kernel to each other: locks, a bounded buffer, channels, host I/O. Each checks what
 * it was promised.
 */
import { Callout, calloutSchedule, calloutStop } from '../../lib/kern/callout.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import type { MaySleep } from '../../lib/kern/maysleep.ts';
import type { Proc } from '../../lib/kern/proc.ts';
import { preempt } from '../../lib/kern/sched.ts';
import { sigdeliverable } from '../../lib/kern/sigacts.ts';
import { PCATCH } from '../../lib/kern/sleepq.ts';
import { softintEstablish, softintSchedule } from '../../lib/kern/softint.ts';
import { hyperwait, kpause, ltsleep, wakeup, wakeupOne } from '../../lib/kern/synch.ts';
import { RUMPUSER_BIO_READ, RUMPUSER_OPEN_CREATE, RUMPUSER_OPEN_RDWR } from '../../lib/rumpuser/rumpuser.ts';
import { LW_SINTR } from '../../lib/sys/constants/lwp.ts';
import { SSTOP, SZOMB } from '../../lib/sys/constants/proc.ts';
import { EIO, EWOULDBLOCK } from '../../lib/sys/errno.ts';
import { BUFFER_MAX, type World } from './world.ts';

/** Give others a chance, one way or another. */
function* linger(w: World, l: Lwp): MaySleep<void> {
  if (w.random.below(3) === 0) {
    yield* kpause(l, 'simhold', 0, w.random.below(3000));
  } else if (w.random.below(2) === 0) {
    yield* preempt(l);
  }
}

function* mutexUser(w: World, l: Lwp): MaySleep<void> {
  yield* w.mutex.enter(l);
  w.expect(w.inMutex === null, () => `${l} and ${w.inMutex} are in one mutex`);
  w.inMutex = l;
  yield* linger(w, l);
  w.expect(w.inMutex === l, () => `${w.inMutex} came into the mutex of ${l}`);
  w.inMutex = null;
  w.mutex.exit(l);
}

function* reader(w: World, l: Lwp): MaySleep<void> {
  yield* w.rwlock.enter(l, 'reader');
  w.expect(w.writer === null, () => `${l} reads while ${w.writer} writes`);
  w.readers.add(l);
  yield* linger(w, l);
  w.expect(w.writer === null, () => `${w.writer} writes while ${l} reads`);
  w.readers.delete(l);
  w.rwlock.exit(l);
}

function* writer(w: World, l: Lwp): MaySleep<void> {
  yield* w.rwlock.enter(l, 'writer');
  w.expect(w.writer === null && w.readers.size === 0, () => `${l} does not write alone`);
  w.writer = l;
  yield* linger(w, l);
  w.expect(w.writer === l && w.readers.size === 0, () => `${l} did not write alone`);
  w.writer = null;
  if (w.random.below(3) === 0) {
    w.rwlock.downgrade(l);
    w.readers.add(l);
    yield* linger(w, l);
    w.readers.delete(l);
  }
  w.rwlock.exit(l);
}

function* produce(w: World, l: Lwp): MaySleep<void> {
  yield* w.bufferLock.enter(l);
  try {
    w.inBuffer = l;
    while (w.buffer.length >= BUFFER_MAX && !w.closing) {
      w.inBuffer = null;
      yield* w.notFull.waitSig(l, w.bufferLock);
      w.inBuffer = l;
    }
    if (!w.closing) {
      w.buffer.push(++w.produced);
      w.notEmpty.signal();
    }
  } finally {
    w.inBuffer = null;
    w.bufferLock.exit(l);
  }
}

function* consume(w: World, l: Lwp): MaySleep<void> {
  yield* w.bufferLock.enter(l);
  try {
    w.inBuffer = l;
    while (w.buffer.length === 0 && !w.closing) {
      w.inBuffer = null;
      yield* w.notEmpty.timedwaitSig(l, w.bufferLock, 20_000);
      w.inBuffer = l;
    }
    const item = w.buffer.shift();
    if (item !== undefined) {
      w.expect(item === ++w.consumed, () => `item ${item} came as number ${w.consumed}`);
      w.notFull.signal();
    }
  } catch (error) {
    // Nobody produced anything in time.
    if (error !== EWOULDBLOCK) {
      throw error;
    }
  } finally {
    w.inBuffer = null;
    w.bufferLock.exit(l);
  }
}

function* sleeper(w: World, l: Lwp): MaySleep<void> {
  const before = w.host.monotonicNs();
  const ns = 1 + w.random.below(5000);
  try {
    yield* ltsleep(l, w.channel, w.random.below(2) === 0 ? PCATCH : 0, 'simchan', ns, null);
  } catch (error) {
    if (error !== EWOULDBLOCK) {
      throw error;
    }
    w.expect(w.host.monotonicNs() >= before + ns, () => `${l} timed out early`);
  }
}

function waker(w: World): void {
  if (w.random.below(2) === 0) {
    wakeup(w.k, w.channel);
  } else {
    wakeupOne(w.k, w.channel);
  }
}

function arm(w: World): void {
  const due = w.host.monotonicNs() + w.random.below(8000);
  const c = new Callout(() => {
    w.disarmed++;
    w.expect(w.host.monotonicNs() >= due, 'a callout fired early');
    if (w.random.below(2) === 0) {
      wakeup(w.k, w.channel);
    }
  });
  w.armed++;
  calloutSchedule(w.k, c, due - w.host.monotonicNs());
  if (w.random.below(4) === 0) {
    w.expect(!calloutStop(w.k, c) && !c.pending, 'a pending callout could not be stopped');
    w.disarmed++;
  }
}

function interrupt(w: World): void {
  w.softintsAsked++;
  softintSchedule(
    w.k,
    softintEstablish(w.k, w.random.below(4), () => {
      w.softintsRun++;
      wakeupOne(w.k, w.channel);
    }),
  );
}

function* hostRead(w: World, l: Lwp): MaySleep<void> {
  const fd = w.host.open('/disk', RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_RDWR);
  const data = new Uint8Array(8);
  try {
    yield* hyperwait(l, 'simbio', (done) =>
      w.host.bio(fd, RUMPUSER_BIO_READ, data, 0, (_count, error) => done(error)),
    );
  } catch (error) {
    w.expect(error === EIO, () => `block I/O failed with ${String(error)}`);
  } finally {
    w.host.close(fd);
  }
}

/** How many things `contend` knows to do. */
export const CONTENTIONS = 10;

/** Do thing number `which`. Signals may end it. */
export function* contend(w: World, l: Lwp, which: number): MaySleep<void> {
  switch (which) {
    case 0:
      return yield* mutexUser(w, l);
    case 1:
      return yield* reader(w, l);
    case 2:
      return yield* writer(w, l);
    case 3:
      return yield* produce(w, l);
    case 4:
      return yield* consume(w, l);
    case 5:
      return yield* sleeper(w, l);
    case 6:
      return yield* hostRead(w, l);
    case 7:
      return waker(w);
    case 8:
      return arm(w);
    default:
      return interrupt(w);
  }
}

/** At rest nobody sleeps on what is there. */
export function checkWakeups(w: World): void {
  const { k } = w;
  if (k.runnable > 0 || k.softPending > 0) {
    return;
  }
  if (w.inBuffer === null) {
    w.expect(!(w.buffer.length > 0 && w.notEmpty.hasWaiters), 'a consumer sleeps while there is something');
    w.expect(
      !(w.buffer.length < BUFFER_MAX && w.notFull.hasWaiters),
      'a producer sleeps while there is room',
    );
  }
  for (const p of k.procs.values()) {
    const coming = somebodyComes(p);
    for (let l = p.lwps; l !== null; l = l.siblingNext) {
      w.expect(mayRest(l, coming), () => `${l} of process ${p.pid} sleeps on what has happened`);
    }
  }
}

/** Will somebody of `p` who sleeps uninterruptibly come to the user boundary and take its signals? */
function somebodyComes(p: Proc): boolean {
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    if (l.coroutine !== null && l.ast !== 0 && (l.flag & LW_SINTR) === 0) {
      return true;
    }
  }
  return false;
}

/** Is what `l` sleeps for, if it does, still to come? */
function mayRest(l: Lwp, coming: boolean): boolean {
  const p = l.proc;
  const summoned = sigdeliverable(l) !== 0 && p.stat !== SSTOP && !coming;
  switch (l.wmesg) {
    case '':
      return l.coroutine === null && !summoned;
    case 'wait':
      return !summoned && !p.exiting && ![...(p.children ?? [])].some((child) => child.stat === SZOMB);
    case 'stop':
      return p.stat === SSTOP;
    case 'lwpwait':
      return p.nlwps > 1;
    default:
      return (l.flag & LW_SINTR) === 0 || !(summoned || p.exiting);
  }
}
