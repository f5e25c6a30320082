/**
 * Waiting for children.
 *
 * NetBSD: sys/kern/kern_exit.c; wait(2).
 */
import { P_ALL, P_CPUID, P_GID, P_PGID, P_PID, P_SID, P_UID } from '../../lib/sys/constants/idtype.ts';
import {
  CLD_CONTINUED,
  CLD_EXITED,
  CLD_KILLED,
  CLD_STOPPED,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
} from '../../lib/sys/constants/signal.ts';
import {
  W_CONTCODE,
  W_EXITCODE,
  W_STOPCODE,
  WALLSIG,
  WALTSIG,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WUNTRACED,
} from '../../lib/sys/constants/wait.ts';
import { conformance, fails, now } from './harness.ts';

conformance('wait4: ECHILD without children, and for who is no child', async (t, { newproc, call }) => {
  const proc = newproc();
  const stranger = newproc();
  await fails(t, 'ECHILD', call(proc).wait4(-1, 0));
  const child = proc.fork();
  const grandchild = child.fork();
  for (const pid of [stranger.pid, grandchild.pid, proc.pid, 1, 29999, -29999]) {
    await fails(t, 'ECHILD', call(proc).wait4(pid, 0));
    await fails(t, 'ECHILD', call(proc).wait4(pid, WNOHANG));
  }
});

conformance('wait4: unknown options are EINVAL', async (t, { newproc, call }) => {
  const proc = newproc();
  proc.fork();
  for (const options of [0x80, 0x20000, WNOHANG | 0x1000, -1, 0x7fffffff]) {
    await fails(t, 'EINVAL', call(proc).wait4(-1, options));
  }
});

conformance('wait4: WNOHANG finds nobody ready and returns 0', async (t, { newproc, call }) => {
  const proc = newproc();
  const child = proc.fork();
  t.is((await call(proc).wait4(-1, WNOHANG)).pid, 0);
  child.exit(4);
  const { pid, status } = await call(proc).wait4(-1, WNOHANG);
  t.is(pid, child.pid);
  t.is(status, W_EXITCODE(4, 0));
});

conformance('wait4: which children: any, one, own group, another group', async (t, { newproc, call }) => {
  const proc = newproc();
  await call(proc).setsid();
  const [a, b, c] = [proc.fork(), proc.fork(), proc.fork()];
  await call(b).setpgid(0, 0);
  await call(c).setpgid(0, b.pid);
  for (const child of [c, b, a]) {
    child.exit();
  }
  t.is((await call(proc).wait4(0, 0)).pid, a.pid);
  await fails(t, 'ECHILD', call(proc).wait4(0, 0));
  t.is((await call(proc).wait4(c.pid, 0)).pid, c.pid);
  t.is((await call(proc).wait4(-b.pid, 0)).pid, b.pid);
  await fails(t, 'ECHILD', call(proc).wait4(-b.pid, 0));
});

conformance('wait4: sleeps until a child exits, and is told of each once', async (t, { newproc, call }) => {
  const proc = newproc();
  const [a, b] = [proc.fork(), proc.fork()];
  const first = proc.promises.wait4(-1, 0);
  t.is(await now(first), 'pending');
  b.exit(1);
  t.is((await first).pid, b.pid);
  const second = proc.promises.wait4(a.pid, 0);
  t.is(await now(second), 'pending');
  await call(a).exit(2);
  t.is((await second).status, W_EXITCODE(2, 0));
});

conformance(
  'wait4: of several who wait, one gets the child and the rest are told there is none',
  async (t, { newproc, call }) => {
    const proc = newproc();
    const child = proc.fork();
    const waits = [1, 2, 3].map(() => proc.promises.wait4(-1, 0));
    t.is(await now(waits[0] as Promise<unknown>), 'pending');
    await call(child).exit(0);
    const ends = await Promise.allSettled(waits);
    t.is(ends.filter((end) => end.status === 'fulfilled').length, 1);
    t.is(ends.filter((end) => end.status === 'rejected' && end.reason.code === 'ECHILD').length, 2);
  },
);

