/**
 * Limits, priorities and usage.
 *
 * NetBSD: sys/kern/kern_resource.c; getrlimit(2), getpriority(2), getrusage(2).
 */

import type { Proc } from '../../lib/kern/proc.ts';
import { P_PID } from '../../lib/sys/constants/idtype.ts';
import {
  PRIO_MAX,
  PRIO_MIN,
  PRIO_PGRP,
  PRIO_PROCESS,
  PRIO_USER,
  RLIM_INFINITY,
  RLIM_NLIMITS,
  RLIMIT_CPU,
  RLIMIT_FSIZE,
  RLIMIT_NOFILE,
  RLIMIT_SBSIZE,
  RUSAGE_CHILDREN,
  RUSAGE_SELF,
} from '../../lib/sys/constants/resource.ts';
import { SIGXCPU } from '../../lib/sys/constants/signal.ts';
import { WEXITED } from '../../lib/sys/constants/wait.ts';
import { SIGSET_EMPTY } from '../../lib/sys/sigset.ts';
import { conformance, fails } from './harness.ts';

conformance('getrlimit: every limit there is, and no other', async (t, { newproc, call }) => {
  const proc = newproc();
  for (let which = 0; which < RLIM_NLIMITS; which++) {
    const { cur, max } = await call(proc).getrlimit(which);
    t.true(cur <= max, `limit ${which}`);
  }
  for (const which of [RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_SBSIZE]) {
    t.deepEqual(await call(proc).getrlimit(which), { cur: RLIM_INFINITY, max: RLIM_INFINITY });
  }
  for (const which of [-1, RLIM_NLIMITS, 1000]) {
    await fails(t, 'EINVAL', call(proc).getrlimit(which));
    await fails(t, 'EINVAL', call(proc).setrlimit(which, { cur: 0, max: 0 }));
  }
});

conformance(
  'setrlimit: the soft limit moves below the hard one, the hard one only down',
  async (t, { newproc, call }) => {
    const proc = newproc({ uid: 100 });
    const set = (cur: number, max: number) => call(proc).setrlimit(RLIMIT_FSIZE, { cur, max });
    await set(10, 100);
    await set(100, 100);
    await set(0, 50);
    t.deepEqual(await call(proc).getrlimit(RLIMIT_FSIZE), { cur: 0, max: 50 });
    await fails(t, 'EPERM', set(0, 51));
    await fails(t, 'EPERM', set(0, RLIM_INFINITY));
    await fails(t, 'EINVAL', set(51, 50));
    t.deepEqual(await call(proc).getrlimit(RLIMIT_FSIZE), { cur: 0, max: 50 });
  },
);

conformance('setrlimit: the superuser raises hard limits', async (t, { newproc, call }) => {
  const proc = newproc();
  await call(proc).setrlimit(RLIMIT_FSIZE, { cur: 1, max: 1 });
  await call(proc).setrlimit(RLIMIT_FSIZE, { cur: 7, max: RLIM_INFINITY });
  t.deepEqual(await call(proc).getrlimit(RLIMIT_FSIZE), { cur: 7, max: RLIM_INFINITY });
});

conformance('setrlimit: EINVAL for what is no limit, EFAULT for nothing', async (t, { newproc, call }) => {
  const proc = newproc();
  for (const bad of [-1, 0.5, Number.NaN, Number.NEGATIVE_INFINITY, '5' as unknown as number]) {
    await fails(t, 'EINVAL', call(proc).setrlimit(RLIMIT_FSIZE, { cur: bad, max: RLIM_INFINITY }));
    await fails(t, 'EINVAL', call(proc).setrlimit(RLIMIT_FSIZE, { cur: 0, max: bad }));
  }
  await fails(t, 'EFAULT', call(proc).setrlimit(RLIMIT_FSIZE, null as never));
});

conformance(
  'limits are shared by parent and child until one of them changes its own',
  async (t, { newproc, call }) => {
    const parent = newproc();
    const child = parent.fork();
    await call(parent).setrlimit(RLIMIT_FSIZE, { cur: 1, max: 2 });
    t.deepEqual(await call(child).getrlimit(RLIMIT_FSIZE), { cur: RLIM_INFINITY, max: RLIM_INFINITY });
  },
);

conformance('getpriority: the best of those meant', async (t, { newproc, call }) => {
  const leader = newproc({ uid: 100 });
  await call(leader).setsid();
  const member = leader.fork();
  await call(member).setpriority(PRIO_PROCESS, 0, 5);
  await call(leader).setpriority(PRIO_PROCESS, 0, 9);
  t.is(await call(leader).getpriority(PRIO_PROCESS, 0), 9);
  t.is(await call(leader).getpriority(PRIO_PROCESS, member.pid), 5);
  t.is(await call(member).getpriority(PRIO_PGRP, 0), 5);
  t.is(await call(newproc()).getpriority(PRIO_PGRP, leader.pid), 5);
  t.is(await call(leader).getpriority(PRIO_USER, 0), 5);
  t.is(await call(newproc()).getpriority(PRIO_USER, 100), 5);
});

conformance(
  'getpriority, setpriority: ESRCH for nobody, EINVAL for no kind of who',
  async (t, { newproc, call }) => {
    const proc = newproc();
    for (const which of [PRIO_PROCESS, PRIO_PGRP, PRIO_USER]) {
      await fails(t, 'ESRCH', call(proc).getpriority(which, 29999));
      await fails(t, 'ESRCH', call(proc).setpriority(which, 29999, 0));
    }
    for (const which of [-1, 3]) {
      await fails(t, 'EINVAL', call(proc).getpriority(which, 0));
      await fails(t, 'EINVAL', call(proc).setpriority(which, 0, 0));
    }
    const zombie = proc.fork();
    await call(zombie).setpgid(0, 0);
    zombie.exit();
    await fails(t, 'ESRCH', call(proc).getpriority(PRIO_PROCESS, zombie.pid));
    t.is(await call(proc).getpriority(PRIO_PGRP, zombie.pid), 0, 'a group of a zombie is a group');
  },
);

