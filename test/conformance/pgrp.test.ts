/**
 * Process groups, sessions and their orphans.
 *
 * NetBSD: sys/kern/kern_proc.c; setpgid(2), getpgrp(2), setsid(2), getsid(2).
 */
import type { ExecutionContext } from 'ava';
import type { Proc } from '../../lib/api/index.ts';
import { SIGCONT, SIGHUP, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU } from '../../lib/sys/constants/signal.ts';
import { W_STOPCODE, WNOHANG, WTERMSIG, WUNTRACED } from '../../lib/sys/constants/wait.ts';
import { conformance, fails, turn, type World } from './harness.ts';

function stateOf({ kernel }: World, proc: Proc): string {
  return kernel.ps().find((p) => p.pid === proc.pid)?.state ?? 'gone';
}

/** A session leader and a child of it in a group of its own: a shell and its job. */
async function shellAndJob({ newproc, call }: World): Promise<{ shell: Proc; job: Proc }> {
  const shell = newproc({ comm: 'shell' });
  await call(shell).setsid();
  const job = shell.fork();
  await call(job).setpgid(0, 0);
  return { shell, job };
}

conformance('a child is in the group and session of its parent', async (t, { newproc, call }) => {
  const parent = newproc();
  const sid = await call(parent).setsid();
  t.is(sid, parent.pid);
  const child = parent.fork();
  t.is(await call(child).getpgrp(), parent.pid);
  t.is(await call(child).getpgid(0), parent.pid);
  t.is(await call(child).getsid(0), parent.pid);
  t.is(await call(parent).getpgid(child.pid), parent.pid);
  t.is(await call(parent).getsid(child.pid), parent.pid);
});

conformance(
  'getpgid, getsid: any process may be asked about, but it must exist',
  async (t, { newproc, call }) => {
    const [one, other] = [newproc({ uid: 1 }), newproc({ uid: 2 })];
    await call(other).setsid();
    t.is(await call(one).getpgid(other.pid), other.pid);
    t.is(await call(one).getsid(other.pid), other.pid);
    for (const pid of [29999, -1, -other.pid]) {
      await fails(t, 'ESRCH', call(one).getpgid(pid));
      await fails(t, 'ESRCH', call(one).getsid(pid));
    }
    const zombie = one.fork();
    zombie.exit();
    await fails(t, 'ESRCH', call(one).getpgid(zombie.pid));
    await fails(t, 'ESRCH', call(one).getsid(zombie.pid));
  },
);

conformance(
  'setpgid: a process founds a group, or joins one of its session',
  async (t, { newproc, call }) => {
    const parent = newproc();
    await call(parent).setsid();
    const [a, b] = [parent.fork(), parent.fork()];
    await call(a).setpgid(0, 0);
    t.is(await call(a).getpgrp(), a.pid);
    t.is(await call(a).getsid(0), parent.pid);
    await call(b).setpgid(0, a.pid);
    t.is(await call(b).getpgrp(), a.pid);
    await call(b).setpgid(b.pid, b.pid);
    t.is(await call(b).getpgrp(), b.pid);
    await call(b).setpgid(0, parent.pid);
    t.is(await call(b).getpgrp(), parent.pid);
    await call(b).setpgid(0, parent.pid);
  },
);

conformance('setpgid: a parent moves its children and their children', async (t, { newproc, call }) => {
  const parent = newproc();
  await call(parent).setsid();
  const child = parent.fork();
  const grandchild = child.fork();
  await call(parent).setpgid(child.pid, 0);
  t.is(await call(child).getpgrp(), child.pid);
  await call(parent).setpgid(grandchild.pid, child.pid);
  t.is(await call(grandchild).getpgrp(), child.pid);
  await fails(t, 'ESRCH', call(child).setpgid(parent.pid, 0));
});

conformance(
  'setpgid: ESRCH for who is no descendant, EPERM across sessions, EINVAL for a negative group',
  async (t, world) => {
    const { newproc, call } = world;
    const { shell, job } = await shellAndJob(world);
    const stranger = newproc();
    await fails(t, 'ESRCH', call(shell).setpgid(stranger.pid, 0));
    await fails(t, 'ESRCH', call(shell).setpgid(29999, 0));
    await fails(t, 'ESRCH', call(shell).setpgid(-1, 0));
    await fails(t, 'EINVAL', call(shell).setpgid(0, -1));
    await fails(t, 'EPERM', call(job).setpgid(0, await call(stranger).getpgrp()));
    await fails(t, 'EPERM', call(job).setpgid(0, 29999));
    const away = shell.fork();
    await call(away).setsid();
    await fails(t, 'EPERM', call(shell).setpgid(away.pid, shell.pid));
    const zombie = shell.fork();
    zombie.exit();
    await fails(t, 'ESRCH', call(shell).setpgid(zombie.pid, 0));
  },
);

conformance('setpgid: a session leader stays in its group', async (t, world) => {
  const { call } = world;
  const { shell, job } = await shellAndJob(world);
  await fails(t, 'EPERM', call(shell).setpgid(0, job.pid));
  await call(shell).setpgid(0, 0);
  await call(shell).setpgid(0, shell.pid);
  t.is(await call(shell).getpgrp(), shell.pid);
});

