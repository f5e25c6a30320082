import test from 'ava';
import {
  RUMPUSER_BIO_READ,
  RUMPUSER_OPEN_CREATE,
  RUMPUSER_OPEN_RDONLY,
  RUMPUSER_OPEN_RDWR,
  RUMPUSER_RANDOM_NOWAIT,
} from '../../lib/rumpuser/rumpuser.ts';
import type { Fault, Hypercall, SimulatedHost } from '../../lib/rumpuser/sim.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import type { Errno } from '../../lib/sys/errno.ts';
import { EAGAIN, EIO, EMFILE, ENOMEM, ENOSPC } from '../../lib/sys/errno.ts';
import { throwsErrno } from './sim_support.ts';

/** Which of `count` allocations fail, one letter each. */
function allocations(host: SimulatedHost, count: number): string {
  let outcome = '';
  for (let i = 0; i < count; i++) {
    try {
      host.malloc(8, 8);
      outcome += '.';
    } catch {
      outcome += 'x';
    }
  }
  return outcome;
}

test('the n-th call fails, once or for some calls', (t) => {
  const once = simulatedHost({ faults: [{ call: 'malloc', nth: 3, fail: ENOMEM }] });
  t.is(allocations(once, 6), '..x...');
  t.is(once.faultsInjected, 1);
  const twice = simulatedHost({ faults: [{ call: 'malloc', nth: 2, times: 2, fail: ENOMEM }] });
  t.is(allocations(twice, 6), '.xx...');
  t.is(twice.faultsInjected, 2);
});

test('without nth and probability every call fails, up to times', (t) => {
  t.is(allocations(simulatedHost({ faults: [{ call: 'malloc', fail: ENOMEM }] }), 4), 'xxxx');
  t.is(allocations(simulatedHost({ faults: [{ call: 'malloc', times: 2, fail: ENOMEM }] }), 4), 'xx..');
});

test('a probability is seeded, and about what it says', (t) => {
  const run = (seed: number, faults: Fault[]) => allocations(simulatedHost({ seed, faults }), 1_000);
  const fault: Fault = { call: 'malloc', probability: 0.25, fail: ENOMEM };
  t.is(run(1, [fault]), run(1, [fault]));
  t.not(run(1, [fault]), run(2, [fault]));
  const struck = run(3, [fault]).replaceAll('.', '').length;
  t.true(struck > 200 && struck < 300, String(struck));
  t.is(run(1, [{ ...fault, probability: 0 }]), '.'.repeat(1_000));
  t.is(run(1, [{ ...fault, probability: 1 }]), 'x'.repeat(1_000));
  t.is(run(1, [{ ...fault, times: 5 }]).replaceAll('.', '').length, 5);
});

test('one fault does not move where another strikes', (t) => {
  const fault: Fault = { call: 'malloc', probability: 0.5, fail: ENOMEM };
  const alone = simulatedHost({ faults: [fault] });
  const accompanied = simulatedHost({
    faults: [fault, { call: 'getrandom', probability: 0.5, fail: EAGAIN }],
  });
  const outcome = allocations(alone, 50);
  let other = '';
  for (let i = 0; i < 50; i++) {
    try {
      accompanied.getrandom(new Uint8Array(1), RUMPUSER_RANDOM_NOWAIT);
    } catch {
      // Whether it failed is not the question.
    }
    other += allocations(accompanied, 1);
  }
  t.is(other, outcome);
});

test('a slow call takes virtual time, then does its work or fails', (t) => {
  const host = simulatedHost({
    files: { '/f': 'abc' },
    faults: [
      { call: 'iovread', delayNs: 500 },
      { call: 'iovread', nth: 2, delayNs: 1_000, fail: EIO },
    ],
  });
  const fd = host.open('/f', RUMPUSER_OPEN_RDONLY);
  const buf = new Uint8Array(3);
  t.is(host.iovread(fd, [buf], 0), 3);
  t.is(host.monotonicNs(), 500);
  throwsErrno(t, EIO, () => host.iovread(fd, [buf], 0));
  t.is(host.monotonicNs(), 2_000);
  t.is(host.iovread(fd, [buf], 0), 3);
  t.is(host.faultsInjected, 4);
});

