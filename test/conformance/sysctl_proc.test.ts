/** sysctl(7): proc.<pid>.rlimit, by number and by name. */
import { constants } from '../../lib/api/index.ts';
import { conformance, fails } from './harness.ts';

const {
  CTL_PROC,
  PROC_CURPROC,
  PROC_PID_CORENAME,
  PROC_PID_LIMIT,
  PROC_PID_LIMIT_NOFILE,
  PROC_PID_LIMIT_TYPE_HARD,
  PROC_PID_LIMIT_TYPE_SOFT,
  RLIM_INFINITY,
  RLIM_INFINITY_ABI,
  RLIMIT_NOFILE,
} = constants;

const quad = (value: bigint): Uint8Array => new Uint8Array(BigInt64Array.of(value).buffer);
const soft = (pid: number): number[] => [
  CTL_PROC,
  pid,
  PROC_PID_LIMIT,
  PROC_PID_LIMIT_NOFILE,
  PROC_PID_LIMIT_TYPE_SOFT,
];

conformance('a process sees and sets its own limits as curproc', async (t, { newproc, call }) => {
  const sys = call(newproc({ uid: 5 }));
  const old = new Uint8Array(8);
  t.is(await sys.sysctl(soft(PROC_CURPROC), old, quad(7n)), 8);
  t.is(new BigInt64Array(old.buffer)[0], RLIM_INFINITY_ABI);
  t.deepEqual(await sys.getrlimit(RLIMIT_NOFILE), { cur: 7, max: RLIM_INFINITY });
  await fails(t, 'EINVAL', sys.sysctl(soft(PROC_CURPROC), null, quad(-1n)));
  await fails(t, 'EINVAL', sys.sysctl(soft(PROC_CURPROC), null, new Uint8Array(4)));
  t.deepEqual(await sys.getrlimit(RLIMIT_NOFILE), { cur: 7, max: RLIM_INFINITY });
});

conformance("another process's by its number: one's own user's, or as root", async (t, { newproc, call }) => {
  const [mine, other, root] = [newproc({ uid: 5 }), newproc({ uid: 6 }), newproc()];
  const target = newproc({ uid: 5 });
  await call(mine).sysctl(soft(target.pid), null, quad(20n));
  t.is((await call(target).getrlimit(RLIMIT_NOFILE)).cur, 20);
  await fails(t, 'EPERM', call(other).sysctl(soft(target.pid), null, quad(21n)));
  const hard = [...soft(target.pid).slice(0, -1), PROC_PID_LIMIT_TYPE_HARD];
  await call(root).sysctl(hard, null, quad(30n));
  await fails(t, 'EPERM', call(mine).sysctl(hard, null, quad(31n)));
  await call(root).sysctl(hard, null, quad(31n));
  t.deepEqual(await call(target).getrlimit(RLIMIT_NOFILE), { cur: 20, max: 31 });
});

conformance('names that lead nowhere', async (t, { newproc, call }) => {
  const proc = newproc();
  const sys = call(proc);
  const old = new Uint8Array(8);
  await fails(t, 'ESRCH', sys.sysctl(soft(29_999), old));
  await fails(t, 'EINVAL', sys.sysctl([CTL_PROC], old));
  await fails(t, 'EINVAL', sys.sysctl([CTL_PROC, proc.pid], old));
  await fails(t, 'EINVAL', sys.sysctl(soft(proc.pid).slice(0, -1), old));
  await fails(t, 'ENOENT', sys.sysctl([CTL_PROC, proc.pid, PROC_PID_CORENAME], old));
  await fails(t, 'ENOENT', sys.sysctl([CTL_PROC, proc.pid, PROC_PID_LIMIT, 99, 1], old));
  await fails(t, 'ENOENT', sys.sysctl([CTL_PROC, proc.pid, PROC_PID_LIMIT, 1, 3], old));
  await fails(t, 'EINVAL', sys.sysctl([...soft(proc.pid), 1], old));
  await fails(t, 'EINVAL', sys.sysctl([...soft(PROC_CURPROC), 1], old));
});

conformance('by name, with a number or curproc', (t, { kernel, newproc }) => {
  const proc = newproc();
  t.is(kernel.sysctl(`proc.${proc.pid}.rlimit.descriptors.soft`, 12), 12);
  t.is(proc.sys.getrlimit(RLIMIT_NOFILE).cur, 12);
  t.is(kernel.sysctl('proc.curproc.rlimit.descriptors.soft'), RLIM_INFINITY_ABI);
  t.throws(() => kernel.sysctl('proc.29999.rlimit.descriptors.soft'), { code: 'ESRCH' });
  t.throws(() => kernel.sysctl('proc.x.rlimit.descriptors.soft'), { code: 'ENOENT' });
  t.throws(() => kernel.sysctl('proc.1.nothing'), { code: 'ENOENT' });
});
