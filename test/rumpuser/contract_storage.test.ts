/** The contract of `lib/rumpuser/rumpuser.ts`: memory, files and block I/O. */

import type { HostMemory, Rumpuser } from '../../lib/rumpuser/rumpuser.ts';
import {
  RUMPUSER_BIO_READ,
  RUMPUSER_BIO_SYNC,
  RUMPUSER_BIO_WRITE,
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
import type { Errno } from '../../lib/sys/errno.ts';
import { EBADF, EEXIST, EINVAL, EISDIR, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR } from '../../lib/sys/errno.ts';
import { fc } from '../fc.ts';
import { onEveryHost } from './contract_hosts.ts';
import { ReferenceFile } from './reference_file.ts';
import { asserts, bind, throwsErrno } from './sim_support.ts';

const CREATE = RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE;
const text = new TextEncoder();

onEveryHost('malloc gives the bytes asked for, aligned', (t, { host }) => {
  for (const [length, alignment] of [
    [1, 1],
    [100, 8],
    [4096, 4096],
    [70_000, 65_536],
    [3, 2 ** 20],
  ] as const) {
    const memory = host.malloc(length, alignment);
    t.is(memory.bytes.length, length);
    t.is(memory.address % BigInt(alignment), 0n);
    memory.bytes.fill(0xff);
    host.free(memory);
    t.is(memory.bytes.length, 0);
  }
});

onEveryHost('mapped memory is zeroed pages', (t, { host }) => {
  const memory = host.anonmmap(100_000);
  t.is(memory.bytes.length, 100_000);
  t.is(memory.address % 4096n, 0n);
  t.true(memory.bytes.every((byte) => byte === 0));
  const view = memory.bytes.subarray(10, 20);
  host.unmap(memory);
  t.is(view.length, 0);
});

onEveryHost('what malloc and anonmmap refuse', (t, { host }) => {
  for (const alignment of [0, 3, -8, 1.5, 6, Number.NaN, 2 ** 31]) {
    throwsErrno(t, EINVAL, () => host.malloc(8, alignment));
  }
  for (const length of [0, -1, 0.5, Number.NaN]) {
    throwsErrno(t, EINVAL, () => host.malloc(length, 8));
    throwsErrno(t, EINVAL, () => host.anonmmap(length));
  }
  throwsErrno(t, ENOMEM, () => host.malloc(2 ** 52, 8));
  throwsErrno(t, ENOMEM, () => host.anonmmap(2 ** 52));
});

onEveryHost('freeing twice, in the wrong way or what is not ours names the memory', (t, { host }) => {
  const allocated = host.malloc(8, 8);
  const mapped = host.anonmmap(8);
  const at = (memory: HostMemory) => `0x${memory.address.toString(16)}`;
  asserts(t, new RegExp(`unmap: memory at ${at(allocated)} came from malloc`), () => host.unmap(allocated));
  asserts(t, new RegExp(`free: memory at ${at(mapped)} came from anonmmap`), () => host.free(mapped));
  asserts(t, /not memory of this host/, () => host.free({ bytes: new Uint8Array(8), address: 1n }));
  host.free(allocated);
  asserts(t, new RegExp(`free: memory at ${at(allocated)} is already free`), () => host.free(allocated));
  host.unmap(mapped);
});

onEveryHost('fini takes all memory back', (t, { host }) => {
  const left = [host.malloc(8, 8), host.anonmmap(8)];
  host.fini();
  for (const memory of left) t.is(memory.bytes.length, 0);
});

onEveryHost('a file: made, described, written, read', (t, { host, path }) => {
  const fd = host.open(path('f'), CREATE);
  t.deepEqual(host.getfileinfo(path('f')), { size: 0, type: 'reg' });
  t.is(host.iovwrite(fd, [text.encode('hello '), new Uint8Array(0), text.encode('world')], 0), 11);
  t.deepEqual(host.getfileinfo(path('f')), { size: 11, type: 'reg' });
  const [first, second] = [new Uint8Array(4), new Uint8Array(20)];
  t.is(host.iovread(fd, [first, second], 1), 10);
  t.is(new TextDecoder().decode(first), 'ello');
  t.is(new TextDecoder().decode(second.subarray(0, 6)), ' world');
  t.is(host.iovread(fd, [second], 11), 0);
  t.is(host.iovread(fd, [second], 1_000_000), 0);
  t.is(host.iovread(fd, [], 0), 0);
  t.is(host.iovwrite(fd, [], 0), 0);
  host.close(fd);
  throwsErrno(t, EBADF, () => host.close(fd));
  t.is(host.getfileinfo(path('')).type, 'dir');
});

onEveryHost('opening what is there does not change it', (t, { host, path }) => {
  const fd = host.open(path('f'), CREATE);
  host.iovwrite(fd, [text.encode('kept')], 0);
  host.close(host.open(path('f'), CREATE));
  host.close(host.open(path('f'), RUMPUSER_OPEN_WRONLY));
  t.is(host.getfileinfo(path('f')).size, 4);
  throwsErrno(t, EEXIST, () => host.open(path('f'), CREATE | RUMPUSER_OPEN_EXCL));
  t.notThrows(() => host.close(host.open(path('g'), CREATE | RUMPUSER_OPEN_EXCL)));
  t.notThrows(() => host.close(host.open(path('g'), RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_BIO)));
  host.close(fd);
});

onEveryHost('what open and getfileinfo refuse', (t, { host, path }) => {
  host.close(host.open(path('f'), CREATE));
  throwsErrno(t, ENOENT, () => host.open(path('none'), RUMPUSER_OPEN_RDONLY));
  throwsErrno(t, ENOENT, () => host.open(path('none/x'), CREATE));
  throwsErrno(t, ENOENT, () => host.open('', RUMPUSER_OPEN_RDONLY));
  throwsErrno(t, ENOENT, () => host.getfileinfo(path('none')));
  throwsErrno(t, ENOTDIR, () => host.open(path('f/x'), CREATE));
  throwsErrno(t, ENOTDIR, () => host.getfileinfo(path('f/')));
  throwsErrno(t, EISDIR, () => host.open(path(''), RUMPUSER_OPEN_WRONLY));
  throwsErrno(t, EISDIR, () => host.open(path('new/'), CREATE));
  throwsErrno(t, EINVAL, () => host.open(path('f'), RUMPUSER_OPEN_ACCMODE));
  throwsErrno(t, EINVAL, () => host.open(path('f'), 0x100));
  throwsErrno(t, EINVAL, () => host.open(path('f\0'), RUMPUSER_OPEN_RDONLY));
  throwsErrno(t, ENAMETOOLONG, () => host.open(path('n'.repeat(256)), CREATE));
});

onEveryHost('access modes, directories, offsets', (t, { host, path }) => {
  const buf = [new Uint8Array(1)];
  host.close(host.open(path('f'), CREATE));
  const readOnly = host.open(path('f'), RUMPUSER_OPEN_RDONLY);
  const writeOnly = host.open(path('f'), RUMPUSER_OPEN_WRONLY);
  const directory = host.open(path(''), RUMPUSER_OPEN_RDONLY);
  throwsErrno(t, EBADF, () => host.iovwrite(readOnly, buf, 0));
  throwsErrno(t, EBADF, () => host.iovread(writeOnly, buf, 0));
  throwsErrno(t, EISDIR, () => host.iovread(directory, buf, 0));
  for (const off of [-2, 0.5, Number.NaN, 2 ** 53]) {
    throwsErrno(t, EINVAL, () => host.iovread(readOnly, buf, off));
    throwsErrno(t, EINVAL, () => host.iovwrite(writeOnly, buf, off));
  }
  for (const fd of [readOnly, writeOnly, directory]) host.close(fd);
  for (const fd of [-1, 100_000]) {
    throwsErrno(t, EBADF, () => host.iovread(fd, buf, 0));
    throwsErrno(t, EBADF, () => host.iovwrite(fd, buf, 0));
    throwsErrno(t, EBADF, () => host.close(fd));
  }
  for (const fd of [3.5, Number.NaN, 2 ** 40]) throwsErrno(t, EINVAL, () => host.iovread(fd, buf, 0));
});

onEveryHost('every descriptor has a position of its own', (t, { host, path }) => {
  const one = host.open(path('f'), CREATE);
  const two = host.open(path('f'), RUMPUSER_OPEN_RDONLY);
  host.iovwrite(one, [text.encode('abc')], RUMPUSER_IOV_NOSEEK);
  host.iovwrite(one, [text.encode('def')], RUMPUSER_IOV_NOSEEK);
  host.iovwrite(one, [text.encode('C')], 2);
  const buf = new Uint8Array(4);
  t.is(host.iovread(two, [buf], RUMPUSER_IOV_NOSEEK), 4);
  t.is(new TextDecoder().decode(buf), 'abCd');
  t.is(host.iovread(two, [buf], RUMPUSER_IOV_NOSEEK), 2);
  t.is(host.iovread(two, [buf], RUMPUSER_IOV_NOSEEK), 0);
  t.is(host.iovread(one, [buf], RUMPUSER_IOV_NOSEEK), 0);
  host.close(one);
  host.close(two);
});

onEveryHost('a long vector goes through whole', (t, { host, path }) => {
  const fd = host.open(path('f'), CREATE);
  const buffers = Array.from({ length: 3_000 }, (_, i) => Uint8Array.of(i & 0xff));
  t.is(host.iovwrite(fd, buffers, 0), 3_000);
  const back = Array.from({ length: 3_000 }, () => new Uint8Array(1));
  t.is(host.iovread(fd, back, 0), 3_000);
  t.deepEqual(back, buffers);
  host.close(fd);
});

onEveryHost('reads and writes agree with the obvious file', (t, { host, path }) => {
  const off = fc.oneof(fc.constant(RUMPUSER_IOV_NOSEEK), fc.nat(13_000));
  const step = fc.oneof(
    fc.record({ write: fc.array(fc.uint8Array({ maxLength: 5_000, size: 'max' }), { maxLength: 3 }), off }),
    fc.record({ read: fc.array(fc.nat(5_000), { maxLength: 3 }), off }),
  );
  let files = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const name = path(`f${files++}`);
      const fd = host.open(name, CREATE | RUMPUSER_OPEN_EXCL);
      const reference = new ReferenceFile();
      for (const one of steps) {
        if ('write' in one) {
          const data = one.write.flatMap((buffer) => [...buffer]);
          t.is(host.iovwrite(fd, one.write, one.off), reference.write(data, one.off));
        } else {
          const buffers = one.read.map((length) => new Uint8Array(length));
          const count = host.iovread(fd, buffers, one.off);
          const whole = buffers.flatMap((buffer) => [...buffer]);
          t.deepEqual(whole.slice(0, count), reference.read(whole.length, one.off));
        }
        t.is(host.getfileinfo(name).size, reference.bytes.length);
      }
      host.close(fd);
    }),
    { numRuns: 40 },
  );
});

