/**
 * Supplementary groups and the login name.
 *
 * NetBSD: sys/kern/kern_prot.c; getgroups(2), setgroups(2), getlogin(2).
 */
import { LOGIN_NAME_MAX, NGROUPS_MAX } from '../../lib/sys/constants/limits.ts';
import { conformance, fails } from './harness.ts';

conformance('getgroups: size 0 asks how many; a size too small is EINVAL', async (t, { newproc, call }) => {
  const proc = newproc({ uid: 100, gid: 7, groups: [5, 3, 9] });
  t.deepEqual(await call(proc).getgroups(3), [5, 3, 9]);
  t.deepEqual(await call(proc).getgroups(NGROUPS_MAX), [5, 3, 9]);
  t.is((await call(proc).getgroups(0)).length, 3);
  await fails(t, 'EINVAL', call(proc).getgroups(2));
  await fails(t, 'EINVAL', call(proc).getgroups(-1));
});

conformance('getgroups: what is returned is the caller’s own', async (t, { newproc, call }) => {
  const proc = newproc({ groups: [1, 2] });
  const groups = await call(proc).getgroups(NGROUPS_MAX);
  groups.push(0);
  t.deepEqual(await call(proc).getgroups(NGROUPS_MAX), [1, 2]);
});

conformance('setgroups: replaces all groups, up to NGROUPS_MAX of them', async (t, { newproc, call }) => {
  const proc = newproc({ groups: [1] });
  const most = Array.from({ length: NGROUPS_MAX }, (_, i) => i + 100);
  await call(proc).setgroups(most);
  t.deepEqual(await call(proc).getgroups(NGROUPS_MAX), most);
  await fails(t, 'EINVAL', call(proc).setgroups([...most, 1]));
  t.deepEqual(await call(proc).getgroups(NGROUPS_MAX), most);
  await call(proc).setgroups([]);
  t.deepEqual(await call(proc).getgroups(NGROUPS_MAX), []);
});

conformance(
  'setgroups: for the superuser alone, whatever the list; the list is looked at first',
  async (t, { newproc, call }) => {
    const proc = newproc({ uid: 100, groups: [1] });
    await fails(t, 'EPERM', call(proc).setgroups([1]));
    await fails(t, 'EPERM', call(proc).setgroups([]));
    await fails(t, 'EINVAL', call(proc).setgroups(new Array(NGROUPS_MAX + 1).fill(1)));
    t.is(await call(proc).issetugid(), 0);
  },
);

conformance('setgroups: taints the process even when nothing changes', async (t, { newproc, call }) => {
  const proc = newproc({ groups: [4] });
  await call(proc).setgroups([4]);
  t.is(await call(proc).issetugid(), 1);
});

conformance(
  'setgroups: later changes of the caller’s list do not reach the kernel',
  async (t, { newproc, call }) => {
    const proc = newproc();
    const list = [1, 2];
    const done = call(proc).setgroups(list);
    list[0] = 99;
    await done;
    t.deepEqual(await call(proc).getgroups(NGROUPS_MAX), [1, 2]);
  },
);

conformance('getlogin: the name belongs to the session', async (t, { newproc, call }) => {
  const leader = newproc();
  await call(leader).setsid();
  await call(leader).setlogin('alice');
  const child = leader.fork();
  const stranger = newproc();
  t.is(await call(child).getlogin(), 'alice');
  t.not(await call(stranger).getlogin(), 'alice');
  await call(child).setsid();
  t.is(await call(child).getlogin(), 'alice', 'a new session starts with the name of the old');
  await call(child).setlogin('bob');
  t.is(await call(leader).getlogin(), 'alice');
});

conformance('setlogin: for the superuser alone', async (t, { newproc, call }) => {
  const proc = newproc({ uid: 100 });
  const before = await call(proc).getlogin();
  await fails(t, 'EPERM', call(proc).setlogin('root'));
  t.is(await call(proc).getlogin(), before);
});

conformance('setlogin: a name has at most 16 bytes', async (t, { newproc, call }) => {
  const proc = newproc();
  const longest = 'x'.repeat(LOGIN_NAME_MAX - 1);
  await call(proc).setlogin(longest);
  t.is(await call(proc).getlogin(), longest);
  await fails(t, 'EINVAL', call(proc).setlogin(`${longest}x`));
  await fails(t, 'EINVAL', call(proc).setlogin('é'.repeat(9)));
  await fails(t, 'EINVAL', call(proc).setlogin('a\0b'));
  t.is(await call(proc).getlogin(), longest);
  await call(proc).setlogin('');
  t.is(await call(proc).getlogin(), '');
});
