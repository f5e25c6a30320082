/** md(4): memory disks. */
import type { ExecutionContext } from 'ava';
import { constants as c, type Proc } from '../../lib/api/index.ts';
import { conformance, fails } from '../conformance/harness.ts';

function conf(size: bigint, type: number = c.MD_KMEM_ALLOCATED): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeBigUInt64LE(size, 8);
  bytes.writeInt32LE(type, 16);
  return bytes;
}

function refused(t: ExecutionContext, code: string, call: () => unknown): void {
  t.throws(call, { code }, code);
}

function configured(proc: Proc, size: bigint): number {
  const fd = proc.sys.open('/dev/md0d', c.O_RDWR);
  proc.sys.ioctl(fd, c.MD_SETCONF, conf(size));
  return fd;
}

conformance('a disk is nothing until it has a size, then zeroes', async (t, { newproc, call }) => {
  const proc = newproc();
  const sys = call(proc);
  t.is((await sys.stat('/dev/md0d')).mode, c.S_IFBLK | 0o640);
  t.is((await sys.stat('/dev/rmd0d')).mode, c.S_IFCHR | 0o640);
  const fd = await sys.open('/dev/md0d', c.O_RDWR);
  const buf = Buffer.alloc(8, 1);
  await fails(t, 'ENXIO', sys.pread(fd, buf, 0));
  await fails(t, 'ENXIO', sys.ioctl(fd, c.DIOCGMEDIASIZE, buf));
  const now = conf(7n);
  await sys.ioctl(fd, c.MD_GETCONF, now);
  t.deepEqual(now, conf(0n, c.MD_UNCONFIGURED));
  await sys.ioctl(fd, c.MD_SETCONF, conf(1024n));
  await sys.ioctl(fd, c.DIOCGMEDIASIZE, buf);
  t.is(buf.readBigUInt64LE(), 1024n);
  t.is(await sys.pread(fd, buf, 1020), 4);
  t.is(buf.readUInt32LE(), 0);
  t.is(await sys.pwrite(fd, Buffer.from('across'), 509), 6);
  const raw = await sys.open('/dev/rmd0d', c.O_RDONLY);
  t.is(await sys.pread(raw, buf, 509), 8);
  t.is(buf.toString('latin1', 0, 6), 'across');
  t.is(await sys.pread(raw, buf, 1024), 0);
  t.is(await sys.pwrite(fd, Buffer.from('12345678'), 1020), 4);
  await fails(t, 'ENOSPC', sys.pwrite(fd, buf, 1024));
});

conformance('what a configuration may not be', (t, { newproc }) => {
  const proc = newproc();
  const { sys } = proc;
  const readOnly = sys.open('/dev/md0d', c.O_RDONLY);
  refused(t, 'EBADF', () => sys.ioctl(readOnly, c.MD_SETCONF, conf(512n)));
  sys.close(readOnly);
  const fd = sys.open('/dev/md0d', c.O_RDWR);
  for (const size of [0n, 1n, 513n, 1n << 60n])
    refused(t, 'EINVAL', () => sys.ioctl(fd, c.MD_SETCONF, conf(size)));
  for (const type of [c.MD_KMEM_FIXED, c.MD_UMEM_SERVER, 9, -1])
    refused(t, 'EOPNOTSUPP', () => sys.ioctl(fd, c.MD_SETCONF, conf(512n, type)));
  refused(t, 'EINVAL', () => sys.ioctl(fd, c.MD_SETCONF, Buffer.alloc(23)));
  sys.ioctl(fd, c.MD_SETCONF, conf(512n));
  refused(t, 'EBUSY', () => sys.ioctl(fd, c.MD_SETCONF, conf(512n)));
  refused(t, 'ENOTTY', () => sys.ioctl(fd, c.DIOCGMEDIASIZE + 7, Buffer.alloc(8)));
  refused(t, 'EACCES', () => newproc({ uid: 7, gid: 7 }).sys.open('/dev/md0d', c.O_RDONLY));
});

conformance(
  'its memory is the kernel’s: counted, given back, and zeroed anew',
  (t, { newproc, kern }) => {
    const proc = newproc();
    const { sys } = proc;
    const big = sys.open('/dev/md0d', c.O_RDWR);
    refused(t, 'ENOMEM', () => sys.ioctl(big, c.MD_SETCONF, conf(64n << 20n)));
    sys.close(big);
    const before = kern.uvm.inuse;
    const fd = configured(proc, 1n << 20n);
    t.is(kern.uvm.inuse - before, 1 << 20);
    sys.pwrite(fd, Buffer.from('secret'), 0);
    const other = sys.open('/dev/rmd0d', c.O_RDONLY);
    refused(t, 'EBUSY', () => sys.ioctl(fd, c.MD_SETCONF, conf(0n, c.MD_UNCONFIGURED)));
    sys.close(other);
    sys.ioctl(fd, c.MD_SETCONF, conf(0n, c.MD_UNCONFIGURED));
    t.is(kern.uvm.inuse, before);
    sys.ioctl(fd, c.MD_SETCONF, conf(1n << 20n));
    const buf = Buffer.alloc(6, 1);
    sys.pread(fd, buf, 0);
    t.deepEqual(buf, Buffer.alloc(6));
  },
  { boot: { memlimit: 16 << 20 } },
);
