/**
 * The contract of `lib/rumpuser/rumpuser.ts`: init, lwps, clocks, waiting, the host's facts, console and
 * signals.
 */
import {
  RUMPUSER_CLOCK_ABSMONO,
  RUMPUSER_CLOCK_RELWALL,
  RUMPUSER_PARAM_HOSTNAME,
  RUMPUSER_PARAM_NCPU,
  RUMPUSER_PID_SELF,
  RUMPUSER_RANDOM_HARD,
  RUMPUSER_RANDOM_NOWAIT,
  RUMPUSER_VERSION,
} from '../../lib/rumpuser/rumpuser.ts';
import { hypercalls } from '../../lib/rumpuser/sim_faults.ts';
import { EBUSY, EINVAL, ENOENT, ENOEXEC, EPROGMISMATCH, ESRCH } from '../../lib/sys/errno.ts';
import { onEveryHost } from './contract_hosts.ts';
import { asserts, becomeLwp, bind, throwsErrno, turn } from './sim_support.ts';

onEveryHost('every hypercall is there', (t, { host }) => {
  for (const call of hypercalls) {
    if (call !== 'schedPick' && call !== 'worked') t.is(typeof host[call], 'function', call);
  }
  t.true(host.curlwp instanceof Uint32Array);
  t.is(host.curlwp.length, 1);
});

onEveryHost('init binds once, to the right version only; fini may be repeated', (t, { host }) => {
  const upcalls = { schedule() {}, unschedule() {} };
  throwsErrno(t, EPROGMISMATCH, () => host.init(RUMPUSER_VERSION + 1, upcalls));
  host.init(RUMPUSER_VERSION, upcalls);
  throwsErrno(t, EBUSY, () => host.init(RUMPUSER_VERSION, upcalls));
  host.fini();
  t.notThrows(() => host.fini());
  asserts(t, /init: this host is finished/, () => host.init(RUMPUSER_VERSION, upcalls));
});

onEveryHost('lwp handles: never 0, never twice at a time', (t, { host }) => {
  const handles = Array.from({ length: 2_000 }, () => host.lwpCreate());
  t.is(new Set(handles).size, handles.length);
  t.false(handles.includes(0));
  for (const handle of handles) host.lwpDestroy(handle);
});

onEveryHost('curlwp is set and cleared by its rules', (t, { host }) => {
  const a = host.lwpCreate();
  const b = host.lwpCreate();
  t.is(host.curlwp[0], 0);
  asserts(t, new RegExp(`lwp ${a}`), () => host.curlwpClear(a));
  asserts(t, /lwp 0/, () => host.curlwpClear(0));
  asserts(t, /lwp 0/, () => host.curlwpSet(0));
  host.curlwpSet(a);
  t.is(host.curlwp[0], a);
  asserts(t, new RegExp(`lwp ${b} while lwp ${a} is current`), () => host.curlwpSet(b));
  asserts(t, new RegExp(`lwp ${a} while lwp ${a} is current`), () => host.curlwpSet(a));
  asserts(t, new RegExp(`lwp ${b} while lwp ${a} is current`), () => host.curlwpClear(b));
  asserts(t, new RegExp(`lwp ${a}`), () => host.lwpDestroy(a));
  t.is(host.curlwp[0], a);
  host.curlwpClear(a);
  host.lwpDestroy(b);
  asserts(t, new RegExp(`lwp ${b}`), () => host.lwpDestroy(b));
  asserts(t, new RegExp(`lwp ${b}`), () => host.curlwpSet(b));
  t.is(host.curlwp[0], 0);
  host.lwpDestroy(a);
});

onEveryHost('clocks: whole seconds and nanoseconds, never backwards', (t, { host }) => {
  let lastNs = host.monotonicNs();
  let last = host.clockGettime(RUMPUSER_CLOCK_ABSMONO);
  for (let i = 0; i < 100; i++) {
    const ns = host.monotonicNs();
    const now = host.clockGettime(RUMPUSER_CLOCK_ABSMONO);
    t.true(ns >= lastNs);
    t.true(now.sec > last.sec || (now.sec === last.sec && now.nsec >= last.nsec));
    t.true(Number.isInteger(now.sec) && Number.isInteger(now.nsec) && now.nsec >= 0 && now.nsec < 1e9);
    lastNs = ns;
    last = now;
  }
  t.true(host.clockGettime(RUMPUSER_CLOCK_RELWALL).sec > 1_200_000_000);
  throwsErrno(t, EINVAL, () => host.clockGettime(2));
  throwsErrno(t, EINVAL, () => host.clockGettime(-1));
});