conformance('setpriority: out of range is the nearest there is', async (t, { newproc, call }) => {
  const proc = newproc();
  await call(proc).setpriority(PRIO_PROCESS, 0, 1000);
  t.is(await call(proc).getpriority(PRIO_PROCESS, 0), PRIO_MAX);
  await call(proc).setpriority(PRIO_PROCESS, 0, -1000);
  t.is(await call(proc).getpriority(PRIO_PROCESS, 0), PRIO_MIN);
});

conformance(
  'setpriority: a better priority takes privilege (EACCES), somebody else’s process too (EPERM)',
  async (t, { newproc, call }) => {
    const [mine, twin, other] = [newproc({ uid: 100 }), newproc({ uid: 100 }), newproc({ uid: 200 })];
    await call(mine).setpriority(PRIO_PROCESS, 0, 4);
    await call(mine).setpriority(PRIO_PROCESS, 0, 4);
    await fails(t, 'EACCES', call(mine).setpriority(PRIO_PROCESS, 0, 3));
    await call(mine).setpriority(PRIO_PROCESS, twin.pid, 6);
    await fails(t, 'EPERM', call(mine).setpriority(PRIO_PROCESS, other.pid, 10));
    t.is(await call(other).getpriority(PRIO_PROCESS, 0), 0);
    const aside = newproc();
    await call(aside).setreuid(0, 100);
    await fails(t, 'EACCES', call(aside).setpriority(PRIO_PROCESS, other.pid, 10));
    await call(newproc()).setpriority(PRIO_USER, 100, -3);
    t.is(await call(mine).getpriority(PRIO_PROCESS, 0), -3);
    t.is(await call(twin).getpriority(PRIO_PROCESS, 0), -3);
  },
);

conformance(
  'setpriority: on a CPU the better one runs first',
  async (t, { newproc }) => {
    const order: number[] = [];
    const procs = [10, -10, 0].map((nice) => {
      const proc = newproc();
      proc.sys.setpriority(PRIO_PROCESS, 0, nice);
      return { nice, proc };
    });
    await Promise.all(
      procs.map(async ({ nice, proc }) => {
        await proc.promises.getpid();
        order.push(nice);
      }),
    );
    t.deepEqual(order, [-10, 0, 10]);
  },
  { boot: { ncpu: 1 } },
);

conformance('getrusage: of oneself, and of children waited for', async (t, { newproc, call }) => {
  const parent = newproc();
  const child = parent.fork();
  await call(child).nanosleep({ sec: 0, nsec: 1_000_000 });
  const own = await call(child).getrusage(RUSAGE_SELF);
  t.true(own.nvcsw > 0);
  t.is(own.utime.sec, 0);
  child.exit();
  const { rusage } = await call(parent).wait4(child.pid, 0);
  t.true(rusage.nvcsw >= own.nvcsw);
  const children = await call(parent).getrusage(RUSAGE_CHILDREN);
  t.true(children.stime.usec >= rusage.stime.usec);
  t.is(children.nvcsw, rusage.nvcsw);
  for (const who of [1, -2, 5]) {
    await fails(t, 'EINVAL', call(parent).getrusage(who));
  }
});

conformance('getrusage, wait6: what grandchildren used is of the children', async (t, { newproc, call }) => {
  const grandparent = newproc();
  const parent = grandparent.fork();
  const child = parent.fork();
  for (let i = 0; i < 3; i++) {
    await call(child).sched_yield();
  }
  child.exit();
  const { rusage } = await call(parent).wait4(child.pid, 0);
  t.true(rusage.nivcsw >= 3);
  parent.exit();
  const { wru } = await call(grandparent).wait6(P_PID, parent.pid, WEXITED);
  t.is(wru.children.nivcsw, rusage.nivcsw);
  const children = await call(grandparent).getrusage(RUSAGE_CHILDREN);
  t.is(children.nivcsw, wru.self.nivcsw + wru.children.nivcsw);
  t.is((await call(grandparent).getrusage(RUSAGE_SELF)).nsignals, 0);
});

conformance(
  'RLIMIT_CPU: SIGXCPU at the soft limit, SIGKILL at the hard one',
  async (t, { kern, newproc }) => {
    const proc = newproc();
    const p = kern.procs.get(proc.pid) as Proc;
    const caught: number[] = [];
    proc.sys.sigaction(SIGXCPU, { handler: (signo) => caught.push(signo), mask: SIGSET_EMPTY, flags: 0 });
    proc.sys.setrlimit(RLIMIT_CPU, { cur: 1, max: 100 });
    const work = (): void => {
      for (let i = 0; i < 200; i++) {
        proc.sys.getpid();
      }
    };
    work();
    t.deepEqual(caught, []);
    p.stimeNs = 1e9;
    work();
    t.deepEqual(caught, [SIGXCPU], 'and then every five seconds');
    p.stimeNs = 7e9;
    work();
    t.deepEqual(caught, [SIGXCPU, SIGXCPU]);
    p.stimeNs = 100e9;
    t.throws(work, { code: 'ESRCH', message: /SIGKILL/ });
  },
);