conformance('wait4: a child killed by a signal', async (t, { newproc, call }) => {
  const proc = newproc();
  const child = proc.fork();
  await call(proc).kill(child.pid, SIGTERM);
  t.is((await call(proc).wait4(-1, 0)).status, W_EXITCODE(0, SIGTERM));
});

conformance('wait4: WUNTRACED tells of a stop, once for each', async (t, { newproc, call }) => {
  const proc = newproc();
  const child = proc.fork();
  await call(proc).kill(child.pid, SIGSTOP);
  t.is((await call(proc).wait4(-1, WNOHANG)).pid, 0, 'not asked for');
  const { pid, status } = await call(proc).wait4(-1, WUNTRACED);
  t.is(pid, child.pid);
  t.is(status, W_STOPCODE(SIGSTOP));
  t.is((await call(proc).wait4(-1, WUNTRACED | WNOHANG)).pid, 0);
  await call(proc).kill(child.pid, SIGSTOP);
  t.is((await call(proc).wait4(-1, WUNTRACED | WNOHANG)).pid, 0, 'stopped already');
  await call(proc).kill(child.pid, SIGCONT);
  await call(proc).kill(child.pid, SIGSTOP);
  t.is((await call(proc).wait4(-1, WUNTRACED | WNOHANG)).pid, child.pid);
});

conformance('wait4: WCONTINUED tells of a continue, once', async (t, { newproc, call }) => {
  const proc = newproc();
  const child = proc.fork();
  await call(proc).kill(child.pid, SIGCONT);
  t.is((await call(proc).wait4(-1, WCONTINUED | WNOHANG)).pid, 0, 'it was not stopped');
  await call(proc).kill(child.pid, SIGSTOP);
  await call(proc).kill(child.pid, SIGCONT);
  t.is((await call(proc).wait4(-1, WNOHANG)).pid, 0, 'not asked for');
  const { pid, status } = await call(proc).wait4(-1, WCONTINUED);
  t.is(pid, child.pid);
  t.is(status, W_CONTCODE());
  t.is((await call(proc).wait4(-1, WCONTINUED | WNOHANG)).pid, 0);
});

conformance('wait4: WNOWAIT leaves the child to be waited for again', async (t, { newproc, call }) => {
  const proc = newproc();
  const child = proc.fork();
  await call(proc).kill(child.pid, SIGSTOP);
  for (const options of [WUNTRACED | WNOWAIT, WUNTRACED | WNOWAIT, WUNTRACED]) {
    t.is((await call(proc).wait4(-1, options)).status, W_STOPCODE(SIGSTOP));
  }
  await call(proc).kill(child.pid, SIGKILL);
  for (const options of [WNOWAIT, WNOWAIT, 0]) {
    t.is((await call(proc).wait4(-1, options)).status, W_EXITCODE(0, SIGKILL));
  }
  await fails(t, 'ECHILD', call(proc).wait4(-1, 0));
});

conformance(
  'wait4: WALTSIG asks for children that exit with another signal, of which there are none',
  async (t, { newproc, call }) => {
    const proc = newproc();
    const child = proc.fork();
    child.exit();
    await fails(t, 'ECHILD', call(proc).wait4(-1, WALTSIG));
    t.is((await call(proc).wait4(-1, WALLSIG)).pid, child.pid);
  },
);

conformance(
  'wait4: a wait ends with EINTR when its process is told to exit',
  async (t, { newproc, call }) => {
    const proc = newproc();
    proc.fork();
    const wait = proc.promises.wait4(-1, 0);
    t.is(await now(wait), 'pending');
    await call(newproc()).kill(proc.pid, SIGTERM);
    const error = await fails(t, 'ESRCH', wait);
    t.regex(error.message, /was killed by SIGTERM/);
  },
);