onEveryHost('a sleep lasts at least as long as asked, and lets others run', (t, { host }) => {
  const upcalls = bind(host);
  const before = host.monotonicNs();
  host.clockSleep(RUMPUSER_CLOCK_RELWALL, 0, 1_000_000);
  t.true(host.monotonicNs() - before >= 1_000_000);
  t.deepEqual(upcalls, ['unschedule', 'schedule']);
  const { sec, nsec } = host.clockGettime(RUMPUSER_CLOCK_ABSMONO);
  const until = nsec + 1_000_000;
  host.clockSleep(RUMPUSER_CLOCK_ABSMONO, sec + Math.floor(until / 1e9), until % 1e9);
  const after = host.clockGettime(RUMPUSER_CLOCK_ABSMONO);
  t.true((after.sec - sec) * 1e9 + after.nsec - nsec >= 1_000_000);
  host.clockSleep(RUMPUSER_CLOCK_ABSMONO, 0, 0);
  host.clockSleep(RUMPUSER_CLOCK_RELWALL, 0, 0);
});

onEveryHost('times that are none are EINVAL', (t, { host }) => {
  const bad = [
    [-1, 0],
    [0, -1],
    [0, 1e9],
    [0.5, 0],
    [0, 0.5],
    [Number.NaN, 0],
    [0, Number.NaN],
    [Number.POSITIVE_INFINITY, 0],
    [2 ** 53, 0],
  ] as const;
  for (const [sec, nsec] of bad) {
    throwsErrno(t, EINVAL, () => host.clockSleep(RUMPUSER_CLOCK_RELWALL, sec, nsec));
    throwsErrno(t, EINVAL, () => host.clockSleep(RUMPUSER_CLOCK_ABSMONO, sec, nsec));
  }
  throwsErrno(t, EINVAL, () => host.clockSleep(2, 0, 0));
});

onEveryHost('idle lasts until its deadline, not at all when that is past', (t, { host }) => {
  const upcalls = bind(host);
  const deadline = host.monotonicNs() + 1_000_000;
  host.idle(deadline);
  t.true(host.monotonicNs() >= deadline);
  host.idle(0);
  host.idle(-5);
  host.idle(Number.NEGATIVE_INFINITY);
  t.deepEqual(upcalls, [], 'nobody is on the CPU while the scheduler idles');
});

onEveryHost('a bell rung before idle ends it, and is at most one pump', async (t, { host }) => {
  bind(host);
  let pumps = 0;
  host.onPump(() => pumps++);
  host.doorbell();
  host.doorbell();
  host.idle(Number.POSITIVE_INFINITY);
  await turn();
  await turn();
  t.true(pumps <= 1);
});

onEveryHost('an armed deadline ends an idle that goes on beyond it', (t, { host }) => {
  bind(host);
  const deadline = host.monotonicNs() + 1_000_000;
  host.arm(deadline);
  host.idle(Number.POSITIVE_INFINITY);
  t.true(host.monotonicNs() >= deadline);
});

onEveryHost('deadlines that are no numbers are assertions', (t, { host }) => {
  asserts(t, /idle: the deadline is not a number/, () => host.idle(Number.NaN));
  asserts(t, /arm: the deadline is not a number/, () => host.arm(Number.NaN));
});

onEveryHost(
  'an armed deadline pumps once, not before its time and not within the call',
  async (t, { host }) => {
    bind(host);
    const times: number[] = [];
    const pumped = new Promise<void>((resolve) => {
      host.onPump(() => {
        times.push(host.monotonicNs());
        resolve();
      });
    });
    const deadline = host.monotonicNs() + 1_000_000;
    host.arm(deadline + 1e15);
    host.arm(deadline);
    t.deepEqual(times, []);
    await pumped;
    await turn();
    await turn();
    t.is(times.length, 1);
    t.true((times[0] as number) >= deadline);
  },
);

onEveryHost('a withdrawn deadline pumps nobody', async (t, { host }) => {
  bind(host);
  let pumps = 0;
  host.onPump(() => pumps++);
  const now = host.monotonicNs();
  host.arm(now + 30_000_000);
  host.arm(Number.POSITIVE_INFINITY);
  host.idle(now + 40_000_000);
  t.true(host.monotonicNs() >= now + 40_000_000, 'nor does it ring');
  await turn();
  await turn();
  t.is(pumps, 0);
});

onEveryHost('deferred pumps are one, at the end of the turn', async (t, { host }) => {
  bind(host);
  let pumps = 0;
  host.onPump(() => pumps++);
  host.defer();
  host.defer();
  t.is(pumps, 0);
  await turn();
  t.is(pumps, 1);
});

onEveryHost('a doorbell nobody idles for is a pump', async (t, { host }) => {
  bind(host);
  const pumped = new Promise<void>((resolve) => host.onPump(resolve));
  host.doorbell();
  await pumped;
  t.pass();
});

onEveryHost('a chain of deferred pumps does not starve the event loop', async (t, { host }) => {
  bind(host);
  let pumps = 0;
  host.onPump(() => {
    pumps++;
    host.defer();
  });
  host.defer();
  await turn();
  await turn();
  t.true(pumps > 0);
});