onEveryHost('syncfd takes ranges, barriers and both directions, and nothing else', (t, { host, path }) => {
  const fd = host.open(path('f'), CREATE);
  host.iovwrite(fd, [new Uint8Array(10_000)], 0);
  const { SYNC, BARRIER, READ, WRITE } = {
    SYNC: RUMPUSER_SYNCFD_SYNC,
    BARRIER: RUMPUSER_SYNCFD_BARRIER,
    READ: RUMPUSER_SYNCFD_READ,
    WRITE: RUMPUSER_SYNCFD_WRITE,
  };
  for (const flags of [
    WRITE,
    WRITE | SYNC,
    WRITE | BARRIER,
    READ,
    READ | SYNC,
    READ | WRITE | BARRIER | SYNC,
  ]) {
    for (const [start, length] of [
      [0, 0],
      [4_096, 100],
      [20_000, 0],
    ] as const) {
      t.notThrows(() => host.syncfd(fd, flags, start, length));
    }
  }
  for (const flags of [0, SYNC, BARRIER | SYNC, WRITE | 0x100]) {
    throwsErrno(t, EINVAL, () => host.syncfd(fd, flags, 0, 0));
  }
  throwsErrno(t, EINVAL, () => host.syncfd(fd, WRITE, -1, 0));
  throwsErrno(t, EINVAL, () => host.syncfd(fd, WRITE, 0, -1));
  throwsErrno(t, EINVAL, () => host.syncfd(fd, WRITE, 0.5, 0));
  host.close(fd);
  throwsErrno(t, EBADF, () => host.syncfd(fd, WRITE | SYNC, 0, 0));
});

