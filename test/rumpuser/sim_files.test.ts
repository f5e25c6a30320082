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
import type { SimHostFiles } from '../../lib/rumpuser/sim.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import {
  EACCES,
  EBADF,
  EEXIST,
  EFBIG,
  EINVAL,
  EISDIR,
  EMFILE,
  ENAMETOOLONG,
  ENOENT,
  ENOSPC,
  ENOTDIR,
} from '../../lib/sys/errno.ts';
import { fc } from '../fc.ts';
import { ReferenceFile } from './reference_file.ts';
import { throwsErrno } from './sim_support.ts';

const text = new TextEncoder();
const CREATE = RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE;

test('a file given at the start is read, described and written', (t) => {
  const host = simulatedHost({ files: { '/etc/motd': 'welcome\n' } });
  t.deepEqual(host.getfileinfo('/etc/motd'), { size: 8, type: 'reg' });
  t.deepEqual(host.getfileinfo('/etc'), { size: 0, type: 'dir' });
  const fd = host.open('/etc/motd', RUMPUSER_OPEN_RDWR);
  const buf = new Uint8Array(5);
  t.is(host.iovread(fd, [buf], 3), 5);
  t.deepEqual(buf, text.encode('come\n'));
  t.is(host.iovwrite(fd, [text.encode('WEL'), text.encode('C')], 0), 4);
  t.deepEqual(host.readFile('/etc/motd'), text.encode('WELCome\n'));
});

test('many hosts share one image, and none writes into it', (t) => {
  const image = new Uint8Array(10_000).fill(7);
  const files = { '/image': image };
  const a = simulatedHost({ files });
  const b = simulatedHost({ files });
  a.iovwrite(a.open('/image', RUMPUSER_OPEN_RDWR), [Uint8Array.of(1, 2, 3)], 5_000);
  t.deepEqual(b.readFile('/image'), new Uint8Array(10_000).fill(7));
  t.is(a.readFile('/image')[5_001], 2);
  t.is(image[5_001], 7);
});

test('paths: relative, dots, doubled and trailing slashes', (t) => {
  const host = simulatedHost({ files: { '/a/b/c': 'x', '/empty/': '' } });
  for (const path of ['/a/b/c', 'a/b/c', '//a//b/c', '/a/./b/../b/c', '/../a/b/c']) {
    t.is(host.getfileinfo(path).size, 1, path);
  }
  t.is(host.getfileinfo('/empty').type, 'dir');
  t.is(host.getfileinfo('/empty/').type, 'dir');
  t.is(host.getfileinfo('/').type, 'dir');
  t.is(host.getfileinfo('/tmp').type, 'dir');
});

test('what open and getfileinfo refuse', (t) => {
  const host = simulatedHost({ files: { '/a': 'x', '/ro': { content: 'y', access: 'read-only' } } });
  throwsErrno(t, ENOENT, () => host.open('/none', RUMPUSER_OPEN_RDONLY));
  throwsErrno(t, ENOENT, () => host.open('/none/x', CREATE));
  throwsErrno(t, ENOENT, () => host.getfileinfo('/none'));
  throwsErrno(t, ENOENT, () => host.open('', RUMPUSER_OPEN_RDONLY));
  throwsErrno(t, ENOTDIR, () => host.open('/a/b', CREATE));
  throwsErrno(t, ENOTDIR, () => host.getfileinfo('/a/'));
  throwsErrno(t, ENOTDIR, () => host.getfileinfo('/a/..'));
  throwsErrno(t, EISDIR, () => host.open('/tmp', RUMPUSER_OPEN_WRONLY));
  throwsErrno(t, EISDIR, () => host.open('/new/', CREATE));
  throwsErrno(t, EACCES, () => host.open('/ro', RUMPUSER_OPEN_RDWR));
  throwsErrno(t, EEXIST, () => host.open('/a', CREATE | RUMPUSER_OPEN_EXCL));
  throwsErrno(t, EINVAL, () => host.open('/a', RUMPUSER_OPEN_ACCMODE));
  throwsErrno(t, EINVAL, () => host.open('/a', 0x100));
  throwsErrno(t, EINVAL, () => host.open('/a\0b', RUMPUSER_OPEN_RDONLY));
  throwsErrno(t, ENAMETOOLONG, () => host.open(`/${'n'.repeat(256)}`, CREATE));
  throwsErrno(t, ENAMETOOLONG, () => host.open('/a/'.repeat(400), RUMPUSER_OPEN_RDONLY));
  t.notThrows(() => host.open('/ro', RUMPUSER_OPEN_RDONLY | RUMPUSER_OPEN_BIO));
});

