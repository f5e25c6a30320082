/** Sending system calls elsewhere. */
import { KernelDead, SysError } from '../../lib/api/index.ts';
import { SYS_NSYSENT } from '../../lib/sys/syscalls.ts';
import { onEveryHost } from './support.ts';

const SYS_write = 4;
const SYS_getpid = 20;
const SYS_kill = 37;
const SYS_nanosleep = 430;

onEveryHost('by default calls are served here; a proxy gets all of them', async (t, bootOne) => {
  const kernel = bootOne();
  const proc = kernel.newproc();
  t.is(proc.sys.getpid(), proc.pid);
  const seen: unknown[] = [];
  kernel.setSysproxy((who, number, args, _local, arg) => {
    seen.push([who === proc, number, args, arg]);
    return 4711;
  }, 'argument');
  t.is(proc.sys.getpid(), 4711);
  t.is(await proc.promises.getpid(), 4711);
  proc.sys.kill(1, 2);
  const text = new TextEncoder().encode('x');
  t.is(proc.sys.write(1, text), 4711);
  t.deepEqual(seen, [
    [true, SYS_getpid, [], 'argument'],
    [true, SYS_getpid, [], 'argument'],
    [true, SYS_kill, [1, 2], 'argument'],
    [true, SYS_write, [1, text], 'argument'],
  ]);
});

onEveryHost('a proxy is set once; what is no function is EINVAL', (t, bootOne) => {
  const kernel = bootOne();
  for (const bad of [null, undefined, 5, {}, 'x']) {
    t.throws(() => kernel.setSysproxy(bad as never), { instanceOf: SysError, code: 'EINVAL' });
  }
  kernel.setSysproxy((_proc, number, args, local) => local(number, args));
  t.throws(() => kernel.setSysproxy(() => 0), { instanceOf: SysError, code: 'EBUSY' });
  t.is(kernel.newproc().sys.getppid(), 1, 'the first one stays');
});

onEveryHost('local serves a call here after all, ENOSYS past the table', (t, bootOne) => {
  const kernel = bootOne();
  const proc = kernel.newproc();
  const errors: unknown[] = [];
  kernel.setSysproxy((_proc, number, args, local) => {
    for (const past of [SYS_NSYSENT, SYS_NSYSENT + 1, -1, 1.5, Number.NaN, 2 ** 40]) {
      try {
        local(past, []);
      } catch (error) {
        errors.push(error instanceof SysError && error.code);
      }
    }
    return local(number, args);
  });
  t.is(proc.sys.getpid(), proc.pid);
  t.deepEqual(errors, new Array(6).fill('ENOSYS'));
});

onEveryHost('local checks arguments, and fills what the call fills', (t, bootOne) => {
  const kernel = bootOne();
  const proc = kernel.newproc();
  const outcomes: unknown[] = [];
  const rmtp = { sec: 9, nsec: 9 };
  kernel.setSysproxy((_proc, number, args, local) => {
    for (const bad of [[], ['x', {}], [{}, null], [Symbol('s'), 5n]]) {
      try {
        local(SYS_write, bad);
      } catch (error) {
        outcomes.push((error as SysError).code);
      }
    }
    local(SYS_nanosleep, [{ sec: 0, nsec: 1 }, rmtp]);
    return local(number, args);
  });
  t.is(proc.sys.getppid(), 1);
  t.deepEqual(outcomes, ['EINVAL', 'EINVAL', 'EINVAL', 'EINVAL']);
  t.deepEqual(rmtp, { sec: 0, nsec: 0 });
  t.true(kernel.running);
});

onEveryHost(
  'errors of a proxy: a SysError is that of the call, anything else is the caller’s',
  async (t, bootOne) => {
    const kernel = bootOne();
    const proc = kernel.newproc({ uid: 100 });
    const boom = new Error('boom');
    let what: 'errno' | 'other' = 'errno';
    kernel.setSysproxy((_proc, _number, _args, local) => {
      if (what === 'other') {
        throw boom;
      }
      return local(23, [0]);
    });
    const error = t.throws(() => proc.sys.getpid(), { instanceOf: SysError, code: 'EPERM' });
    t.is((error as SysError).syscall, 'getpid');
    await t.throwsAsync(proc.promises.getpid(), { instanceOf: SysError, code: 'EPERM' });
    what = 'other';
    t.is(
      t.throws(() => proc.sys.getpid()),
      boom,
    );
    t.is(await t.throwsAsync(proc.promises.getpid()), boom);
    t.true(kernel.running);
  },
);

onEveryHost('a proxy may make other calls, and is not asked for a dead kernel', (t, bootOne) => {
  const kernel = bootOne();
  const proc = kernel.newproc();
  const other = bootOne().newproc();
  let asked = 0;
  kernel.setSysproxy(() => {
    asked++;
    return other.sys.getppid() + 100;
  });
  t.is(proc.sys.getpid(), 101);
  kernel.halt();
  t.throws(() => proc.sys.getpid(), { instanceOf: KernelDead });
  t.is(asked, 1);
});

onEveryHost('a process that exits through a proxy is gone', (t, bootOne) => {
  const kernel = bootOne();
  kernel.setSysproxy((_proc, number, args, local) => local(number, args));
  const parent = kernel.newproc();
  const child = parent.fork();
  child.exit(5);
  t.is(parent.sys.wait4(-1, 0).status, 5 << 8);
  t.throws(() => child.sys.getpid(), { code: 'ESRCH' });
});
