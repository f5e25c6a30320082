import { spawnSync } from 'node:child_process';
import test from 'ava';
import {
  RUMPUSER_CLOCK_ABSMONO,
  RUMPUSER_CLOCK_RELWALL,
  RUMPUSER_OPEN_CREATE,
  RUMPUSER_OPEN_RDWR,
  RUMPUSER_SYNCFD_WRITE,
  RUMPUSER_VERSION,
} from '../../lib/rumpuser/rumpuser.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { EBUSY, EINVAL, EPROGMISMATCH } from '../../lib/sys/errno.ts';
import { fc } from '../fc.ts';
import { asserts, becomeLwp, bind, throwsErrno, turn } from './sim_support.ts';

const YEAR_SEC = 365 * 86_400;

test('time stands still until someone sleeps, and a year of sleep costs nothing', (t) => {
  const host = simulatedHost();
  t.is(host.monotonicNs(), 0);
  host.putchar(65);
  t.is(host.monotonicNs(), 0);
  host.clockSleep(RUMPUSER_CLOCK_RELWALL, YEAR_SEC, 5);
  t.is(host.monotonicNs(), YEAR_SEC * 1e9 + 5);
});

test('the wall clock starts at startTime, and both clocks run with monotonicNs', (t) => {
  const host = simulatedHost({ startTime: { sec: 100, nsec: 999_999_999 } });
  t.deepEqual(host.clockGettime(RUMPUSER_CLOCK_RELWALL), { sec: 100, nsec: 999_999_999 });
  const before = host.clockGettime(RUMPUSER_CLOCK_ABSMONO);
  host.clockSleep(RUMPUSER_CLOCK_RELWALL, 2, 1);
  t.deepEqual(host.clockGettime(RUMPUSER_CLOCK_RELWALL), { sec: 103, nsec: 0 });
  t.deepEqual(host.clockGettime(RUMPUSER_CLOCK_ABSMONO), { sec: before.sec + 2, nsec: before.nsec + 1 });
});

test('host monotonic time is not time since creation', (t) => {
  // On the native host it counts from the machine's boot; a kernel that mixes the two up must fail here too.
  t.true(simulatedHost().clockGettime(RUMPUSER_CLOCK_ABSMONO).sec > 0);
});

test('an absolute sleep ends at its time, one in the past at once', (t) => {
  const host = simulatedHost();
  const { sec, nsec } = host.clockGettime(RUMPUSER_CLOCK_ABSMONO);
  host.clockSleep(RUMPUSER_CLOCK_ABSMONO, sec + 3, nsec);
  t.is(host.monotonicNs(), 3e9);
  host.clockSleep(RUMPUSER_CLOCK_ABSMONO, sec + 1, nsec);
  t.is(host.monotonicNs(), 3e9);
});

test('what may block gives the CPU up and takes it back', (t) => {
  const host = simulatedHost();
  const upcalls = bind(host);
  const wrapped = (call: () => unknown) => {
    upcalls.length = 0;
    call();
    t.deepEqual(upcalls, ['unschedule', 'schedule'], call.toString());
  };
  const buffers = [new Uint8Array(1)];
  wrapped(() => host.clockSleep(RUMPUSER_CLOCK_RELWALL, 0, 1));
  wrapped(() => host.getrandom(new Uint8Array(1), 0));
  wrapped(() => host.open('/tmp/f', RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE));
  wrapped(() => host.iovwrite(3, buffers, 0));
  wrapped(() => host.iovread(3, buffers, 0));
  wrapped(() => host.syncfd(3, RUMPUSER_SYNCFD_WRITE, 0, 0));
  wrapped(() => host.close(3));
  wrapped(() => t.throws(() => host.close(3), { any: true }));
});

test('times that are none are EINVAL', (t) => {
  const host = simulatedHost();
  for (const [sec, nsec] of [
    [-1, 0],
    [0, -1],
    [0, 1e9],
    [0.5, 0],
    [0, Number.NaN],
    [Number.POSITIVE_INFINITY, 0],
  ] as const) {
    throwsErrno(t, EINVAL, () => host.clockSleep(RUMPUSER_CLOCK_RELWALL, sec, nsec));
  }
  throwsErrno(t, EINVAL, () => host.clockSleep(2, 0, 0));
  throwsErrno(t, EINVAL, () => host.clockGettime(2));
  t.is(host.monotonicNs(), 0);
});

test('time never goes back, whatever is called', (t) => {
  const action = fc.oneof(
    fc.record({ do: fc.constant('sleep'), ns: fc.nat(2e9) }),
    fc.record({ do: fc.constant('absolute'), ns: fc.nat(2e9) }),
    fc.record({ do: fc.constant('idle'), ns: fc.integer({ min: -1e9, max: 2e9 }) }),
    fc.record({ do: fc.constant('bell'), ns: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
      const host = simulatedHost();
      let last = 0;
      for (const { do: what, ns } of actions) {
        if (what === 'bell') host.doorbell();
        else if (what === 'idle') host.idle(ns);
        else {
          const clock = what === 'sleep' ? RUMPUSER_CLOCK_RELWALL : RUMPUSER_CLOCK_ABSMONO;
          host.clockSleep(clock, Math.floor(ns / 1e9), ns % 1e9);
        }
        t.true(host.monotonicNs() >= last);
        last = host.monotonicNs();
      }
      host.fini();
    }),
  );
});

test('idle waits for its deadline, not at all for a past one', (t) => {
  const host = simulatedHost();
  host.idle(1_000);
  t.is(host.monotonicNs(), 1_000);
  host.idle(500);
  t.is(host.monotonicNs(), 1_000);
});

