/** Threads in C that are processes of a kernel: the example, loaded as a module. */
import test from 'ava';
import { boot } from '../../lib/api/index.ts';
import { buildModule } from '../kern/native_module.ts';

test('a module’s host thread makes system calls', async (t) => {
  using kernel = boot();
  const root = kernel.newproc();
  kernel.modules.load(buildModule(t, 'examples/threads.c', '-pthread'));
  for (let i = 0; !kernel.dmesg().includes('threads: process') && i < 2000; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.regex(kernel.dmesg(), /threads: process \d+: "written by a thread in C", error 0\n/);
  t.is(root.fs.readFileSync('/tmp/c/file', 'utf8'), 'written by a thread in C');
  t.false(kernel.ps().some(({ comm }) => comm === 'module'));
  kernel.modules.unload('threads');
});

test('and does so while this thread waits in the kernel for what it does', (t) => {
  using kernel = boot();
  const root = kernel.newproc();
  root.sys.mkfifo('/tmp/f', 0o666);
  kernel.modules.load(buildModule(t, 'examples/threads.c', '-pthread'));
  // Until the thread has ended somebody could wake this sleep: no EDEADLK, and the thread is served.
  const kq = root.sys.kqueue();
  for (let i = 0; !kernel.dmesg().includes('threads: process') && i < 2000; i++) {
    root.sys.kevent(kq, [], 1, { sec: 0, nsec: 5_000_000 });
  }
  t.true(root.fs.existsSync('/tmp/c/file'));
  kernel.modules.unload('threads');
});
