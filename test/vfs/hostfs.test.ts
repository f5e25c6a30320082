/** Host directories as a file system: what conformance does not cover, because it is about the host. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import {
  type BootOptions,
  boot,
  constants as c,
  type Kernel,
  type Proc,
  simulatedHost,
} from '../../lib/api/index.ts';
import type { SimulatedHostOptions } from '../../lib/rumpuser/sim.ts';
import { EAGAIN, EIO, ENOSPC } from '../../lib/sys/errno.ts';
import { fails, insideOf, turn } from '../conformance/harness.ts';

const MNT = '/mnt';

interface Mounted {
  readonly kernel: Kernel;
  readonly root: Proc;
  readonly user: Proc;
  /** Of the host. */
  readonly dir: string;
}

function mounted(t: ExecutionContext, args: object, options: BootOptions, path: string): Mounted {
  const kernel = boot({ console: () => {}, ...options });
  t.teardown(() => kernel.halt());
  const root = kernel.newproc();
  root.sys.mkdir(MNT, 0o755);
  root.sys.mount('hostfs', MNT, 0, { path, ...args });
  root.sys.chdir(MNT);
  return { kernel, root, user: kernel.newproc({ uid: 1000, gid: 1000, cwd: MNT }), dir: path };
}

/** A kernel with a directory of this machine on /mnt, in which its processes begin. */
function onNative(t: ExecutionContext, args: object = {}): Mounted {
  const dir = mkdtempSync(join(tmpdir(), 'rump-hostfs-'));
  chmodSync(dir, 0o755);
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return mounted(t, args, {}, dir);
}

function onSimulated(t: ExecutionContext, host: SimulatedHostOptions, args: object = {}): Mounted {
  return mounted(t, args, { host: simulatedHost(host) }, '/data');
}

function text(proc: Proc, path: string): string {
  const fd = proc.sys.open(path, c.O_RDONLY);
  const buf = Buffer.alloc(proc.sys.fstat(fd).size);
  const n = proc.sys.read(fd, buf);
  proc.sys.close(fd);
  return buf.toString('utf8', 0, n);
}

function put(proc: Proc, path: string, content: string, mode = 0o644): void {
  const fd = proc.sys.open(path, c.O_WRONLY | c.O_CREAT | c.O_TRUNC, mode);
  proc.sys.write(fd, Buffer.from(content));
  proc.sys.close(fd);
}

/** The call fails with this error. */
function refused(t: ExecutionContext, code: string, call: () => unknown): void {
  t.throws(call, { code }, code);
}

test('what is written on one side is read on the other', (t) => {
  const { root, dir } = onNative(t);
  put(root, 'from-kernel', 'one');
  t.is(readFileSync(join(dir, 'from-kernel'), 'utf8'), 'one');
  writeFileSync(join(dir, 'from-host'), 'two');
  t.is(text(root, 'from-host'), 'two');
  const big = Buffer.alloc(5_000_000, 'abcdefg');
  writeFileSync(join(dir, 'big'), big);
  t.is(text(root, 'big'), big.toString());
  root.sys.symlink('../x', 'link');
  t.is(readlinkSync(join(dir, 'link')), '../x');
  root.sys.mkdir('d', 0o700);
  t.is(statSync(join(dir, 'd')).mode & 0o777, 0o700);
  t.is(root.sys.stat('d').ino, statSync(join(dir, 'd')).ino);
});

test('who opens a file for reading alone does not keep it from being cut', (t) => {
  const { root, dir } = onNative(t);
  put(root, 'f', '0123456789');
  const reading = root.sys.open('f', c.O_RDONLY);
  root.sys.truncate('f', 5);
  t.is(readFileSync(join(dir, 'f'), 'utf8'), '01234');
  root.sys.close(root.sys.open('f', c.O_RDONLY | c.O_TRUNC));
  t.is(root.sys.fstat(reading).size, 0);
});

test('who makes a file may use it, whatever mode it has', (t) => {
  const { root } = onNative(t);
  const fd = root.sys.open('f', c.O_CREAT | c.O_RDWR, 0);
  root.sys.write(fd, Buffer.from('text'));
  const buf = Buffer.alloc(4);
  t.is(root.sys.pread(fd, buf, 0), 4);
  t.is(buf.toString(), 'text');
  root.sys.close(fd);
  t.is(root.sys.stat('f').mode & 0o777, 0);
});

