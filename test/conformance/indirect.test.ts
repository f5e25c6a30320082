/**
 * Calls by number.
 *
 * NetBSD: syscall(2), sys/kern/syscalls.master.
 */
import { SYSCALLS } from '../../lib/sys/syscalls.master.ts';
import { SYS_NSYSENT, syscallByCall } from '../../lib/sys/syscalls.ts';
import type { SysentRow } from '../../lib/sys/sysent.ts';
import { conformance, fails, turn } from './harness.ts';

const numberOf = (call: string): number => syscallByCall(call)?.number ?? -1;

conformance(
  'syscall, __syscall: make the call of that number with the arguments that follow',
  async (t, { newproc, call, output }) => {
    const proc = newproc();
    for (const name of ['syscall', '__syscall'] as const) {
      t.is(await call(proc)[name](numberOf('getpid')), proc.pid);
      t.is(await call(proc)[name](numberOf('write'), 1, new TextEncoder().encode(name)), name.length);
      t.deepEqual(await call(proc)[name](numberOf('getrlimit'), 0), await call(proc).getrlimit(0));
      t.is(await call(proc)[name](numberOf('syscall'), numberOf('getppid')), 1, 'indirectly indirect');
    }
    t.is(await call(proc).__syscall(numberOf('getpid')), proc.pid);
    t.true(output().endsWith('syscall__syscall'));
  },
);

conformance('syscall: errors are those of the call that is meant', async (t, { newproc, call }) => {
  const proc = newproc({ uid: 100 });
  const error = await fails(t, 'EPERM', call(proc).syscall(numberOf('setuid'), 0));
  t.is(error.syscall, 'setuid');
  await fails(t, 'EINVAL', call(proc).syscall(numberOf('setuid'), 'root'));
});

conformance('syscall: calls that sleep, and that end the process', async (t, { newproc, call }) => {
  const proc = newproc();
  const child = proc.fork();
  const wait = proc.promises.syscall(numberOf('wait4'), -1, 0) as Promise<{ pid: number }>;
  await turn();
  await call(child).syscall(numberOf('exit'), 3);
  t.is((await wait).pid, child.pid);
  await fails(t, 'ESRCH', call(child).syscall(numberOf('getpid')));
});

conformance(
  'syscall: ENOSYS for a number without a call, EINVAL for what is no number',
  async (t, { newproc, call }) => {
    const proc = newproc();
    for (const number of [-1, SYS_NSYSENT, SYS_NSYSENT + 1, 2 ** 31, 1.5, Number.NaN]) {
      await fails(t, 'ENOSYS', call(proc).syscall(number));
    }
    for (const bad of ['getpid', null, undefined, 20n, {}]) {
      await fails(t, 'EINVAL', call(proc).syscall(bad as number));
    }
  },
);

conformance(
  'every number that is not served answers ENOSYS, whatever it is given',
  async (t, { newproc, call }) => {
    const proc = newproc();
    for (const { number, support } of SYSCALLS as readonly SysentRow[]) {
      if (support === 'compat' || support === 'obsolete') {
        await fails(t, 'ENOSYS', call(proc).syscall(number));
      }
    }
  },
);
