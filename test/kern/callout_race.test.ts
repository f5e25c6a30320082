/** Callouts whose work goes on in a workqueue, armed, stopped and halted by several lwps at once. */
import test, { type ExecutionContext } from 'ava';
import { Callout, calloutAck, calloutHalt, calloutSchedule, calloutStop } from '../../lib/kern/callout.ts';
import type { Kernel } from '../../lib/kern/kernel.ts';
import { Kmutex } from '../../lib/kern/kmutex.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import type { MaySleep } from '../../lib/kern/maysleep.ts';
import { PRI_KTHREAD } from '../../lib/kern/runq.ts';
import { preempt } from '../../lib/kern/sched.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { Work, type Workqueue, workqueueCreate, workqueueEnqueue } from '../../lib/kern/workqueue.ts';
import { Prng } from '../../lib/rumpuser/prng.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { bootOn, runAll, seedCount, shutdown, thread } from './support.ts';

/** What the lwps of one run share, and what a callout promises them. */
interface Scene {
  readonly t: ExecutionContext;
  readonly k: Kernel;
  readonly seed: number;
  readonly random: Prng;
  readonly lock: Kmutex;
  readonly c: Callout;
  /** It has been armed, and neither fired nor been disarmed. */
  armed: boolean;
  /** Its function has been called, and the work is not done. */
  running: boolean;
  called: number;
  worked: number;
  halts: number;
}

function scene(t: ExecutionContext, seed: number): Scene {
  const k = bootOn(simulatedHost({ seed }), { ncpu: 2 });
  const random = new Prng(seed);
  const work = new Work();
  const c = new Callout(called, 'wakes', 'acked');
  const lock = new Kmutex('softc');
  const s: Scene = {
    t,
    k,
    seed,
    random,
    lock,
    c,
    armed: false,
    running: false,
    called: 0,
    worked: 0,
    halts: 0,
  };
  const wq: Workqueue<Work> = workqueueCreate(k, 'race', (l) => worker(s, l), PRI_KTHREAD);
  function called(): void {
    t.true(s.armed, `seed ${seed}: called without being armed`);
    t.false(s.running, `seed ${seed}: called within a run`);
    s.armed = false;
    s.running = true;
    s.called++;
    workqueueEnqueue(wq, work);
  }
  return s;
}

function arm(s: Scene): void {
  if (!s.c.invoking) {
    calloutSchedule(s.k, s.c, s.random.below(2000));
    s.armed = true;
  }
}

function* worker(s: Scene, l: Lwp): MaySleep<void> {
  yield* kpause(l, 'work', 0, s.random.below(1000));
  yield* s.lock.enter(l);
  s.running = false;
  s.worked++;
  calloutAck(s.c);
  if (s.random.below(2) === 0) {
    arm(s);
  }
  s.lock.exit(l);
}

function* halt(s: Scene, l: Lwp): MaySleep<void> {
  const interlock = s.random.below(2) === 0 ? s.lock : null;
  if (interlock !== null) {
    yield* interlock.enter(l);
  }
  yield* calloutHalt(l, s.c, interlock);
  s.t.false(s.running || s.c.pending, `seed ${s.seed}: halted, and yet it runs`);
  s.armed = false;
  s.halts++;
  interlock?.exit(l);
}

function* actor(s: Scene, l: Lwp): MaySleep<void> {
  for (let i = 0; i < 12; i++) {
    switch (s.random.below(5)) {
      case 0:
      case 1:
        arm(s);
        break;
      case 2:
        calloutStop(s.k, s.c);
        s.armed = false;
        break;
      case 3:
        yield* halt(s, l);
        break;
      default:
        yield* preempt(l);
    }
    yield* kpause(l, 'nap', 0, s.random.below(1500));
  }
}

test('from any seed a halted callout neither is pending nor runs, and every call is worked off once', (t) => {
  let called = 0;
  let waited = 0;
  for (let seed = 1; seed <= seedCount(60); seed++) {
    const s = scene(t, seed);
    for (let n = 0; n < 3; n++) {
      thread(s.k, (l) => actor(s, l));
    }
    runAll(s.k);
    t.is(s.k.panicstr, null, `seed ${seed}`);
    t.is(s.worked, s.called, `seed ${seed}`);
    t.false(s.armed || s.running, `seed ${seed}: lost`);
    called += s.called;
    waited += s.k.calloutWait.count;
    shutdown(s.k);
  }
  // Seeds that never come to a halt within a run would prove nothing.
  t.true(called > 100 && waited > 10, `${called} calls, ${waited} waits`);
});