test('links lead through the names of the kernel, never of the host', (t) => {
  const { root, dir } = onNative(t);
  symlinkSync('/etc', join(dir, 'etc'));
  symlinkSync('../../../../../../../etc/passwd', join(dir, 'passwd'));
  symlinkSync('/proc/self/root/etc', join(dir, 'magic'));
  symlinkSync('/only/here', join(dir, 'only'));
  for (const path of ['etc', 'etc/passwd', 'passwd', 'magic', 'magic/passwd'])
    refused(t, 'ENOENT', () => root.sys.stat(path));
  root.sys.mkdir('/only', 0o755);
  put(root, '/only/here', 'inside');
  t.is(text(root, 'only'), 'inside');
  t.deepEqual(root.sys.stat('..'), root.sys.stat('/'));
  t.deepEqual(root.sys.stat('../mnt/../mnt/.'), root.sys.stat('.'));
  refused(t, 'ENOENT', () => root.sys.open('etc/made', c.O_CREAT | c.O_WRONLY, 0o644));
  refused(t, 'EINVAL', () => root.sys.stat('a\0b'));
  t.false(existsSync('/etc/made'));
});

test('a directory that becomes a link on the host is no way out', (t) => {
  const { root, dir } = onNative(t);
  const outside = mkdtempSync(join(tmpdir(), 'rump-outside-'));
  t.teardown(() => rmSync(outside, { recursive: true }));
  writeFileSync(join(outside, 'secret'), 'secret');
  mkdirSync(join(dir, 'd'));
  const inside = root.sys.open('d', c.O_RDONLY);
  root.sys.chdir('d');
  put(root, 'f', 'inside');
  const open = root.sys.open('f', c.O_RDWR);
  rmSync(join(dir, 'd'), { recursive: true });
  symlinkSync(outside, join(dir, 'd'));
  refused(t, 'ENOENT', () => root.sys.open('secret', c.O_RDONLY));
  refused(t, 'ENOENT', () => root.sys.openat(inside, 'secret', c.O_RDONLY, 0));
  refused(t, 'ENOENT', () => root.sys.open('made', c.O_CREAT | c.O_WRONLY, 0o644));
  refused(t, 'ENOENT', () => root.sys.unlink('secret'));
  refused(t, 'ENOENT', () => root.sys.open('/mnt/d/secret', c.O_RDONLY));
  // What is open stays open.
  t.is(root.sys.pwrite(open, Buffer.from('I'), 0), 1);
  t.is(root.sys.fstat(open).nlink, 0);
  t.deepEqual(readdirSync(outside), ['secret']);
});

test('what others do to the directory shows at once', (t) => {
  const { root, dir } = onNative(t);
  put(root, 'f', 'one');
  const { ino } = root.sys.stat('f');
  // Replaced, as editors do.
  writeFileSync(join(dir, 'new'), 'another');
  renameSync(join(dir, 'new'), join(dir, 'f'));
  t.is(text(root, 'f'), 'another');
  t.not(root.sys.stat('f').ino, ino);
  writeFileSync(join(dir, 'f'), 'longer than before');
  t.is(root.sys.stat('f').size, 18);
  chmodSync(join(dir, 'f'), 0o600);
  t.is(root.sys.stat('f').mode & 0o777, 0o600);
  mkdirSync(join(dir, 'a/b'), { recursive: true });
  root.sys.chdir('a/b');
  renameSync(join(dir, 'a'), join(dir, 'z'));
  refused(t, 'ENOENT', () => root.sys.stat('/mnt/a'));
  t.true(root.sys.stat('/mnt/z/b').ino > 0);
  rmSync(join(dir, 'f'));
  refused(t, 'ENOENT', () => root.sys.stat('/mnt/f'));
  mkdirSync(join(dir, 'f'));
  t.is(root.sys.stat('/mnt/f').mode & c.S_IFMT, c.S_IFDIR);
});

test('permission is the kernel’s, by what is shown', (t) => {
  const { root, user, dir } = onNative(t);
  writeFileSync(join(dir, 'private'), 'x', { mode: 0o600 });
  if (process.getuid?.() === 0) {
    refused(t, 'EACCES', () => user.sys.open('private', c.O_RDONLY));
    refused(t, 'EACCES', () => user.sys.open('new', c.O_CREAT | c.O_WRONLY, 0o644));
    root.sys.chmod('.', 0o777);
    put(user, 'own', 'mine');
    t.is(statSync(join(dir, 'own')).uid, 1000);
    root.sys.chown('private', 1000, 1000);
    t.is(statSync(join(dir, 'private')).uid, 1000);
    t.is(text(user, 'private'), 'x');
  }
  refused(t, 'EPERM', () => user.sys.chown('.', 1000, 1000));
});

test('uid, gid and umask say as whose everything is shown', (t) => {
  const { root, user, dir } = onNative(t, { uid: 1000, gid: 1000, umask: 0o027 });
  t.like(root.sys.stat('.'), { uid: 1000, gid: 1000 });
  put(user, 'f', 'mine', 0o666);
  t.is(text(user, 'f'), 'mine');
  t.like(user.sys.stat('f'), { uid: 1000, gid: 1000, mode: c.S_IFREG | 0o640 });
  t.is(statSync(join(dir, 'f')).uid, statSync(dir).uid);
  const other = root.fork();
  other.sys.setuid(1001);
  refused(t, 'EACCES', () => other.sys.open('f', c.O_RDONLY));
  refused(t, 'EPERM', () => root.sys.chown('f', 0, 0));
  root.sys.chown('f', 1000, 1000);
});

