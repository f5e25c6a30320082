/** What lies where in the memory of a program for NetBSD/amd64, beyond what a client of ours could tell by itself. */

import { RawClient } from './raw.ts';
import { LSEEK, SYS, served } from './served.ts';

const NUMBERS = {
  getlogin: 49,
  setlogin: 50,
  getgroups: 79,
  gettimeofday: 418,
  setgroups: 80,
  sysctl: 202,
  timerCreate: 235,
  getvfsstat: 356,
  getvfsstat90: 483,
  statvfs1: 357,
  statvfs190: 484,
};

const CTL_KERN = 1;
const KERN_HOSTNAME = 10;
const ENOMEM = 12;
const EINVAL = 22;
const CLOCK_MONOTONIC = 3;
const SIGEV_SIGNAL = 1;
const SIGUSR1 = 30;

served('sysctl: who does not want the old value passes no length either', async (t, { path, kernel }) => {
  const raw = await RawClient.guest(path);
  const name = raw.alloc(8, new Uint8Array(Int32Array.of(CTL_KERN, KERN_HOSTNAME).buffer));
  t.is((await raw.call(NUMBERS.sysctl, name, 2, 0, 0, raw.text('anew'), 4)).errno, 0);
  t.is(kernel.sysctl('kern.hostname'), 'anew');
  raw.close();
});

served('sysctl: a value that does not fit is told in part, and its length', async (t, { path, kernel }) => {
  const raw = await RawClient.guest(path);
  kernel.sysctl('kern.hostname', 'very-long');
  const name = raw.alloc(8, new Uint8Array(Int32Array.of(CTL_KERN, KERN_HOSTNAME).buffer));
  const old = raw.alloc(16, Buffer.alloc(16, 'x'));
  const length = raw.alloc(8, new Uint8Array(BigUint64Array.of(4n).buffer));
  t.is((await raw.call(NUMBERS.sysctl, name, 2, old, length, 0, 0)).errno, ENOMEM);
  t.is(raw.at(old, 6).toString(), 'veryxx');
  t.is(raw.at(length, 8).readBigUInt64LE(), 10n);
  raw.close();
});

served('getvfsstat: without an array it says how many there are', async (t, { path }) => {
  const raw = await RawClient.guest(path);
  for (const number of [NUMBERS.getvfsstat, NUMBERS.getvfsstat90]) {
    t.deepEqual(await raw.call(number, 0, 0, 2), { errno: 0, retval: [1n, 0n] });
    t.deepEqual(await raw.call(number, 0, 1 << 20, 2), { errno: 0, retval: [1n, 0n] });
    t.deepEqual(await raw.call(number, raw.alloc(8), 8, 2), { errno: 0, retval: [0n, 0n] });
  }
  raw.close();
});

served('a command name is cut to what ps shows', async (t, { path, kernel }) => {
  const raw = await RawClient.guest(path, 'a-name-longer-than-others');
  t.true(kernel.ps().some(({ comm }) => comm === 'a-name-longer-th'));
  raw.close();
});

served('timer_create: a sigevent has 32 bytes', async (t, { path }) => {
  const raw = await RawClient.guest(path);
  const timer = raw.alloc(8);
  // The last bytes of its memory: none more can be read.
  const event = timer + BigInt(raw.memory.length - 32);
  raw.at(event, 8).set(new Uint8Array(Int32Array.of(SIGEV_SIGNAL, SIGUSR1).buffer));
  t.deepEqual(await raw.call(NUMBERS.timerCreate, CLOCK_MONOTONIC, event, timer), {
    errno: 0,
    retval: [0n, 0n],
  });
  raw.close();
});

served('gettimeofday: there is no zone, and it says so', async (t, { path }) => {
  const raw = await RawClient.guest(path);
  const [tp, tzp] = [raw.alloc(16), raw.alloc(12, Buffer.alloc(12, 0xff))];
  t.is((await raw.call(NUMBERS.gettimeofday, tp, tzp)).errno, 0);
  t.deepEqual(raw.at(tzp, 12), Buffer.concat([Buffer.alloc(8), Buffer.alloc(4, 0xff)]));
  t.true(raw.at(tp, 8).readBigUInt64LE() > 1_000_000_000n);
  t.is((await raw.call(NUMBERS.gettimeofday, 0, 0)).errno, 0);
  raw.close();
});

served('getgroups: a size is an int, and may be negative', async (t, { path }) => {
  const raw = await RawClient.guest(path);
  const list = raw.alloc(64, new Uint8Array(Int32Array.of(5, 6).buffer));
  t.is((await raw.call(NUMBERS.setgroups, 2, list)).errno, 0);
  t.is((await raw.call(NUMBERS.getgroups, -1, list)).errno, EINVAL);
  t.is((await raw.call(NUMBERS.getgroups, 0xffff_ffffn, list)).errno, EINVAL);
  t.deepEqual(await raw.call(NUMBERS.getgroups, 0, 0), { errno: 0, retval: [2n, 0n] });
  raw.close();
});

served('getlogin: as much of the name as there is room for', async (t, { path }) => {
  const raw = await RawClient.guest(path);
  await raw.call(NUMBERS.setlogin, raw.text('alice'));
  const buf = raw.alloc(16, Buffer.alloc(16, 'x'));
  t.deepEqual(await raw.call(NUMBERS.getlogin, buf, 3), { errno: 0, retval: [0n, 0n] });
  t.is(raw.at(buf, 4).toString(), 'alix');
  raw.close();
});

served('statvfs: of NetBSD 10, and of those before', async (t, { path }) => {
  const raw = await RawClient.guest(path);
  const lengths = { 357: 2256, 484: 3296 } as const;
  const names = { 357: 172, 484: 192 } as const;
  for (const number of [NUMBERS.statvfs1, NUMBERS.statvfs190] as (keyof typeof lengths)[]) {
    const buf = raw.alloc(4096, Buffer.alloc(4096, 0xff));
    t.is((await raw.call(number, raw.text('/'), buf, 1)).errno, 0);
    const bytes = raw.at(buf, 4096);
    t.is(bytes.toString('latin1', names[number], names[number] + 7), 'rumpfs\0');
    t.is(bytes.toString('latin1', names[number] + 32, names[number] + 34), '/\0');
    t.is(bytes.indexOf(Buffer.alloc(800, 0xff)), lengths[number]);
    t.is(bytes.readBigUInt64LE(144), 255n, 'namemax');
  }
  raw.close();
});

served('lseek: a pad before the offset, and 64 bits back', async (t, { path }) => {
  const raw = await RawClient.guest(path);
  const { retval } = await raw.call(SYS.open, raw.text('/tmp/f'), 0x202, 0o600);
  const far = 0x1_0000_0002n;
  t.deepEqual(await raw.call(LSEEK, retval[0], 77, far, 0), { errno: 0, retval: [far, 0n] });
  raw.close();
});