conformance('wait6: exactly what is asked for is told of', async (t, { newproc, call }) => {
  const proc = newproc();
  const child = proc.fork();
  for (const options of [0, WNOHANG, WNOWAIT]) {
    await fails(t, 'EINVAL', call(proc).wait6(P_ALL, 0, options));
  }
  child.exit(1);
  t.is((await call(proc).wait6(P_ALL, 0, WUNTRACED | WCONTINUED | WNOHANG)).pid, 0);
  t.is((await call(proc).wait6(P_ALL, 0, WEXITED)).pid, child.pid);
});

conformance(
  'wait6: which children: by number, group, session, user and group id',
  async (t, { newproc, call }) => {
    const proc = newproc();
    await call(proc).setsid();
    const [byPid, byPgid, bySid, byUid, byGid, rest] = [
      proc.fork(),
      proc.fork(),
      proc.fork(),
      proc.fork(),
      proc.fork(),
      proc.fork(),
    ];
    await call(byPgid).setpgid(0, 0);
    await call(bySid).setsid();
    await call(byUid).setuid(100);
    await call(byGid).setgid(200);
    for (const child of [rest, byGid, byUid, bySid, byPgid, byPid]) {
      child.exit();
    }
    const waited = async (idtype: number, id: number) => (await call(proc).wait6(idtype, id, WEXITED)).pid;
    t.is(await waited(P_PID, byPid.pid), byPid.pid);
    t.is(await waited(P_PGID, byPgid.pid), byPgid.pid);
    t.is(await waited(P_SID, bySid.pid), bySid.pid);
    t.is(await waited(P_UID, 100), byUid.pid);
    t.is(await waited(P_GID, 200), byGid.pid);
    await fails(t, 'ECHILD', waited(P_UID, 100));
    await fails(t, 'ECHILD', waited(P_CPUID, 0));
    await fails(t, 'ECHILD', waited(-1, 0));
    t.is(await waited(P_PGID, 0), rest.pid, 'group 0 is the caller’s own');
  },
);

conformance('wait6: says how the child ended, in the words of SIGCHLD', async (t, { newproc, call }) => {
  const proc = newproc();
  const tell = async (options: number) => {
    const { pid, info } = await call(proc).wait6(P_ALL, 0, options);
    return [pid, info.signo, info.pid, info.uid, info.code, info.status];
  };
  await fails(t, 'ECHILD', call(proc).wait6(P_ALL, 0, WEXITED));
  const child = proc.fork();
  const uid = 4_000_000_000;
  await call(child).setuid(uid);
  t.deepEqual(await tell(WEXITED | WNOHANG), [0, 0, 0, 0, 0, 0]);
  await call(proc).kill(child.pid, SIGSTOP);
  t.deepEqual(await tell(WUNTRACED), [child.pid, SIGCHLD, child.pid, uid, CLD_STOPPED, SIGSTOP]);
  await call(proc).kill(child.pid, SIGCONT);
  t.deepEqual(await tell(WCONTINUED), [child.pid, SIGCHLD, child.pid, uid, CLD_CONTINUED, SIGCONT]);
  await call(child).exit(7);
  t.deepEqual(await tell(WEXITED), [child.pid, SIGCHLD, child.pid, uid, CLD_EXITED, 7]);
  const killed = proc.fork();
  await call(proc).kill(killed.pid, SIGKILL);
  t.deepEqual(await tell(WEXITED), [killed.pid, SIGCHLD, killed.pid, 0, CLD_KILLED, SIGKILL]);
});

conformance('wait6: usage of the child and of its own children, apart', async (t, { newproc, call }) => {
  const proc = newproc();
  const child = proc.fork();
  await call(child).sched_yield();
  child.exit();
  const { wru } = await call(proc).wait6(P_ALL, 0, WEXITED);
  t.true(wru.self.nivcsw + wru.self.nvcsw > 0);
  t.is(wru.children.nivcsw, 0);
});
