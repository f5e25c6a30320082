/** A kernel with a thread of its own, and its owner as a client. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { BootOptionError, boot, constants as c, connect, KernelDead } from '../../lib/api/index.ts';

for (const spinUs of [0, 50]) {
  test(`the owner's calls wait for it alone, looking for ${spinUs} us`, async (t) => {
    using kernel = boot({ thread: 'own', spinUs, hostname: 'own' });
    t.is(kernel.hostname, 'own');
    t.is(kernel.sysctl('kern.ostype'), 'NetBSD');
    t.is(kernel.sysctl('kern.hostname', 'other'), 'other');
    t.throws(() => kernel.sysctl('kern.nonsense'), { code: 'ENOENT', name: 'SysError' });
    const user = kernel.newproc({ uid: 1000, comm: 'user', cwd: '/tmp' });
    t.is(user.sys.getuid(), 1000);
    const [r, w] = user.sys.pipe();
    const reading = user.promises.read(r, new Uint8Array(5));
    t.is(user.sys.write(w, Buffer.from('hello')), 5);
    t.is(await reading, 5);
    // Real time passes while it sleeps.
    user.sys.nanosleep({ sec: 0, nsec: 2_000_000 });
    kernel.fs.writeFileSync('/tmp/file', 'x'.repeat(50_000));
    t.is(user.fs.readFileSync('file', 'utf8').length, 50_000);
    t.is(await kernel.fs.promises.readFile('/tmp/file', 'utf8').then(({ length }) => length), 50_000);
    t.true(kernel.ps().some(({ comm }) => comm === 'user'));
    t.regex(kernel.dmesg(), /NetBSD|rump/);
    t.true(kernel.stats().syscalls > 0);
    user.exit(0);
    t.throws(() => user.sys.getpid(), { code: 'ESRCH' });
  });
}

test('when everybody waits for each other, the newest gets EDEADLK', (t) => {
  using kernel = boot({ thread: 'own' });
  const proc = kernel.newproc();
  const [r, w] = proc.sys.pipe();
  t.throws(() => proc.sys.read(r, new Uint8Array(1)), { code: 'EDEADLK' });
  t.is(proc.sys.write(w, new Uint8Array(1)), 1);
  t.is(proc.sys.read(r, new Uint8Array(1)), 1);
});

test('host directories, modules and descriptions of what it is', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'rump-own-'));
  writeFileSync(join(dir, 'a'), 'of the host');
  using kernel = boot({ thread: 'own' });
  const root = kernel.newproc();
  root.sys.mkdir('/host', 0o755);
  root.sys.mount('hostfs', '/host', c.MNT_RDONLY, { path: dir });
  t.is(root.fs.readFileSync('/host/a', 'utf8'), 'of the host');
  t.true(kernel.modules.list().length >= 0);
  t.throws(() => kernel.modules.load('/none.so'), { name: 'SysError' });
  t.throws(() => kernel.modules.load({} as never), { code: 'EINVAL' });
  root.sys.unmount('/host', 0);
  rmSync(dir, { recursive: true });
});

test('it serves other programs, and its owner meanwhile', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'rump-own-'));
  using kernel = boot({ thread: 'own' });
  const listener = await kernel.listen(`unix://${join(dir, 'socket')}`, { uid: 5 });
  const remote = await connect(listener.url);
  t.is(await remote.promises.getuid(), 5);
  t.is(listener.clients, 1);
  const proc = kernel.newproc();
  const fd = proc.sys.open('/tmp/shared', c.O_CREAT | c.O_RDWR, 0o666);
  proc.sys.write(fd, Buffer.from('both'));
  const there = await remote.promises.open('/tmp/shared', c.O_RDONLY);
  t.is(await remote.promises.read(there, new Uint8Array(9)), 4);
  remote.close();
  await listener.close();
  await listener.close();
  t.is(listener.clients, 0);
  t.is(proc.sys.getuid(), 0);
  await t.throwsAsync(kernel.listen('nonsense'), { code: 'EINVAL' });
  t.is(proc.sys.getuid(), 0);
  rmSync(dir, { recursive: true });
});

test('it keeps the process alive as long as somebody listens or waits, and no longer', (t) => {
  const index = new URL('../../lib/api/index.js', import.meta.url);
  const socket = join(tmpdir(), `rump-own-${process.pid}`);
  const program = `
    const { boot } = await import(${JSON.stringify(index)});
    const kernel = boot({ thread: 'own' });
    await kernel.newproc().promises.nanosleep({ sec: 0, nsec: 1e7 });
    const all = [await kernel.listen('unix://${socket}-1'), await kernel.listen('unix://${socket}-2')];
    await all[0].close();
    setTimeout(async () => {
      console.log(all[1].clients);
      all[1].unref();
    }, 100).unref();`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  t.is(stderr, '');
  t.is(stdout, '0\n');
  t.is(status, 0);
});

test('a listener goes with its kernel', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'rump-own-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const kernel = boot({ thread: 'own', env: {} });
  const listener = await kernel.listen(`unix://${join(dir, 'socket')}`);
  kernel.halt();
  await listener.close();
  t.is(listener.clients, 0);
});

test('the end: halted, panicked, and afterwards', async (t) => {
  const kernel = boot({ thread: 'own' });
  const proc = kernel.newproc();
  const [r] = proc.sys.pipe();
  const waiting = proc.promises.read(r, new Uint8Array(1));
  kernel.halt();
  await t.throwsAsync(waiting, { instanceOf: KernelDead });
  t.false(kernel.running);
  t.is(kernel.dead, 'halted');
  t.regex(kernel.dmesg(), /halted/);
  t.throws(() => proc.sys.getpid(), { instanceOf: KernelDead });
  t.throws(() => kernel.newproc(), { instanceOf: KernelDead });
  t.throws(() => kernel.sysctl('kern.ostype'), { instanceOf: KernelDead });
  kernel.halt();
  proc.exit();
});

test('what it prints comes to its owner', async (t) => {
  const lines: string[] = [];
  using kernel = boot({ thread: 'own', verbose: true, console: (text) => void lines.push(text) });
  kernel.newproc().sys.write(1, Buffer.from('to the console\n'));
  for (let i = 0; !lines.join('').includes('to the console') && i < 2000; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.regex(lines.join(''), /NetBSD[\s\S]*to the console/);
});

test('options that make no sense', (t) => {
  t.throws(() => boot({ thread: 'other' as never }), { instanceOf: BootOptionError });
  t.throws(() => boot({ thread: 'own', host: {} } as never), { instanceOf: BootOptionError });
  t.throws(() => boot({ thread: 'own', spinUs: 'x' as never }), { code: 'EINVAL' });
  t.throws(() => boot({ thread: 'own', console: 5 as never }), { instanceOf: TypeError });
  t.throws(() => boot({ thread: 'own', ncpu: -1 }));
  t.throws(() => boot({ thread: 'own', components: ['nonsense'] }));
});