onEveryHost('what may block on files gives the CPU up and takes it back', (t, { host, path }) => {
  const upcalls = bind(host);
  const wrapped = (call: () => unknown) => {
    upcalls.length = 0;
    call();
    t.deepEqual(upcalls, ['unschedule', 'schedule'], call.toString());
  };
  let fd = -1;
  wrapped(() => {
    fd = host.open(path('f'), CREATE);
  });
  wrapped(() => host.iovwrite(fd, [new Uint8Array(1)], 0));
  wrapped(() => host.iovread(fd, [new Uint8Array(1)], 0));
  wrapped(() => host.syncfd(fd, RUMPUSER_SYNCFD_WRITE, 0, 0));
  wrapped(() => host.close(fd));
  wrapped(() => throwsErrno(t, EBADF, () => host.iovread(fd, [new Uint8Array(1)], 0)));
});

/** Wait until every request has been told how it went. */
function drain(host: Rumpuser): void {
  while (host.busy()) {
    host.idle(Number.POSITIVE_INFINITY);
    host.reap();
  }
}

onEveryHost('block I/O moves bytes and tells in reap', (t, { host, path }) => {
  bind(host);
  const fd = host.open(path('disk'), CREATE | RUMPUSER_OPEN_BIO);
  const results: [number, Errno | null][] = [];
  const note = (count: number, error: Errno | null) => results.push([count, error]);
  t.false(host.busy());
  t.is(host.reap(), 0);
  host.bio(fd, RUMPUSER_BIO_WRITE | RUMPUSER_BIO_SYNC, text.encode('0123456789'), 4_096, note);
  t.true(host.busy());
  t.deepEqual(results, [], 'never within the call');
  drain(host);
  t.deepEqual(results, [[10, null]]);
  t.is(host.getfileinfo(path('disk')).size, 4_106);
  const heap = new Uint8Array(8);
  const memory = host.malloc(16, 8);
  host.bio(fd, RUMPUSER_BIO_READ, heap, 4_098, note);
  host.bio(fd, RUMPUSER_BIO_READ, memory.bytes, 4_100, note);
  asserts(t, /free: memory at 0x[0-9a-f]+ has block I\/O under way/, () => host.free(memory));
  drain(host);
  t.is(new TextDecoder().decode(heap), '23456789');
  t.is(new TextDecoder().decode(memory.bytes.subarray(0, 6)), '456789');
  t.deepEqual(results.slice(1).sort(), [
    [6, null],
    [8, null],
  ]);
  host.free(memory);
  host.close(fd);
});