test('read-only is read-only', (t) => {
  const { root, dir } = onNative(t, { readonly: true });
  writeFileSync(join(dir, 'f'), 'kept');
  t.is(text(root, 'f'), 'kept');
  for (const call of [
    () => root.sys.open('f', c.O_WRONLY),
    () => root.sys.open('g', c.O_CREAT | c.O_WRONLY, 0o644),
    () => root.sys.open('f', c.O_RDONLY | c.O_TRUNC),
    () => root.sys.mkdir('d', 0o755),
    () => root.sys.unlink('f'),
    () => root.sys.rename('f', 'g'),
    () => root.sys.link('f', 'g'),
    () => root.sys.symlink('f', 'g'),
    () => root.sys.mkfifo('g', 0o644),
    () => root.sys.chmod('f', 0),
    () => root.sys.chown('f', 1, 1),
    () => root.sys.truncate('f', 0),
    () => root.sys.utimensat(c.AT_FDCWD, 'f', null, 0),
  ])
    refused(t, 'EROFS', call);
  t.deepEqual(readdirSync(dir), ['f']);
  t.is(readFileSync(join(dir, 'f'), 'utf8'), 'kept');
});

test('a FIFO’s name is the host’s, what goes through it the kernel’s', async (t) => {
  const { kernel, root, dir } = onNative(t);
  execFileSync('mkfifo', [join(dir, 'fifo')]);
  // The host has no writer, and would wait.
  const reading = root.promises.open('fifo', c.O_RDONLY);
  await turn();
  t.is(text(root, '/mnt/../dev/null'), '');
  const other = kernel.newproc({ cwd: MNT });
  const w = other.sys.open('fifo', c.O_WRONLY);
  other.sys.write(w, Buffer.from('through'));
  const buf = Buffer.alloc(7);
  t.is(root.sys.read(await reading, buf), 7);
  t.is(buf.toString(), 'through');
  root.sys.mkfifo('made', 0o600);
  t.true(statSync(join(dir, 'made')).isFIFO());
  refused(t, 'EOPNOTSUPP', () => root.sys.mknod('dev', c.S_IFCHR | 0o600, 0x203));
});

test('devices in the directory cannot be opened', (t) => {
  const { root } = onSimulated(t, {
    files: { '/data/null': { type: 'chr' }, '/data/disk': { type: 'blk' } },
  });
  for (const name of ['null', 'disk']) refused(t, 'ENXIO', () => root.sys.open(name, c.O_RDONLY));
  t.is(root.sys.stat('null').mode & c.S_IFMT, c.S_IFCHR);
});

test('arguments that make no sense', (t) => {
  const { root, dir } = onNative(t);
  writeFileSync(join(dir, 'f'), '');
  const at = (args: unknown) => () => root.sys.mount('hostfs', '/tmp', 0, args);
  for (const args of [
    undefined,
    null,
    7,
    {},
    { path: '' },
    { path: 7 },
    { path: 'a\0b' },
    { path: dir, uid: -1 },
    { path: dir, gid: 1.5 },
    { path: dir, umask: 0o10000 },
    { path: dir, readonly: 1 },
    { path: dir, unknown: true },
    // As a foreign caller's would come.
    dir,
    Buffer.from(`${dir}\0`),
    new Uint8Array(0),
    Object.assign(new Uint8Array(0), { path: dir }),
  ])
    refused(t, 'EINVAL', at(args));
  refused(t, 'ENOENT', at({ path: join(dir, 'none') }));
  refused(t, 'ENOTDIR', at({ path: join(dir, 'f') }));
  const args: Record<string, unknown> = {};
  root.sys.mount('hostfs', MNT, c.MNT_GETARGS, args);
  t.is(args['path'], dir);
  const stat = root.sys.statvfs1(MNT, c.MNT_WAIT);
  t.like(stat, { fstypename: 'hostfs', mntonname: MNT, mntfromname: dir });
  t.true(stat.blocks > 0);
});

test('a foreign client mounts nothing of the host, superuser or not', (t) => {
  const { kernel, dir } = onNative(t);
  const client = kernel.newproc();
  const inside = insideOf(kernel).procs.get(client.pid);
  t.truthy(inside);
  if (inside !== undefined) inside.vmspace = { kind: 'remote', refcnt: 1 };
  refused(t, 'EPERM', () => client.sys.mount('hostfs', '/tmp', 0, { path: dir }));
});