test('descriptors: the lowest free one, bad ones EBADF, and an end of them', (t) => {
  const host = simulatedHost();
  const first = host.open('/tmp/x', CREATE);
  const second = host.open('/tmp/x', RUMPUSER_OPEN_RDONLY);
  t.deepEqual([first, second], [3, 4]);
  host.close(first);
  throwsErrno(t, EBADF, () => host.close(first));
  t.is(host.open('/tmp/y', CREATE), first);
  for (const fd of [-1, 0, 2, 99]) {
    throwsErrno(t, EBADF, () => host.iovread(fd, [], 0));
    throwsErrno(t, EBADF, () => host.iovwrite(fd, [], 0));
    throwsErrno(t, EBADF, () => host.syncfd(fd, RUMPUSER_SYNCFD_WRITE, 0, 0));
    throwsErrno(t, EBADF, () => host.close(fd));
  }
  for (const fd of [3.5, Number.NaN, 2 ** 40]) throwsErrno(t, EINVAL, () => host.close(fd));
  throwsErrno(t, EMFILE, () => {
    for (let i = 0; i < 2_000; i++) host.open('/tmp/x', RUMPUSER_OPEN_RDONLY);
  });
});

test('access modes and directories', (t) => {
  const host = simulatedHost({ files: { '/a': 'x' } });
  const buf = new Uint8Array(1);
  const readOnly = host.open('/a', RUMPUSER_OPEN_RDONLY);
  const writeOnly = host.open('/a', RUMPUSER_OPEN_WRONLY);
  const directory = host.open('/tmp', RUMPUSER_OPEN_RDONLY);
  throwsErrno(t, EBADF, () => host.iovwrite(readOnly, [buf], 0));
  throwsErrno(t, EBADF, () => host.iovread(writeOnly, [buf], 0));
  throwsErrno(t, EISDIR, () => host.iovread(directory, [buf], 0));
  for (const off of [-2, 0.5, Number.NaN, 2 ** 53]) {
    throwsErrno(t, EINVAL, () => host.iovread(readOnly, [buf], off));
    throwsErrno(t, EINVAL, () => host.iovwrite(writeOnly, [buf], off));
  }
  throwsErrno(t, EISDIR, () => host.readFile('/tmp'));
});

test('a file is sparse and may be huge; a block device ends where it ends', (t) => {
  const host = simulatedHost({ files: { '/dev/disk': { content: 'boot', size: 10_000, type: 'blk' } } });
  const far = host.open('/tmp/far', CREATE);
  t.is(host.iovwrite(far, [Uint8Array.of(1)], 2 ** 50), 1);
  t.is(host.getfileinfo('/tmp/far').size, 2 ** 50 + 1);
  const hole = new Uint8Array(3).fill(9);
  t.is(host.iovread(far, [hole], 12_345), 3);
  t.deepEqual(hole, new Uint8Array(3));
  t.is(host.iovwrite(far, [new Uint8Array(10)], Number.MAX_SAFE_INTEGER - 4), 4);
  throwsErrno(t, EFBIG, () => host.iovwrite(far, [hole], Number.MAX_SAFE_INTEGER));

  t.deepEqual(host.getfileinfo('/dev/disk'), { size: 10_000, type: 'blk' });
  const disk = host.open('/dev/disk', RUMPUSER_OPEN_RDWR);
  t.is(host.iovwrite(disk, [new Uint8Array(6), new Uint8Array(6)], 9_990), 10);
  throwsErrno(t, ENOSPC, () => host.iovwrite(disk, [hole], 10_000));
  t.is(host.iovread(disk, [hole], 10_000), 0);
  t.is(host.getfileinfo('/dev/disk').size, 10_000);
});

