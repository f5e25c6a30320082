import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import {
  RUMPUSER_IOV_NOSEEK,
  RUMPUSER_OPEN_ACCMODE,
  RUMPUSER_OPEN_BIO,
  RUMPUSER_OPEN_CREATE,
  RUMPUSER_OPEN_EXCL,
  RUMPUSER_OPEN_RDONLY,
  RUMPUSER_OPEN_RDWR,
  RUMPUSER_OPEN_WRONLY,
  RUMPUSER_SYNCFD_BARRIER,
  RUMPUSER_SYNCFD_READ,
  RUMPUSER_SYNCFD_SYNC,
  RUMPUSER_SYNCFD_WRITE,
} from '../../lib/rumpuser/rumpuser.ts';
import { EBADF, EEXIST, EINVAL, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR } from '../../lib/sys/errno.ts';
import { fc } from '../fc.ts';
import { openHost, temporaryDirectory } from './host_support.ts';
import { throwsErrno } from './sim_support.ts';

const NEW = RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_EXCL;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('open creates, opens and refuses as its flags say', (t) => {
  const { calls } = openHost();
  const dir = temporaryDirectory(t);
  const path = join(dir, 'file');
  throwsErrno(t, ENOENT, () => calls.open(path, RUMPUSER_OPEN_RDWR));
  const fd = calls.open(path, NEW);
  throwsErrno(t, EEXIST, () => calls.open(path, NEW));
  const again = calls.open(path, RUMPUSER_OPEN_RDONLY | RUMPUSER_OPEN_CREATE);
  t.not(again, fd);
  throwsErrno(t, EBADF, () => calls.iovwrite(again, [new Uint8Array(1)], 0));
  calls.close(again);
  throwsErrno(t, EBADF, () => calls.close(again));
  calls.close(fd);
});

test('open answers with NetBSD errnos, never with a host number', (t) => {
  const { calls } = openHost();
  const dir = temporaryDirectory(t);
  writeFileSync(join(dir, 'file'), '');
  symlinkSync('loop', join(dir, 'loop'));
  throwsErrno(t, EISDIR, () => calls.open(dir, RUMPUSER_OPEN_WRONLY));
  throwsErrno(t, ENOTDIR, () => calls.open(join(dir, 'file/x'), RUMPUSER_OPEN_RDONLY));
  throwsErrno(t, ELOOP, () => calls.open(join(dir, 'loop'), RUMPUSER_OPEN_RDONLY));
  throwsErrno(t, ENAMETOOLONG, () => calls.open(join(dir, 'x'.repeat(300)), RUMPUSER_OPEN_RDONLY));
  throwsErrno(t, ENOENT, () => calls.open('', RUMPUSER_OPEN_RDONLY));
  throwsErrno(t, EINVAL, () => calls.open(`${dir}/file\0hidden`, RUMPUSER_OPEN_RDONLY));
  throwsErrno(t, EINVAL, () => calls.open(join(dir, 'file'), RUMPUSER_OPEN_ACCMODE));
  for (const flags of [0x4000, -1, 1.5, Number.NaN, 2 ** 40]) {
    throwsErrno(t, EINVAL, () => calls.open(join(dir, 'file'), flags));
  }
});