conformance('setsid: a group leader cannot; the founder of a living group neither', async (t, world) => {
  const { call } = world;
  const { shell, job } = await shellAndJob(world);
  await fails(t, 'EPERM', call(shell).setsid());
  await fails(t, 'EPERM', call(job).setsid());
  const member = shell.fork();
  await call(member).setpgid(0, job.pid);
  await call(job).setpgid(0, shell.pid);
  await fails(t, 'EPERM', call(job).setsid());
  await call(member).setpgid(0, shell.pid);
  t.is(await call(job).setsid(), job.pid);
  t.is(await call(job).getpgrp(), job.pid);
  t.is(await call(job).getsid(0), job.pid);
});

async function stoppedJob(t: ExecutionContext, world: World): Promise<{ shell: Proc; job: Proc }> {
  const both = await shellAndJob(world);
  await world.call(both.shell).kill(both.job.pid, SIGSTOP);
  t.is(stateOf(world, both.job), 'stopped');
  return both;
}

conformance('orphans: when the shell exits, its stopped job is hung up and continued', async (t, world) => {
  const { shell, job } = await stoppedJob(t, world);
  shell.exit();
  await turn();
  t.is(WTERMSIG(job.status ?? 0), SIGHUP);
});

conformance('orphans: a job that is not stopped goes on', async (t, world) => {
  const { shell, job } = await shellAndJob(world);
  shell.exit();
  await turn();
  t.true(job.alive);
  t.is(await world.call(job).getppid(), 1);
});

conformance('orphans: of a group, those that are stopped are hung up', async (t, world) => {
  const { call } = world;
  const { shell, job } = await shellAndJob(world);
  const member = shell.fork();
  await call(member).setpgid(0, job.pid);
  await call(shell).kill(job.pid, SIGSTOP);
  shell.exit();
  await turn();
  t.false(job.alive);
  t.true(member.alive);
});

conformance(
  'orphans: a group is kept by any member whose parent is elsewhere in the session',
  async (t, world) => {
    const { newproc, call } = world;
    const leader = newproc();
    await call(leader).setsid();
    const [one, two] = [leader.fork(), leader.fork()];
    const [a, b] = [one.fork(), two.fork()];
    await call(one).setpgid(a.pid, a.pid);
    await call(b).setpgid(0, a.pid);
    await call(leader).kill(a.pid, SIGSTOP);
    one.exit();
    await turn();
    t.is(stateOf(world, a), 'stopped', 'the parent of b still looks after the group');
    two.exit();
    await turn();
    t.is(stateOf(world, a), 'gone');
  },
);

conformance('orphans: a parent that joins the group is looked after in its turn', async (t, world) => {
  const { newproc, call } = world;
  const leader = newproc();
  await call(leader).setsid();
  const shell = leader.fork();
  const job = shell.fork();
  await call(job).setpgid(0, 0);
  await call(leader).kill(job.pid, SIGSTOP);
  await call(shell).setpgid(0, job.pid);
  await turn();
  t.is(stateOf(world, job), 'stopped', 'the leader looks after the shell, and so after its group');
  shell.exit();
  await turn();
  t.is(stateOf(world, job), 'gone');
});

conformance(
  'orphans: a parent that starts a session of its own leaves its stopped job behind',
  async (t, world) => {
    const { newproc, call } = world;
    const leader = newproc();
    await call(leader).setsid();
    const shell = leader.fork();
    const job = shell.fork();
    await call(job).setpgid(0, 0);
    await call(leader).kill(job.pid, SIGSTOP);
    await call(shell).setsid();
    await turn();
    t.is(stateOf(world, job), 'zombie');
    t.is(WTERMSIG((await call(shell).wait4(job.pid, 0)).status), SIGHUP);
  },
);

conformance(
  'stop signals of the terminal do nothing to an orphaned group; SIGSTOP does',
  async (t, world) => {
    const { call } = world;
    const { shell, job } = await shellAndJob(world);
    for (const signo of [SIGTSTP, SIGTTIN, SIGTTOU]) {
      await call(shell).kill(shell.pid, signo);
      t.is(stateOf(world, shell), 'active', `${signo}: nobody would continue the leader`);
      await call(shell).kill(job.pid, signo);
      t.is(stateOf(world, job), 'stopped');
      t.is((await call(shell).wait4(job.pid, WUNTRACED)).status, W_STOPCODE(signo));
      await call(shell).kill(job.pid, SIGCONT);
      t.is(stateOf(world, job), 'active');
    }
    t.is((await call(shell).wait4(job.pid, WNOHANG)).pid, 0);
  },
);

conformance('a group and a session last as long as a member', async (t, world) => {
  const { kern, call } = world;
  const { shell, job } = await shellAndJob(world);
  shell.exit();
  t.true(kern.sessions.has(shell.pid));
  t.false(kern.pgrps.has(shell.pid));
  t.is(await call(job).getsid(0), shell.pid);
  job.exit();
  t.false(kern.sessions.has(shell.pid));
  t.false(kern.pgrps.has(job.pid));
});
