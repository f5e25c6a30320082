/** Host keys: files, disks and directories of the host by names in the root file system. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import {
  type BootOptions,
  boot,
  constants as c,
  type EtfsRegisterOptions,
  type Kernel,
  type Proc,
  simulatedHost,
} from '../../lib/api/index.ts';
import { direntNames } from '../conformance/files.ts';

interface World {
  readonly kernel: Kernel;
  readonly proc: Proc;
  /** A path of the host, below a directory that has `f` ("0123456789") and `d/g`. */
  readonly path: (name: string) => string;
  readonly host: (name: string) => string;
}

function onBothHosts(
  title: string,
  body: (t: ExecutionContext, world: World) => void | Promise<void>,
  options: BootOptions = {},
): void {
  test(`native: ${title}`, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'rump-etfs-'));
    t.teardown(() => rmSync(dir, { recursive: true }));
    mkdirSync(join(dir, 'd'));
    writeFileSync(join(dir, 'f'), '0123456789');
    writeFileSync(join(dir, 'd/g'), 'below');
    const path = (name: string) => join(dir, name);
    await run(t, body, boot({ console: () => {}, ...options }), path, (name) =>
      readFileSync(path(name), 'utf8'),
    );
  });
  test(`simulated: ${title}`, async (t) => {
    const host = simulatedHost({ seed: title, files: { '/h/f': '0123456789', '/h/d/g': 'below' } });
    const path = (name: string) => `/h/${name}`;
    await run(t, body, boot({ console: () => {}, ...options, host }), path, (name) =>
      Buffer.from(host.readFile(path(name))).toString(),
    );
  });
}

async function run(
  t: ExecutionContext,
  body: (t: ExecutionContext, world: World) => void | Promise<void>,
  kernel: Kernel,
  path: World['path'],
  host: World['host'],
): Promise<void> {
  try {
    await body(t, { kernel, proc: kernel.newproc(), path, host });
    t.is(kernel.dead, '', kernel.dmesg());
  } finally {
    kernel.halt();
  }
}

function refused(t: ExecutionContext, code: string, call: () => unknown): void {
  t.throws(call, { code }, code);
}

function read(proc: Proc, path: string, length = 100, offset = 0): string {
  const fd = proc.sys.open(path, c.O_RDONLY);
  const buf = Buffer.alloc(length);
  const n = proc.sys.pread(fd, buf, offset);
  proc.sys.close(fd);
  return buf.toString('latin1', 0, n);
}

onBothHosts('a file by a key is read, written and cut', (t, { kernel, proc, path, host }) => {
  kernel.etfs.register('/key', path('f'));
  t.is(read(proc, '/key'), '0123456789');
  t.like(proc.sys.stat('/key'), { mode: c.S_IFREG | 0o644, uid: 0, size: 10 });
  const fd = proc.sys.open('/key', c.O_RDWR | c.O_APPEND);
  proc.sys.write(fd, Buffer.from('abc'));
  t.is(host('f'), '0123456789abc');
  proc.sys.ftruncate(fd, 5);
  t.is(host('f'), '01234');
  proc.sys.fsync(fd);
  proc.sys.close(fd);
  t.deepEqual(kernel.etfs.list(), ['/key']);
  kernel.etfs.remove('/key');
  refused(t, 'ENOENT', () => proc.sys.stat('/key'));
});

onBothHosts('keys are found by name, in directories that need not exist, and in no listing', (t, world) => {
  const { kernel, proc, path } = world;
  kernel.etfs.register('///dev/disk', path('f'));
  kernel.etfs.register('/no/such/directory', path('f'));
  t.is(read(proc, '/dev/disk', 3), '012');
  t.is(read(proc, '/no/such/directory', 3), '012');
  t.is(read(proc, '/no/../no/./such/directory', 3), '012');
  t.is(proc.sys.stat('/no').mode & c.S_IFMT, c.S_IFDIR);
  proc.sys.chdir('/no/such');
  t.is(read(proc, 'directory', 3), '012');
  t.deepEqual(proc.sys.stat('../..'), proc.sys.stat('/'));
  refused(t, 'EROFS', () => proc.sys.mkdir('x', 0o755));
  for (const dir of ['/', '/dev', '/no']) {
    const fd = proc.sys.open(dir, c.O_RDONLY);
    const buf = Buffer.alloc(4096);
    const names = direntNames(buf.subarray(0, proc.sys.getdents(fd, buf)));
    t.false(names.includes('disk') || names.includes('no') || names.includes('such'), dir);
    proc.sys.close(fd);
  }
  proc.sys.chdir('/');
  // Names of keys cannot be taken, given away or removed.
  refused(t, 'EBUSY', () => proc.sys.unlink('/dev/disk'));
  refused(t, 'EBUSY', () => proc.sys.rename('/dev/disk', '/dev/other'));
  refused(t, 'EEXIST', () => proc.sys.mkdir('/no', 0o755));
  refused(t, 'EXDEV', () => proc.sys.link('/dev/disk', '/link'));
  proc.sys.close(proc.sys.open('/own', c.O_CREAT | c.O_RDWR, 0o644));
  refused(t, 'EBUSY', () => proc.sys.rename('/own', '/dev/disk'));
  kernel.etfs.remove('/no/such/directory');
  refused(t, 'ENOENT', () => proc.sys.stat('/no'));
  kernel.etfs.remove('/dev/disk');
});