test('numbers that are no descriptor fail without reaching another one', (t) => {
  const { calls } = openHost();
  const byte = [new Uint8Array(1)];
  for (const fd of [-1, 1_000_000, 2 ** 31 - 1]) {
    throwsErrno(t, EBADF, () => calls.iovread(fd, byte, 0));
    throwsErrno(t, EBADF, () => calls.iovwrite(fd, byte, 0));
    throwsErrno(t, EBADF, () => calls.syncfd(fd, RUMPUSER_SYNCFD_WRITE, 0, 0));
    throwsErrno(t, EBADF, () => calls.close(fd));
  }
  // Truncated to 32 bits, 2^32 would be descriptor 0.
  for (const fd of [2 ** 32, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    throwsErrno(t, EINVAL, () => calls.iovread(fd, byte, 0));
    throwsErrno(t, EINVAL, () => calls.close(fd));
  }
});

test('arguments of another type are TypeErrors', (t) => {
  const { calls } = openHost();
  t.throws(() => calls.open(5 as never, 0), { instanceOf: TypeError });
  t.throws(() => calls.getfileinfo(undefined as never), { instanceOf: TypeError });
  t.throws(() => calls.iovread(0, 'abc' as never, 0), { instanceOf: TypeError });
  t.throws(() => calls.iovread(0, ['abc'] as never, 0), { instanceOf: TypeError });
  t.throws(() => calls.iovread(0, [new Float64Array(1)] as never, 0), { instanceOf: TypeError });
});

test('getfileinfo tells size and type', (t) => {
  const { calls } = openHost();
  const dir = temporaryDirectory(t);
  const file = join(dir, 'file');
  writeFileSync(file, 'hello');
  t.deepEqual(calls.getfileinfo(file), { size: 5, type: 'reg' });
  // Sparse, and more than 32 bits of it.
  truncateSync(file, 2 ** 40 + 3);
  t.deepEqual(calls.getfileinfo(file), { size: 2 ** 40 + 3, type: 'reg' });
  mkdirSync(join(dir, 'sub'));
  t.is(calls.getfileinfo(join(dir, 'sub')).type, 'dir');
  symlinkSync('file', join(dir, 'link'));
  t.is(calls.getfileinfo(join(dir, 'link')).type, 'reg');
  execFileSync('mkfifo', [join(dir, 'fifo')]);
  t.is(calls.getfileinfo(join(dir, 'fifo')).type, 'other');
  t.is(calls.getfileinfo('/dev/null').type, 'chr');
  throwsErrno(t, ENOENT, () => calls.getfileinfo(join(dir, 'missing')));
});

test('getfileinfo asks a block device for its size', (t) => {
  const { calls } = openHost();
  const devices = existsSync('/sys/class/block') ? readdirSync('/sys/class/block') : [];
  let seen = 0;
  for (const name of devices) {
    const sectors = Number(readFileSync(`/sys/class/block/${name}/size`, 'utf8'));
    try {
      const info = calls.getfileinfo(`/dev/${name}`);
      t.deepEqual(info, { size: sectors * 512, type: 'blk' });
      seen++;
    } catch (error) {
      t.log(`/dev/${name}: ${error}`);
    }
  }
  if (seen === 0) t.pass('this machine lets nobody ask');
});

test('reads and writes are scattered, move the position only without an offset, and are short at the end', (t) => {
  const { calls } = openHost();
  const fd = calls.open(join(temporaryDirectory(t), 'file'), NEW);
  const hello = [Buffer.from('he'), new Uint8Array(0), Buffer.from('llo')];
  t.is(calls.iovwrite(fd, hello, RUMPUSER_IOV_NOSEEK), 5);
  t.is(calls.iovwrite(fd, [Buffer.from(' world')], RUMPUSER_IOV_NOSEEK), 6);
  const [a, b] = [new Uint8Array(3), new Uint8Array(20)];
  t.is(calls.iovread(fd, [a, b], 2), 9);
  t.is(text(a), 'llo');
  t.is(text(b.subarray(0, 6)), ' world');
  t.is(calls.iovread(fd, [a], RUMPUSER_IOV_NOSEEK), 0);
  t.is(calls.iovread(fd, [a], 1e12), 0);
  t.is(calls.iovread(fd, [], 0), 0);
  // A view of the middle of a buffer, and one of shared memory.
  const whole = new Uint8Array(8);
  t.is(calls.iovread(fd, [whole.subarray(2, 5)], 0), 3);
  t.deepEqual([...whole], [0, 0, 104, 101, 108, 0, 0, 0]);
  const shared = new Uint8Array(new SharedArrayBuffer(4));
  t.is(calls.iovread(fd, [shared], 0), 4);
  t.is(text(shared), 'hell');
  for (const off of [-2, 0.5, 2 ** 60, Number.NaN]) throwsErrno(t, EINVAL, () => calls.iovread(fd, [a], off));
  calls.close(fd);
});

test('any sequence of scattered writes leaves what one buffer would hold', (t) => {
  const { calls } = openHost();
  const dir = temporaryDirectory(t);
  let run = 0;
  const write = fc.record({
    off: fc.integer({ min: 0, max: 5000 }),
    pieces: fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
  });
  fc.assert(
    fc.property(fc.array(write, { maxLength: 10 }), (writes) => {
      const path = join(dir, String(run++));
      const fd = calls.open(path, NEW);
      const model = Buffer.alloc(8192);
      let size = 0;
      for (const { off, pieces } of writes) {
        const flat = Buffer.concat(pieces);
        t.is(calls.iovwrite(fd, pieces, off), flat.length);
        flat.copy(model, off);
        if (flat.length > 0) size = Math.max(size, off + flat.length);
      }
      calls.close(fd);
      t.deepEqual(readFileSync(path), model.subarray(0, size));
    }),
    { numRuns: 50 },
  );
});

test('syncfd takes ranges and refuses what makes no sense', (t) => {
  const { calls } = openHost();
  const fd = calls.open(join(temporaryDirectory(t), 'file'), NEW);
  calls.iovwrite(fd, [new Uint8Array(10_000)], 0);
  for (const flags of [
    RUMPUSER_SYNCFD_READ,
    RUMPUSER_SYNCFD_WRITE,
    RUMPUSER_SYNCFD_WRITE | RUMPUSER_SYNCFD_BARRIER,
    RUMPUSER_SYNCFD_READ | RUMPUSER_SYNCFD_WRITE | RUMPUSER_SYNCFD_SYNC,
  ]) {
    t.notThrows(() => calls.syncfd(fd, flags, 0, 0));
    t.notThrows(() => calls.syncfd(fd, flags, 4096, 100));
  }
  for (const flags of [0, RUMPUSER_SYNCFD_SYNC, RUMPUSER_SYNCFD_BARRIER, 0x100 | RUMPUSER_SYNCFD_WRITE]) {
    throwsErrno(t, EINVAL, () => calls.syncfd(fd, flags, 0, 0));
  }
  for (const [start, length] of [
    [-1, 0],
    [0, -1],
    [0.5, 0],
    [0, Number.NaN],
  ] as const) {
    throwsErrno(t, EINVAL, () => calls.syncfd(fd, RUMPUSER_SYNCFD_WRITE, start, length));
  }
  calls.close(fd);
});

test('what may block gives the virtual CPU up and takes it back, also when it fails', (t) => {
  const seen: string[] = [];
  const upcalls = { schedule: () => void seen.push('+'), unschedule: () => void seen.push('-') };
  const { calls } = openHost({ upcalls: () => upcalls });
  throwsErrno(t, ENOENT, () => calls.open('/nonexistent/file', RUMPUSER_OPEN_BIO));
  throwsErrno(t, EBADF, () => calls.iovread(-1, [], 0));
  throwsErrno(t, EBADF, () => calls.iovwrite(-1, [], 0));
  throwsErrno(t, EBADF, () => calls.syncfd(-1, RUMPUSER_SYNCFD_WRITE, 0, 0));
  throwsErrno(t, EBADF, () => calls.close(-1));
  calls.getrandom(new Uint8Array(1), 0);
  t.is(seen.join(''), '-+'.repeat(6));
});