onEveryHost('after fini nobody is pumped', async (t, { host }) => {
  bind(host);
  let pumps = 0;
  host.onPump(() => pumps++);
  host.arm(0);
  host.defer();
  host.doorbell();
  host.fini();
  await turn();
  await turn();
  t.is(pumps, 0);
  t.false(host.busy());
});

onEveryHost(
  'parameters come from the environment given, and two have always an answer',
  (t, { host }) => {
    t.is(host.getparam('RUMP_VERBOSE'), '1');
    t.is(host.getparam('EMPTY'), '');
    t.is(host.getparam('PATH'), undefined);
    t.is(host.getparam('toString'), undefined);
    t.is(host.getparam(''), undefined);
    t.is(host.getparam('_MINE'), undefined);
    t.is(host.getparam(RUMPUSER_PARAM_NCPU), '2');
    t.true((host.getparam(RUMPUSER_PARAM_HOSTNAME) ?? '').length > 0);
  },
  { env: { RUMP_VERBOSE: '1', EMPTY: '', _MINE: 'x' } },
);

onEveryHost('RUMP_NCPU overrules', (t, { host }) => void t.is(host.getparam(RUMPUSER_PARAM_NCPU), '7'), {
  env: { RUMP_NCPU: '7' },
});

onEveryHost(
  'RUMP_NCPU host is a number of CPUs',
  (t, { host }) => void t.regex(host.getparam(RUMPUSER_PARAM_NCPU) ?? '', /^[1-9][0-9]*$/),
  { env: { RUMP_NCPU: 'host' } },
);

onEveryHost('random bytes fill any buffer', (t, { host }) => {
  bind(host);
  for (const flags of [
    0,
    RUMPUSER_RANDOM_HARD,
    RUMPUSER_RANDOM_NOWAIT,
    RUMPUSER_RANDOM_HARD | RUMPUSER_RANDOM_NOWAIT,
  ]) {
    const buf = new Uint8Array(256);
    t.is(host.getrandom(buf, flags), 256);
    t.true(new Set(buf).size > 64);
  }
  t.is(host.getrandom(new Uint8Array(0), 0), 0);
  const big = new Uint8Array(3_000_001);
  t.is(host.getrandom(big, 0), big.length);
  t.true(new Set(big.subarray(-1_000)).size > 200, 'to its end');
  throwsErrno(t, EINVAL, () => host.getrandom(new Uint8Array(1), 0x80));
});

onEveryHost('the console gets the text that bytes mean', (t, { host, output }) => {
  host.dprintf('begin ');
  for (const byte of new TextEncoder().encode('grün 🦊\n')) host.putchar(byte);
  host.dprintf('end\n');
  t.is(output(), 'begin grün 🦊\nend\n');
});

onEveryHost(
  'a console that throws hurts nobody',
  (t, { host }) => {
    t.notThrows(() => host.dprintf('one\n'));
    for (const byte of new TextEncoder().encode('two\n')) t.notThrows(() => host.putchar(byte));
  },
  {
    console: () => {
      throw new Error('the terminal is gone');
    },
  },
);

onEveryHost('signals: what may not be sent', (t, { host }) => {
  host.kill(RUMPUSER_PID_SELF, 0);
  for (const signo of [-1, 64, 1_000]) throwsErrno(t, EINVAL, () => host.kill(RUMPUSER_PID_SELF, signo));
  for (const pid of [0, -2, 2 ** 31]) throwsErrno(t, EINVAL, () => host.kill(pid, 0));
  throwsErrno(t, ESRCH, () => host.kill(2 ** 31 - 1, 0));
  t.notThrows(() => host.seterrno(35));
});

onEveryHost('threads nobody knows cannot be joined', (t, { host }) => {
  for (const cookie of [0, 1, 12_345, -1]) throwsErrno(t, ESRCH, () => host.threadJoin(cookie));
});

onEveryHost('loaded objects are described; what is no object does not load', (t, { host, path }) => {
  for (const object of host.dlBootstrap()) {
    t.is(typeof object.path, 'string');
    t.is(typeof object.base, 'bigint');
    t.is(object.symtab.length % 24, 0);
  }
  throwsErrno(t, ENOENT, () => host.dlopen(path('none.so')));
  const fd = host.open(path('text.so'), 0x6);
  host.iovwrite(fd, [new TextEncoder().encode('this is no library')], 0);
  host.close(fd);
  throwsErrno(t, ENOEXEC, () => host.dlopen(path('text.so')));
});

onEveryHost('an lwp that is current during fini is current no more', (t, { host }) => {
  bind(host);
  becomeLwp(host);
  host.fini();
  t.is(host.curlwp[0], 0);
});