test('of several faults on one call the first errno counts', (t) => {
  const host = simulatedHost({
    faults: [
      { call: 'open', fail: EMFILE },
      { call: 'open', fail: ENOSPC },
    ],
  });
  throwsErrno(t, EMFILE, () => host.open('/tmp/x', RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE));
  t.is(host.faultsInjected, 2);
  t.throws(() => host.readFile('/tmp/x'), { any: true }, 'a call that fails does nothing');
});

test('block I/O fails and is slow as block I/O does', (t) => {
  const host = simulatedHost({
    files: { '/disk': 'abc' },
    faults: [
      { call: 'bio', nth: 1, fail: EIO },
      { call: 'bio', nth: 2, delayNs: 5e9 },
    ],
  });
  const fd = host.open('/disk', RUMPUSER_OPEN_RDONLY);
  const results: [number, Errno | null][] = [];
  const data = new Uint8Array(3);
  const ask = () => host.bio(fd, RUMPUSER_BIO_READ, data, 0, (count, error) => results.push([count, error]));
  ask();
  t.deepEqual(results, []);
  host.idle(Number.POSITIVE_INFINITY);
  host.reap();
  t.deepEqual(results, [[0, EIO]]);
  t.deepEqual(data, new Uint8Array(3));
  ask();
  host.idle(1e9);
  t.is(host.monotonicNs(), 1e9);
  host.idle(Number.POSITIVE_INFINITY);
  t.true(host.monotonicNs() > 5e9);
  host.reap();
  t.deepEqual(results[1], [3, null]);
});

test('a plan changes one host and no other', (t) => {
  const faulty = simulatedHost({ faults: [{ call: 'malloc', fail: ENOMEM }] });
  const sound = simulatedHost();
  t.is(allocations(sound, 2), '..');
  t.is(allocations(faulty, 2), 'xx');
  t.false(Object.hasOwn(sound, 'malloc'));
  t.is(sound.faultsInjected, 0);
});

test('plans that make no sense are refused, saying which fault and why', (t) => {
  const refused = (fault: unknown, instanceOf: typeof TypeError | typeof RangeError, message: RegExp) =>
    t.throws(() => simulatedHost({ faults: [{ call: 'open', fail: EIO }, fault as Fault] }), {
      instanceOf,
      message,
    });
  refused({ call: 'mallocate', fail: EIO }, TypeError, /faults\[1\]: there is no hypercall mallocate/);
  refused({ call: 'kind', fail: EIO }, TypeError, /no hypercall kind/);
  refused({ call: 'readFile', fail: EIO }, TypeError, /no hypercall readFile/);
  refused({ call: 'toString', fail: EIO }, TypeError, /no hypercall toString/);
  refused({ fail: EIO }, TypeError, /no hypercall undefined/);
  refused(null, TypeError, /not an object/);
  refused({ call: 'open' }, TypeError, /neither fail nor delayNs/);
  refused({ call: 'open', fail: 5 }, TypeError, /not an errno singleton/);
  refused({ call: 'open', fail: EIO, nth: 1, probability: 0.5 }, TypeError, /exclude each other/);
  refused({ call: 'open', fail: EIO, nth: 0 }, RangeError, /nth is 0/);
  refused({ call: 'open', fail: EIO, nth: 1.5 }, RangeError, /nth is 1\.5/);
  refused({ call: 'open', fail: EIO, nth: '1' }, TypeError, /nth is not a number/);
  refused({ call: 'open', fail: EIO, probability: -0.1 }, RangeError, /probability is -0\.1/);
  refused({ call: 'open', fail: EIO, probability: 1.1 }, RangeError, /probability is 1\.1/);
  refused({ call: 'open', fail: EIO, probability: Number.NaN }, RangeError, /probability is NaN/);
  refused({ call: 'open', fail: EIO, times: 0 }, RangeError, /times is 0/);
  refused({ call: 'open', delayNs: -1 }, RangeError, /delayNs is -1/);
  refused({ call: 'open', delayNs: Number.POSITIVE_INFINITY }, RangeError, /delayNs is Infinity/);
});

test('any hypercall may fail', (t) => {
  const some: Hypercall[] = [
    'init',
    'lwpCreate',
    'clockSleep',
    'getparam',
    'mutexInit',
    'dlBootstrap',
    'daemonizeBegin',
  ];
  for (const call of some) {
    const host = simulatedHost({ faults: [{ call, fail: EIO }] });
    const method = host[call] as () => unknown;
    throwsErrno(t, EIO, () => method());
  }
});