test('what the host cannot do is told, and nothing else changes', async (t) => {
  const faults = [
    { call: 'bio', nth: 2, fail: ENOSPC },
    { call: 'fsop', probability: 0.3, fail: EIO },
  ] as const;
  const full = onSimulated(t, { files: { '/data/f': 'kept' }, faults: [faults[0]] });
  const fd = full.root.sys.open('f', c.O_WRONLY);
  t.is(full.root.sys.write(fd, Buffer.from('K')), 1);
  refused(t, 'ENOSPC', () => full.root.sys.write(fd, Buffer.from('EPT')));
  t.is(text(full.root, 'f'), 'Kept');
  // Whatever fails, and wherever: an errno, and a kernel that lives.
  const kernel = boot({
    console: () => {},
    host: simulatedHost({ seed: 7, files: { '/data/d/f': 'x' }, faults: [faults[1]] }),
  });
  t.teardown(() => kernel.halt());
  const proc = kernel.newproc();
  let failed = 0;
  for (let i = 0; i < 300; i++) {
    for (const call of [
      () => proc.sys.mount('hostfs', '/tmp', 0, { path: '/data' }),
      () => put(proc, `/tmp/d/f${i}`, 'text'),
      () => proc.sys.rename(`/tmp/d/f${i}`, '/tmp/d/g'),
      () => proc.sys.mkdir(`/tmp/${i}`, 0o755),
      () => text(proc, '/tmp/d/f'),
      () => proc.sys.unmount('/tmp', 0),
    ]) {
      try {
        call();
      } catch (error) {
        t.true(
          ['EIO', 'EBUSY', 'ENOENT', 'EINVAL', 'ESTALE', 'EEXIST'].includes((error as { code: string }).code),
        );
        failed++;
      }
    }
  }
  t.true(failed > 100);
  t.is(kernel.dead, '');
  await fails(t, 'ENOENT', proc.promises.stat('/nowhere'));
});

test('a host that takes its time keeps nobody else waiting', async (t) => {
  const { kernel, root } = onSimulated(t, {
    files: { '/data/slow': 'x' },
    faults: [
      { call: 'fsop', nth: 2, times: 1000, delayNs: 60_000_000_000 },
      { call: 'fsopNow', fail: EAGAIN },
    ],
  });
  let slow = false;
  const waiting = kernel
    .newproc()
    .promises.stat('/mnt/slow')
    .then(() => {
      slow = true;
    });
  const other = kernel.newproc();
  const [r, w] = other.sys.pipe();
  for (let i = 0; i < 100; i++) {
    other.sys.write(w, Buffer.from('x'));
    other.sys.read(r, Buffer.alloc(1));
  }
  t.false(slow);
  await waiting;
  root.sys.chdir('/');
});

test('unmounting gives every descriptor back, by force also those in use', (t) => {
  const count = () => readdirSync('/proc/self/fd').length;
  const before = count();
  const { kernel, root, user, dir } = onNative(t);
  mkdirSync(join(dir, 'd'));
  for (let i = 0; i < 20; i++) put(root, `d/f${i}`, 'x');
  const fds = Array.from({ length: 20 }, (_, i) => root.sys.open(`d/f${i}`, c.O_RDWR));
  t.true(count() >= before + 20);
  root.sys.chdir('/');
  user.sys.chdir('/');
  refused(t, 'EBUSY', () => root.sys.unmount(MNT, 0));
  root.sys.unmount(MNT, c.MNT_FORCE);
  for (const fd of fds) refused(t, 'EIO', () => root.sys.pwrite(fd, Buffer.from('y'), 0));
  for (const fd of fds) root.sys.close(fd);
  t.is(readFileSync(join(dir, 'd/f0'), 'utf8'), 'x');
  root.sys.mount('hostfs', MNT, 0, { path: dir });
  const kept = root.sys.open('/mnt/d/f1', c.O_RDWR);
  t.is(root.sys.pread(kept, Buffer.alloc(1), 0), 1);
  kernel.halt();
  t.true(count() <= before + 2);
});

test('two append to one file and nothing is overwritten', async (t) => {
  const { kernel, root } = onSimulated(t, { seed: 3, files: { '/data/log': '' } });
  const lines = 50;
  await Promise.all(
    [0, 1, 2].map(async (who) => {
      const proc = kernel.newproc();
      const fd = await proc.promises.open('/mnt/log', c.O_WRONLY | c.O_APPEND, 0);
      for (let i = 0; i < lines; i++) await proc.promises.write(fd, Buffer.from(`${who}`));
    }),
  );
  const log = text(root, 'log');
  t.is(log.length, 3 * lines);
  for (const who of ['0', '1', '2']) t.is(log.split(who).length - 1, lines);
});