onBothHosts('what register and remove refuse', (t, { kernel, proc, path }) => {
  const { etfs } = kernel;
  const f = path('f');
  etfs.register('/k', f);
  const wrong: [string, string, string, EtfsRegisterOptions?][] = [
    ['EINVAL', 'relative', f],
    ['EINVAL', '', f],
    ['EINVAL', '/', f],
    ['EINVAL', '/a//b', f],
    ['EINVAL', '/a/../b', f],
    ['EINVAL', '/a/', f],
    ['EINVAL', '/a\0b', f],
    ['ENAMETOOLONG', `/${'n'.repeat(256)}`, f],
    ['EEXIST', '/k', f],
    ['EEXIST', '//k', f],
    ['EEXIST', '/k/below', f],
    ['ENOENT', '/x', path('none')],
    ['ENOTDIR', '/x', f, { type: 'DIR' }],
    ['EISDIR', '/x', path('d'), { type: 'REG' }],
    ['EISDIR', '/x', path('d'), { type: 'DIR', begin: 1 }],
    ['EISDIR', '/x', path('d'), { type: 'DIR', size: 1 }],
    ['EINVAL', '/x', f, { begin: 11 }],
    ['EINVAL', '/x', f, { begin: 5, size: 6 }],
    ['EINVAL', '/x', f, { begin: -1 }],
    ['EINVAL', '/x', f, { size: 0.5 }],
    ['EINVAL', '/x', f, { type: 'FIFO' as 'REG' }],
    ['EINVAL', '/x', f, { unknown: 1 } as EtfsRegisterOptions],
    ['EINVAL', '/x', 7 as unknown as string],
    ['EINVAL', '/x', f, null as unknown as EtfsRegisterOptions],
  ];
  for (const [code, key, hostpath, options] of wrong)
    refused(t, code, () => etfs.register(key, hostpath, options as EtfsRegisterOptions));
  refused(t, 'ENOENT', () => etfs.remove('/x'));
  refused(t, 'EINVAL', () => etfs.remove('k'));
  t.deepEqual(etfs.list(), ['/k']);
  const fd = proc.sys.open('/k', c.O_RDONLY);
  refused(t, 'EBUSY', () => etfs.remove('/k'));
  proc.sys.close(fd);
  etfs.remove('/k');
  refused(t, 'EEXIST', () => {
    etfs.register('/k/below', f);
    etfs.register('/k', f);
  });
});

onBothHosts('a range is a file of its own that does not grow', (t, { kernel, proc, path, host }) => {
  kernel.etfs.register('/part', path('f'), { begin: 2, size: 5 });
  t.is(proc.sys.stat('/part').size, 5);
  t.is(read(proc, '/part'), '23456');
  const fd = proc.sys.open('/part', c.O_RDWR);
  t.is(proc.sys.pwrite(fd, Buffer.from('ABCDE'), 3), 2);
  refused(t, 'ENOSPC', () => proc.sys.pwrite(fd, Buffer.from('X'), 5));
  refused(t, 'EINVAL', () => proc.sys.ftruncate(fd, 3));
  t.is(proc.sys.pread(fd, Buffer.alloc(5), 5), 0);
  proc.sys.close(fd);
  t.is(host('f'), '01234AB789');
});

onBothHosts('directories: with what is in them, or with files alone', (t, { kernel, proc, path }) => {
  kernel.etfs.register('/all', path(''));
  kernel.etfs.register('/dev/flat', path(''), { type: 'DIR' });
  t.is(read(proc, '/all/d/g'), 'below');
  proc.sys.chdir('/all/d');
  t.is(proc.sys.getcwd(), '/all/d');
  t.deepEqual(proc.sys.stat('../..'), proc.sys.stat('/'));
  proc.sys.chdir('/');
  t.is(read(proc, '/dev/flat/f', 3), '012');
  refused(t, 'ENOENT', () => proc.sys.stat('/dev/flat/d'));
  refused(t, 'EPERM', () => proc.sys.mkdir('/dev/flat/x', 0o755));
  const fd = proc.sys.open('/dev/flat', c.O_RDONLY);
  const buf = Buffer.alloc(4096);
  t.deepEqual(direntNames(buf.subarray(0, proc.sys.getdents(fd, buf))).sort(), ['.', '..', 'f']);
  refused(t, 'EBUSY', () => kernel.etfs.remove('/dev/flat'));
  proc.sys.close(fd);
  kernel.etfs.remove('/dev/flat');
  refused(t, 'ENOENT', () => proc.sys.stat('/dev/flat'));
  kernel.etfs.remove('/all');
  t.deepEqual(kernel.etfs.list(), []);
});