test('a bell rung before idle ends it at once, one bell one idle', (t) => {
  const host = simulatedHost();
  host.doorbell();
  host.doorbell();
  host.idle(1_000);
  t.is(host.monotonicNs(), 0);
  host.idle(1_000);
  t.is(host.monotonicNs(), 1_000);
});

test('idle that nothing can end is an assertion', (t) => {
  const host = simulatedHost();
  asserts(t, /would sleep forever/, () => host.idle(Number.POSITIVE_INFINITY));
  asserts(t, /not a number/, () => host.idle(Number.NaN));
  asserts(t, /not a number/, () => host.arm(Number.NaN));
});

test('idle does not give the CPU up: nobody is on it', (t) => {
  const host = simulatedHost();
  const upcalls = bind(host);
  host.idle(10);
  t.deepEqual(upcalls, []);
});

test('an armed deadline pumps in a later turn, at its time, once', async (t) => {
  const host = simulatedHost();
  const times: number[] = [];
  host.onPump(() => times.push(host.monotonicNs()));
  host.arm(5_000);
  host.arm(7_000);
  t.deepEqual(times, []);
  await turn();
  await turn();
  t.deepEqual(times, [7_000]);
});

test('arming from the pump goes on; Infinity withdraws', async (t) => {
  const host = simulatedHost();
  const times: number[] = [];
  host.onPump(() => {
    times.push(host.monotonicNs());
    if (times.length < 3) host.arm(host.monotonicNs() + 10);
  });
  host.arm(10);
  for (let i = 0; i < 5; i++) await turn();
  t.deepEqual(times, [10, 20, 30]);
  host.arm(99);
  host.arm(Number.POSITIVE_INFINITY);
  await turn();
  t.is(host.monotonicNs(), 30);
});

test('an armed deadline ends an idle that goes on beyond it, instead of pumping', async (t) => {
  const host = simulatedHost();
  let pumps = 0;
  host.onPump(() => pumps++);
  host.arm(300);
  host.idle(Number.POSITIVE_INFINITY);
  t.is(host.monotonicNs(), 300);
  await turn();
  t.is(pumps, 0);
});

test('an armed deadline that passes in a sleep pumps afterwards, late', async (t) => {
  const host = simulatedHost();
  const times: number[] = [];
  host.onPump(() => times.push(host.monotonicNs()));
  host.arm(300);
  host.clockSleep(RUMPUSER_CLOCK_RELWALL, 1, 0);
  await turn();
  t.deepEqual(times, [1e9]);
});

test('defer and doorbells pump once, at the end of the turn and at the present time', async (t) => {
  const host = simulatedHost();
  const times: number[] = [];
  host.onPump(() => times.push(host.monotonicNs()));
  host.arm(1_000);
  host.defer();
  host.defer();
  host.doorbell();
  t.deepEqual(times, []);
  await Promise.resolve();
  t.deepEqual(times, [0]);
  await turn();
  t.deepEqual(times, [0, 1_000]);
});

test('a bell that ended an idle asks for no pump; a deferred pump stays asked for', async (t) => {
  const host = simulatedHost();
  let pumps = 0;
  host.onPump(() => pumps++);
  host.doorbell();
  host.idle(10);
  await turn();
  t.is(pumps, 0);
  host.defer();
  host.doorbell();
  host.idle(20);
  await turn();
  t.is(pumps, 1);
});

test('a chain of deferred pumps lets the event loop go round, without time passing', async (t) => {
  const host = simulatedHost();
  let pumps = 0;
  host.onPump(() => {
    pumps++;
    host.defer();
  });
  host.arm(1_000);
  host.defer();
  await turn();
  t.true(pumps > 0);
  t.is(host.monotonicNs(), 0);
  host.fini();
});

test('promises settle before time moves on', async (t) => {
  const host = simulatedHost();
  const order: string[] = [];
  host.onPump(() => order.push('pump'));
  host.arm(1);
  for (let i = 0; i < 50; i++) await Promise.resolve();
  order.push('promises');
  await turn();
  t.deepEqual(order, ['promises', 'pump']);
});

test('a pump with an lwp still current is an assertion that names it', (t) => {
  // Nobody is there to catch it, so it ends the process it happens in.
  const sim = new URL('../../lib/rumpuser/sim.js', import.meta.url);
  const script = `
    const { simulatedHost } = await import(${JSON.stringify(sim.href)});
    const host = simulatedHost();
    host.onPump(() => console.log('pumped'));
    host.curlwpSet(host.lwpCreate());
    host.defer();`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  t.regex(child.stderr, /RumpuserAssertion: pump: lwp 1 is still current/);
  t.is(child.stdout, '');
  t.is(child.status, 1);
});

test('init binds once, to the right version only', (t) => {
  const host = simulatedHost();
  const upcalls = { schedule() {}, unschedule() {} };
  throwsErrno(t, EPROGMISMATCH, () => host.init(RUMPUSER_VERSION + 1, upcalls));
  host.init(RUMPUSER_VERSION, upcalls);
  throwsErrno(t, EBUSY, () => host.init(RUMPUSER_VERSION, upcalls));
});

test('fini withdraws everything, twice too, and is the end', async (t) => {
  const host = simulatedHost();
  bind(host);
  let pumps = 0;
  host.onPump(() => pumps++);
  const lwp = becomeLwp(host);
  host.arm(5);
  host.defer();
  host.fini();
  host.fini();
  await turn();
  t.is(pumps, 0);
  t.is(host.monotonicNs(), 0);
  t.is(host.curlwp[0], 0);
  asserts(t, /no lwp/, () => host.curlwpSet(lwp));
  asserts(t, /init: this host is finished/, () => bind(host));
});
