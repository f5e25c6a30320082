/**
 * The console is the caller's code, run inside the kernel: it may do what it likes, and harms only itself.
 */
import { type Kernel, type Proc, SysError } from '../../lib/api/index.ts';
import { onEveryHost } from './support.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

onEveryHost('a console that throws fails the write with EIO, and nothing else', async (t, bootOne) => {
  let broken = true;
  const seen: string[] = [];
  const kernel = bootOne({
    verbose: true,
    console: (text) => {
      if (broken) {
        throw new Error('console unplugged');
      }
      seen.push(text);
    },
  });
  const proc = kernel.newproc();
  t.throws(() => proc.sys.write(1, bytes('lost')), { instanceOf: SysError, code: 'EIO' });
  await t.throwsAsync(proc.promises.writev(1, [bytes('lost'), bytes('too')]), {
    instanceOf: SysError,
    code: 'EIO',
  });
  t.regex(kernel.dmesg(), /console: console unplugged/);
  broken = false;
  t.is(proc.sys.write(1, bytes('back')), 4);
  t.deepEqual(seen, ['back']);
  broken = true;
  kernel.halt();
  t.is(kernel.dead, 'halted');
});

onEveryHost('whatever a console throws', (t, bootOne) => {
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error('do not look');
      },
      getPrototypeOf() {
        throw new Error('do not look');
      },
    },
  );
  for (const thrown of [hostile, null, undefined, Symbol('s'), Object.create(null), 5]) {
    const kernel = bootOne({
      console: () => {
        throw thrown;
      },
    });
    const proc = kernel.newproc();
    t.throws(() => proc.sys.write(1, bytes('x')), { code: 'EIO' });
    t.true(kernel.running);
  }
});

onEveryHost('a console that fails half-way: what came before it is out, the call fails', (t, bootOne) => {
  const seen: string[] = [];
  const kernel = bootOne({
    console: (text) => {
      if (seen.length === 1) {
        throw new Error('full');
      }
      seen.push(text);
    },
  });
  t.throws(() => kernel.newproc().sys.write(1, new Uint8Array(10_000).fill(97)), { code: 'EIO' });
  t.is(seen[0]?.length, 4096);
});

/** Everything a console might try to do with the kernel that is calling it. */
const TRIES: Readonly<Record<string, (kernel: Kernel, proc: Proc, other: Proc) => unknown>> = {
  'a call of the same process': (_k, proc) => proc.sys.getpid(),
  'a call that sleeps': (_k, proc) => proc.sys.nanosleep({ sec: 0, nsec: 1 }),
  'a call of another process': (_k, _proc, other) => other.sys.getpid(),
  write: (_k, proc) => proc.sys.write(1, bytes('again')),
  exit: (_k, proc) => proc.exit(),
  'exit of another process': (_k, _proc, other) => other.exit(),
  fork: (_k, proc) => proc.fork(),
  newlwp: (_k, proc) => proc.newlwp(),
  kill: (_k, proc) => proc.kill('SIGKILL'),
  'kill of another process': (_k, _proc, other) => other.kill('SIGKILL'),
  newproc: (kernel) => kernel.newproc(),
  halt: (kernel) => kernel.halt(),
  reboot: (kernel) => kernel.reboot(0),
  dispose: (kernel) => kernel[Symbol.dispose](),
  'modules.load': (kernel) =>
    kernel.modules.load({ name: 'x', version: kernel.version, class: 'misc', modcmd: () => {} }),
  'modules.unload': (kernel) => kernel.modules.unload('x'),
  'ksyms.lookup': (kernel) => kernel.ksyms.lookup('x'),
  setSysproxy: (kernel) => kernel.setSysproxy(() => 0),
  sysctl: (kernel) => kernel.sysctl('kern.ostype'),
};

onEveryHost('re-entrancy: whatever a console asks of the kernel that calls it is EBUSY', (t, bootOne) => {
  for (const [what, attempt] of Object.entries(TRIES)) {
    let outcome: unknown;
    let busy = false;
    const kernel: Kernel = bootOne({
      console: () => {
        if (!busy) {
          return;
        }
        busy = false;
        try {
          attempt(kernel, proc, other);
          outcome = 'it was let in';
        } catch (error) {
          outcome = error;
        }
      },
    });
    const [proc, other] = [kernel.newproc(), kernel.newproc()];
    const before = kernel.ps().map(({ pid, nlwps, state }) => ({ pid, nlwps, state }));
    busy = true;
    t.is(proc.sys.write(1, bytes('x')), 1, what);
    t.true(outcome instanceof SysError, `${what}: ${String(outcome)}`);
    t.is((outcome as SysError).code, 'EBUSY', what);
    t.deepEqual(
      kernel.ps().map(({ pid, nlwps, state }) => ({ pid, nlwps, state })),
      before,
      what,
    );
    t.is(proc.sys.getpid(), proc.pid, what);
    t.true(kernel.running, what);
  }
});

onEveryHost('re-entrancy: promises made inside are rejected, lwps left inside stay', async (t, bootOne) => {
  let inside: Promise<unknown> | undefined;
  let busy = false;
  const kernel: Kernel = bootOne({
    console: () => {
      if (busy) {
        busy = false;
        inside = Promise.allSettled([
          proc.promises.getpid(),
          proc.promises.nanosleep({ sec: 0, nsec: 1 }, { sec: 0, nsec: 0 }),
          proc.promises.syscall(20),
        ]);
        t.throws(() => second.exit(), { code: 'EBUSY' });
        t.throws(() => second[Symbol.dispose](), { code: 'EBUSY' });
      }
    },
  });
  const proc = kernel.newproc();
  const second = proc.newlwp();
  busy = true;
  t.is(await proc.promises.write(1, bytes('x')), 1);
  for (const end of (await inside) as PromiseSettledResult<unknown>[]) {
    t.true(end.status === 'rejected' && end.reason instanceof SysError && end.reason.code === 'EBUSY');
  }
  t.is(kernel.ps().find((p) => p.pid === proc.pid)?.nlwps, 2);
});

onEveryHost('looking at a kernel is allowed from anywhere', (t, bootOne) => {
  const seen: unknown[] = [];
  const kernel: Kernel = bootOne({
    console: () => {
      if (kernel !== undefined) {
        seen.push(kernel.ps().length, kernel.stats().procs, kernel.running, kernel.dmesg().length > 0);
        seen.push(
          kernel.modules.list().length,
          kernel.hostname.length > 0,
          proc.alive,
          proc.pid > 1,
          proc.comm,
        );
      }
    },
  });
  const proc = kernel.newproc();
  proc.sys.write(1, bytes('x'));
  t.deepEqual(seen, [3, 3, true, true, 0, true, true, true, 'node']);
});

onEveryHost('a console that takes the memory away from under the write: EFAULT', (t, bootOne) => {
  const buffer = new ArrayBuffer(10_000);
  let taken = false;
  const kernel = bootOne({
    console: () => {
      if (buffer.byteLength > 0 && taken) {
        structuredClone(buffer, { transfer: [buffer] });
      }
    },
  });
  const proc = kernel.newproc();
  taken = true;
  t.throws(() => proc.sys.write(1, new Uint8Array(buffer)), { instanceOf: SysError, code: 'EFAULT' });
  t.true(kernel.running);
});

onEveryHost('a console may use another kernel', (t, bootOne) => {
  const log = bootOne();
  const logger = log.newproc();
  const kernel = bootOne({ console: (text) => void logger.sys.write(1, bytes(text)) });
  t.is(kernel.newproc().sys.write(1, bytes('passed on')), 9);
  t.true(log.running);
});
