import test from 'ava';
import { RUMPUSER_RANDOM_HARD, RUMPUSER_RANDOM_NOWAIT } from '../../lib/rumpuser/rumpuser.ts';
import { EAGAIN, EINVAL } from '../../lib/sys/errno.ts';
import { openHost } from './host_support.ts';
import { throwsErrno } from './sim_support.ts';

test('getrandom fills buffers of any size, to the last byte', (t) => {
  const { calls } = openHost();
  t.is(calls.getrandom(new Uint8Array(0), 0), 0);
  for (const size of [1, 255, 256, 257, 5_000_000]) {
    const buf = new Uint8Array(size);
    t.is(calls.getrandom(buf, 0), size);
  }
  // Both ends of a big one: 64 bytes that are all zero come once in 2^512 times.
  const big = new Uint8Array(5_000_000);
  calls.getrandom(big, 0);
  t.true(big.subarray(0, 64).some((byte) => byte !== 0));
  t.true(big.subarray(-64).some((byte) => byte !== 0));
});

test('getrandom stays inside the view it was given, and differs each time', (t) => {
  const { calls } = openHost();
  const whole = new Uint8Array(96);
  calls.getrandom(whole.subarray(32, 64), 0);
  t.true(whole.subarray(0, 32).every((byte) => byte === 0));
  t.true(whole.subarray(64).every((byte) => byte === 0));
  const again = new Uint8Array(32);
  calls.getrandom(again, 0);
  t.notDeepEqual(again, whole.slice(32, 64));
  const shared = new Uint8Array(new SharedArrayBuffer(64));
  t.is(calls.getrandom(shared, 0), 64);
  t.true(shared.some((byte) => byte !== 0));
});

test('hard and not waiting: bytes or EAGAIN; unknown flags: EINVAL', (t) => {
  const { calls } = openHost();
  try {
    t.is(calls.getrandom(new Uint8Array(16), RUMPUSER_RANDOM_HARD | RUMPUSER_RANDOM_NOWAIT), 16);
  } catch (error) {
    t.is(error, EAGAIN);
  }
  throwsErrno(t, EINVAL, () => calls.getrandom(new Uint8Array(16), 0x40));
});