test('a key for a directory leads nowhere else', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'rump-etfs-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  symlinkSync('/etc', join(dir, 'etc'));
  const kernel = boot({ console: () => {} });
  t.teardown(() => kernel.halt());
  kernel.etfs.register('/key', dir);
  refused(t, 'ENOENT', () => kernel.newproc().sys.open('/key/etc/passwd', c.O_RDONLY));
});

onBothHosts('a disk is read and written anywhere, its raw device in sectors', (t, { kernel, proc, path }) => {
  const { sys } = proc;
  kernel.etfs.register('/image', path('f'));
  sys.truncate('/image', 4096);
  kernel.etfs.register('/disk', path('f'), { type: 'BLK', begin: 512 });
  kernel.etfs.register('/rdisk', path('f'), { type: 'CHR', begin: 512 });
  t.like(sys.stat('/disk'), { mode: c.S_IFBLK | 0o600, size: 3584 });
  t.is(sys.stat('/rdisk').mode & c.S_IFMT, c.S_IFCHR);
  const block = sys.open('/disk', c.O_RDWR);
  t.is(sys.pwrite(block, Buffer.from('across'), 509), 6);
  t.is(sys.pwrite(block, Buffer.from('end'), 3581), 3);
  refused(t, 'ENOSPC', () => sys.pwrite(block, Buffer.from('x'), 3584));
  t.is(read(proc, '/disk', 8, 508), '\0across\0');
  t.is(read(proc, '/image', 6, 1021), 'across');
  t.is(read(proc, '/disk', 8, 3584), '');
  const raw = sys.open('/rdisk', c.O_RDWR);
  const sector = Buffer.alloc(512);
  const bytes = Buffer.alloc(8);
  sys.ioctl(raw, c.DIOCGMEDIASIZE, bytes);
  t.is(bytes.readBigUInt64LE(), 3584n);
  sys.ioctl(block, c.DIOCGSECTORSIZE, bytes);
  t.is(bytes.readUInt32LE(), 512);
  refused(t, 'ENOTTY', () => sys.ioctl(raw, c.MD_GETCONF, Buffer.alloc(24)));
  t.is(sys.pread(raw, sector, 512), 512);
  t.is(sector.toString('latin1', 0, 3), 'oss');
  refused(t, 'EINVAL', () => sys.pread(raw, sector, 100));
  refused(t, 'EINVAL', () => sys.pread(raw, Buffer.alloc(100), 0));
  refused(t, 'EBUSY', () => kernel.etfs.remove('/disk'));
  sys.close(block);
  sys.close(raw);
  kernel.etfs.remove('/disk');
  refused(t, 'ENOENT', () => sys.open('/disk', c.O_RDONLY));
});

onBothHosts(
  'RUMP_BLKSECTSHIFT sets the size of sectors',
  (t, { kernel, proc, path }) => {
    const { sys } = proc;
    kernel.etfs.register('/image', path('f'));
    const image = sys.open('/image', c.O_RDWR);
    sys.ftruncate(image, 8192);
    kernel.etfs.register('/rdisk', path('f'), { type: 'CHR' });
    const raw = sys.open('/rdisk', c.O_RDONLY);
    refused(t, 'EINVAL', () => sys.pread(raw, Buffer.alloc(512), 0));
    t.is(sys.pread(raw, Buffer.alloc(4096), 4096), 4096);
    t.regex(kernel.dmesg(), /rumpblk: using 12 for sector shift \(size 4096\)/);
    sys.close(raw);
  },
  { env: { RUMP_BLKSECTSHIFT: '12' } },
);

onBothHosts(
  'RUMP_BLKFAIL fails the transfers that its seed says',
  (t, { kernel, proc, path }) => {
    const { sys } = proc;
    kernel.etfs.register('/disk', path('f'), { type: 'BLK' });
    const fd = sys.open('/disk', c.O_RDONLY);
    const outcome: string[] = [];
    for (let i = 0; i < 40; i++) {
      try {
        outcome.push(String(sys.pread(fd, Buffer.alloc(10), 0)));
      } catch (error) {
        outcome.push((error as { code: string }).code);
      }
    }
    // The first numbers of NetBSD's generator from 1, of which those below 5000 in 10000 fail.
    let state = 1;
    const wanted = outcome.map(() => {
      state = Number((BigInt(state) * 1103515245n + 12345n) % 0x80000000n);
      return state % 10_000 < 5_000 ? 'EIO' : '10';
    });
    t.deepEqual(outcome, wanted);
    t.regex(kernel.dmesg(), /rumpblk: FAULT INJECTION ACTIVE! fail 5000\/10000. seed 1/);
    sys.close(fd);
  },
  { env: { RUMP_BLKFAIL: '5000', RUMP_BLKFAIL_SEED: '1' } },
);
