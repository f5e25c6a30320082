/** How a process of a client elsewhere ends: by itself, by a signal, with its connection; and what its parent hears. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  boot,
  constants as c,
  connect,
  type Kernel,
  type RemoteProc,
  SIGSET_EMPTY,
  sigset,
} from '../../lib/api/index.ts';
import { RawClient } from './raw.ts';

interface Family {
  readonly kernel: Kernel;
  readonly url: string;
  readonly parent: RemoteProc;
  readonly child: RemoteProc;
}

function family(title: string, body: (t: ExecutionContext, family: Family) => Promise<void>): void {
  test(title, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'rump-'));
    const kernel = boot({ console: () => {} });
    const listener = await kernel.listen(`unix://${join(dir, 'sock')}`, { uid: 0, gid: 0 });
    const parent = await connect(listener.url);
    const child = await parent.fork();
    try {
      await body(t, { kernel, url: listener.url, parent, child });
      t.is(kernel.dead, '', kernel.dmesg());
    } finally {
      parent.close();
      child.close();
      await listener.close();
      kernel.halt();
      rmSync(dir, { recursive: true });
    }
  });
}

async function ended({ parent, child }: Family): Promise<number | undefined> {
  const { pid, status } = await parent.promises.wait4(child.pid, 0);
  return pid === child.pid ? status : undefined;
}

family('exit: with a status', async (t, all) => {
  await all.child.exit(3);
  t.is(await ended(all), c.W_EXITCODE(3, 0));
  t.false(all.child.alive);
  await t.throwsAsync(all.child.promises.getpid(), { code: 'ESRCH', message: /has exited/ });
  await t.throwsAsync(all.child.exit(), { code: 'ESRCH' });
});

family('close: with status 0', async (t, all) => {
  all.child.close();
  t.is(await ended(all), 0);
});

family('a signal nobody catches ends it, and it is told which', async (t, all) => {
  await all.parent.promises.kill(all.child.pid, c.SIGTERM);
  t.is(await ended(all), c.W_EXITCODE(0, c.SIGTERM));
  t.false(all.child.alive);
  await t.throwsAsync(all.child.promises.getpid(), { code: 'ESRCH', message: /was killed by SIGTERM/ });
});

family('also while it waits for something', async (t, all) => {
  const [r] = await all.child.promises.pipe();
  const reading = all.child.promises.read(r, new Uint8Array(1));
  await all.parent.promises.kill(all.child.pid, c.SIGUSR2);
  await t.throwsAsync(reading);
  t.is(await ended(all), c.W_EXITCODE(0, c.SIGUSR2));
});

family('SIGKILL does not ask', async (t, all) => {
  await all.parent.promises.kill(all.child.pid, c.SIGKILL);
  t.is(await ended(all), c.W_EXITCODE(0, c.SIGKILL));
});

family('SIGPIPE', async (t, all) => {
  const [r, w] = await all.child.promises.pipe();
  await all.child.promises.close(r);
  await t.throwsAsync(all.child.promises.write(w, new Uint8Array(1)));
  t.is(await ended(all), c.W_EXITCODE(0, c.SIGPIPE));
});

family('a handler that waits for the answer of sigaction gets what is pending', async (t, all) => {
  const { promises: sys } = all.child;
  await sys.sigprocmask(c.SIG_BLOCK, sigset(c.SIGUSR1));
  await all.parent.promises.kill(all.child.pid, c.SIGUSR1);
  const got: number[] = [];
  const action = { handler: (signo: number) => got.push(signo), mask: SIGSET_EMPTY, flags: 0 };
  await sys.sigaction(c.SIGUSR1, action);
  await sys.sigprocmask(c.SIG_SETMASK, SIGSET_EMPTY);
  t.deepEqual(got, [c.SIGUSR1]);
  t.true(all.child.alive);
});

family('SA_RESETHAND: the second one ends it', async (t, all) => {
  const got: number[] = [];
  const action = { handler: (signo: number) => got.push(signo), mask: SIGSET_EMPTY, flags: c.SA_RESETHAND };
  await all.child.promises.sigaction(c.SIGUSR1, action);
  await all.parent.promises.kill(all.child.pid, c.SIGUSR1);
  await all.child.promises.getpid();
  t.deepEqual(got, [c.SIGUSR1]);
  await all.parent.promises.kill(all.child.pid, c.SIGUSR1);
  t.is(await ended(all), c.W_EXITCODE(0, c.SIGUSR1));
  t.deepEqual(got, [c.SIGUSR1]);
});

family('a sigaction that fails leaves the handler before', async (t, all) => {
  const got: number[] = [];
  const action = { handler: (signo: number) => got.push(signo), mask: SIGSET_EMPTY, flags: 0 };
  await all.child.promises.sigaction(c.SIGUSR1, action);
  await t.throwsAsync(all.child.promises.sigaction(c.SIGUSR1, { ...action, flags: 0x10000 }));
  await t.throwsAsync(all.child.promises.sigaction(c.SIGKILL, action), { code: 'EINVAL' });
  await all.parent.promises.kill(all.child.pid, c.SIGUSR1);
  await all.child.promises.getpid();
  t.deepEqual(got, [c.SIGUSR1]);
});

family('whoever lives on after a signal has not died of it', async (t, { kernel, url }) => {
  const raw = await RawClient.guest(new URL(url).pathname);
  const pid = kernel.ps().at(-1)?.pid as number;
  const init = kernel.newproc();
  init.sys.kill(pid, c.SIGTERM);
  t.is((await raw.call(20)).retval[0], BigInt(pid));
  t.true(raw.raised.includes(c.SIGTERM));
  const kq = init.sys.kqueue();
  const watch = {
    ident: pid,
    filter: c.EVFILT_PROC,
    flags: c.EV_ADD,
    fflags: c.NOTE_EXIT,
    data: 0,
    udata: 0n,
  };
  init.sys.kevent(kq, [watch], 0);
  raw.close();
  const [event] = await init.promises.kevent(kq, [], 1);
  t.is(event?.data, 0);
  init.exit();
});

family('what nobody has waited for goes with the parent', async (t, { kernel, parent, child }) => {
  await child.exit(1);
  const orphan = await parent.fork();
  t.is(kernel.ps().find(({ pid }) => pid === child.pid)?.state, 'zombie');
  parent.close();
  await orphan.exit(2);
  while (kernel.ps().length > 2) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.deepEqual(
    kernel.ps().filter(({ pid }) => pid > 1),
    [],
  );
});

test('a client without the extension leaves exit and kill to its host', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'rump-'));
  const kernel = boot({ console: () => {} });
  const listener = await kernel.listen(`unix://${join(dir, 'sock')}`, { uid: 0, gid: 0 });
  const parent = await connect(listener.url, { attach: false });
  const child = await parent.fork();
  await t.throwsAsync(child.exit(3), { code: 'ENOSYS' });
  await t.throwsAsync(parent.promises.kill(child.pid, c.SIGKILL), { code: 'ENOSYS' });
  child.close();
  await t.throwsAsync(parent.promises.wait4(child.pid, 0), { code: 'ECHILD' });
  parent.close();
  await listener.close();
  kernel.halt();
  rmSync(dir, { recursive: true });
});