onEveryHost('what goes wrong with block I/O is told to done', (t, { host, path }) => {
  bind(host);
  host.close(host.open(path('disk'), CREATE));
  const readOnly = host.open(path('disk'), RUMPUSER_OPEN_RDONLY);
  const told: [number, Errno | null][] = [];
  const ask = (fd: number, op: number, off: number) => {
    host.bio(fd, op, new Uint8Array(1), off, (count, error) => told.push([count, error]));
    drain(host);
  };
  ask(100_000, RUMPUSER_BIO_READ, 0);
  ask(readOnly, RUMPUSER_BIO_WRITE, 0);
  ask(readOnly, RUMPUSER_BIO_READ | RUMPUSER_BIO_WRITE, 0);
  ask(readOnly, RUMPUSER_BIO_SYNC, 0);
  ask(readOnly, RUMPUSER_BIO_READ | 0x100, 0);
  ask(readOnly, RUMPUSER_BIO_READ, -1);
  ask(readOnly, RUMPUSER_BIO_READ, 1_000);
  const failed = [EBADF, EBADF, EINVAL, EINVAL, EINVAL, EINVAL].map((error) => [0, error]);
  t.deepEqual(told, [...failed, [0, null]] as typeof told);
  host.close(readOnly);
});

onEveryHost('a hundred requests are each told once, and nobody idles past them', (t, { host, path }) => {
  bind(host);
  const fd = host.open(path('disk'), CREATE);
  const told = new Map<number, number>();
  for (let i = 0; i < 100; i++) {
    host.bio(fd, RUMPUSER_BIO_WRITE, Uint8Array.of(i), i, (count) => told.set(i, (told.get(i) ?? 0) + count));
  }
  drain(host);
  t.is(told.size, 100);
  t.true([...told.values()].every((count) => count === 1));
  const back = new Uint8Array(100);
  host.iovread(fd, [back], 0);
  t.deepEqual([...back], [...Array(100).keys()]);
  host.close(fd);
});

onEveryHost('fini forgets block I/O under way and takes no more', (t, { host, path }) => {
  bind(host);
  const fd = host.open(path('disk'), CREATE);
  const ask = () => host.bio(fd, RUMPUSER_BIO_WRITE, Uint8Array.of(1), 0, () => t.fail());
  ask();
  host.fini();
  t.false(host.busy());
  t.is(host.reap(), 0);
  throwsErrno(t, EINVAL, ask);
  host.close(fd);
});

onEveryHost(
  'a completion nobody idles for asks for a pump, and keeps the program alive until then',
  async (t, subject) => {
    const { host, path } = subject;
    bind(host);
    const fd = host.open(path('disk'), CREATE);
    const reaped = new Promise<number>((resolve) => host.onPump(() => resolve(host.reap())));
    host.bio(fd, RUMPUSER_BIO_WRITE, Uint8Array.of(1), 0, () => {});
    t.is(await reaped, 1);
    t.false(host.busy());
    host.close(fd);
  },
);