test('syncfd: what was written is unsynced until a synchronous write sync covers it', (t) => {
  const host = simulatedHost();
  const fd = host.open('/tmp/x', CREATE);
  host.iovwrite(fd, [new Uint8Array(3 * 4096)], 0);
  t.is(host.unsyncedPages('/tmp/x'), 3);
  host.syncfd(fd, RUMPUSER_SYNCFD_READ | RUMPUSER_SYNCFD_SYNC, 0, 0);
  host.syncfd(fd, RUMPUSER_SYNCFD_WRITE | RUMPUSER_SYNCFD_BARRIER, 0, 0);
  t.is(host.unsyncedPages('/tmp/x'), 3);
  host.syncfd(fd, RUMPUSER_SYNCFD_WRITE | RUMPUSER_SYNCFD_SYNC, 4096, 10);
  t.is(host.unsyncedPages('/tmp/x'), 2);
  host.syncfd(fd, RUMPUSER_SYNCFD_WRITE | RUMPUSER_SYNCFD_SYNC, 0, 0);
  t.is(host.unsyncedPages('/tmp/x'), 0);
  throwsErrno(t, EINVAL, () => host.syncfd(fd, RUMPUSER_SYNCFD_SYNC, 0, 0));
  throwsErrno(t, EINVAL, () => host.syncfd(fd, RUMPUSER_SYNCFD_WRITE | 0x100, 0, 0));
  throwsErrno(t, EINVAL, () => host.syncfd(fd, RUMPUSER_SYNCFD_WRITE, -1, 0));
  throwsErrno(t, EINVAL, () => host.syncfd(fd, RUMPUSER_SYNCFD_WRITE, 0, 1.5));
});

test('files that make no sense are refused by name', (t) => {
  const refused = (files: SimHostFiles, instanceOf: typeof TypeError | typeof RangeError, message: RegExp) =>
    t.throws(() => simulatedHost({ files }), { instanceOf, message });
  refused({ relative: 'x' }, TypeError, /"relative" is not an absolute path/);
  refused({ '/a': 'x', '/a/b': 'y' }, TypeError, /\/a is a file/);
  refused({ '/a/b': 'y', '/a': 'x' }, TypeError, /\/a is there already/);
  refused({ '/a': 'x', '//a': 'y' }, TypeError, /\/\/a is there already/);
  refused({ '/a': { type: 'dir' } }, TypeError, /slash at its end/);
  refused({ '/a': { content: 'abc', size: 2 } }, RangeError, /\/a: size 2/);
});

test('reads and writes agree with the obvious file', (t) => {
  const off = fc.oneof(fc.constant(RUMPUSER_IOV_NOSEEK), fc.nat(13_000));
  const step = fc.oneof(
    fc.record({ write: fc.array(fc.uint8Array({ maxLength: 5_000, size: 'max' }), { maxLength: 3 }), off }),
    fc.record({ read: fc.array(fc.nat(5_000), { maxLength: 3 }), off }),
  );
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 6_000, size: 'max' }),
      fc.array(step, { maxLength: 12 }),
      (initial, steps) => {
        const host = simulatedHost({ files: { '/f': initial } });
        const fd = host.open('/f', RUMPUSER_OPEN_RDWR);
        const reference = new ReferenceFile();
        reference.bytes = [...initial];
        for (const one of steps) {
          if ('write' in one) {
            t.is(
              host.iovwrite(fd, one.write, one.off),
              reference.write(
                one.write.flatMap((b) => [...b]),
                one.off,
              ),
            );
          } else {
            const buffers = one.read.map((length) => new Uint8Array(length));
            const count = host.iovread(fd, buffers, one.off);
            const whole = buffers.flatMap((b) => [...b]);
            const expected = reference.read(whole.length, one.off);
            t.is(count, expected.length);
            t.deepEqual(whole.slice(0, count), expected);
          }
          t.is(host.getfileinfo('/f').size, reference.bytes.length);
        }
        t.deepEqual([...host.readFile('/f')], reference.bytes);
      },
    ),
    { numRuns: 60 },
  );
});
