/**
 * Changing identity.
 *
 * NetBSD: sys/kern/kern_prot.c; setuid(2), setreuid(2), getuid(2), issetugid(2).
 */
import type { ExecutionContext } from 'ava';
import type { Proc } from '../../lib/api/index.ts';
import { conformance, fails, type World } from './harness.ts';

type Kind = 'uid' | 'gid';
type Ids = readonly [real: number, effective: number, saved: number];
type Step = readonly [call: 'set' | 'sete' | 'setre', ...args: number[]];

const KINDS = ['uid', 'gid'] as const;
const ROOT: Ids = [0, 0, 0];
const PLAIN: Ids = [100, 100, 100];
/** Runs a program that is set-id to 200. */
const SETID: Ids = [100, 200, 200];
/** The same after it has put its privilege aside. */
const ASIDE: Ids = [100, 100, 200];

/** Who, which call, and the ids after it or the error. */
const MATRIX: readonly (readonly [who: Ids, step: Step, result: Ids | 'EPERM'])[] = [
  [PLAIN, ['set', 100], PLAIN],
  [PLAIN, ['set', 101], 'EPERM'],
  [PLAIN, ['set', 0], 'EPERM'],
  [PLAIN, ['sete', 100], PLAIN],
  [PLAIN, ['sete', 200], 'EPERM'],
  [PLAIN, ['sete', 0], 'EPERM'],
  [PLAIN, ['setre', 100, 100], PLAIN],
  [PLAIN, ['setre', -1, 200], 'EPERM'],
  [PLAIN, ['setre', 200, -1], 'EPERM'],
  [PLAIN, ['setre', -1, -1], PLAIN],
  [SETID, ['set', 100], PLAIN],
  [SETID, ['set', 200], 'EPERM'],
  [SETID, ['sete', 100], ASIDE],
  [SETID, ['sete', 200], SETID],
  [SETID, ['sete', 300], 'EPERM'],
  [SETID, ['setre', 200, 100], [200, 100, 100]],
  [SETID, ['setre', 200, -1], [200, 200, 200]],
  [SETID, ['setre', -1, 100], ASIDE],
  [SETID, ['setre', 100, 100], ASIDE],
  [SETID, ['setre', 300, -1], 'EPERM'],
  [SETID, ['setre', -1, 300], 'EPERM'],
  [ASIDE, ['sete', 200], SETID],
  [ASIDE, ['set', 200], 'EPERM'],
  [ASIDE, ['setre', 200, -1], 'EPERM'],
  [ASIDE, ['setre', -1, 200], SETID],
  [ASIDE, ['set', 100], PLAIN],
  [PLAIN, ['set', -1], PLAIN],
  [SETID, ['sete', -1], SETID],
];

/** What only the superuser may do. */
const ROOTS: readonly (readonly [step: Step, result: Ids])[] = [
  [['set', 100], PLAIN],
  [
    ['sete', 100],
    [0, 100, 0],
  ],
  [
    ['setre', 100, -1],
    [100, 0, 0],
  ],
  [
    ['setre', -1, 100],
    [0, 100, 0],
  ],
  [['setre', 100, 200], SETID],
  [
    ['setre', 0, 100],
    [0, 100, 0],
  ],
  [['set', 0], ROOT],
  [['set', -1], ROOT],
];

function idsOf(world: World, proc: Proc, kind: Kind): Ids {
  const cred = world.kern.procs.get(proc.pid)?.cred;
  if (cred === undefined) {
    throw new Error(`no process ${proc.pid}`);
  }
  return kind === 'uid' ? [cred.uid, cred.euid, cred.svuid] : [cred.gid, cred.egid, cred.svgid];
}

async function step(world: World, proc: Proc, kind: Kind, [call, ...args]: Step): Promise<void> {
  await world.call(proc)[`${call}${kind}`](...(args as [number, number]));
}

/** A process with these ids of one kind, made by the superuser; for groups, user 100 runs it. */
async function processWith(world: World, kind: Kind, [real, effective, saved]: Ids): Promise<Proc> {
  const proc = world.newproc();
  const { sys } = proc;
  if (real !== 0) {
    sys[`setre${kind}`](real, saved);
    if (kind === 'gid') {
      sys[`sete${kind}`](effective);
      sys.setuid(100);
    } else {
      sys[`sete${kind}`](effective);
    }
  }
  return proc;
}

async function check(t: ExecutionContext, world: World, proc: Proc, kind: Kind, want: Ids, what: string) {
  t.deepEqual(idsOf(world, proc, kind), want, what);
  const calls = world.call(proc);
  t.is(await calls[`get${kind}`](), want[0], what);
  t.is(await calls[`gete${kind}`](), want[1], what);
}

for (const kind of KINDS) {
  conformance(`set*${kind}: what a process without privilege may change its ids to`, async (t, world) => {
    for (const [who, action, result] of MATRIX) {
      const proc = await processWith(world, kind, who);
      const what = `(${who}) ${action[0]}${kind}(${action.slice(1)})`;
      t.deepEqual(idsOf(world, proc, kind), who, what);
      if (result === 'EPERM') {
        await fails(t, 'EPERM', step(world, proc, kind, action));
        await check(t, world, proc, kind, who, what);
      } else {
        await step(world, proc, kind, action);
        await check(t, world, proc, kind, result, what);
      }
      proc.exit();
    }
  });

  conformance(`set*${kind}: the superuser may change its ids to any`, async (t, world) => {
    for (const [action, result] of ROOTS) {
      const proc = world.newproc();
      await step(world, proc, kind, action);
      await check(t, world, proc, kind, result, `${action[0]}${kind}(${action.slice(1)})`);
      proc.exit();
    }
  });

  conformance(`set*${kind}: an id is 32 bits, and not negative`, async (t, { newproc, call }) => {
    const proc = newproc();
    for (const id of [-2, 2 ** 32, 0.5, Number.NaN]) {
      await fails(t, 'EINVAL', call(proc)[`set${kind}`](id));
      await fails(t, 'EINVAL', call(proc)[`sete${kind}`](id));
      await fails(t, 'EINVAL', call(proc)[`setre${kind}`](id, 0));
      await fails(t, 'EINVAL', call(proc)[`setre${kind}`](0, id));
    }
    await call(proc)[`set${kind}`](2 ** 32 - 2);
    t.is(await call(proc)[`get${kind}`](), 2 ** 32 - 2);
  });
}

conformance(
  'setuid: a process that gave its privilege up for good does not get it back',
  async (t, { newproc, call }) => {
    const proc = newproc();
    await call(proc).setuid(100);
    await fails(t, 'EPERM', call(proc).setuid(0));
    await fails(t, 'EPERM', call(proc).seteuid(0));
    await fails(t, 'EPERM', call(proc).setreuid(0, 0));
    await fails(t, 'EPERM', call(proc).setgid(1));
  },
);

conformance('seteuid: privilege put aside comes back from the saved id', async (t, { newproc, call }) => {
  const proc = newproc();
  await call(proc).seteuid(100);
  await fails(t, 'EPERM', call(proc).setgroups([1]));
  await call(proc).seteuid(0);
  await call(proc).setgroups([1]);
  t.deepEqual(await call(proc).getgroups(16), [1]);
});

conformance('a failed set*id changes nothing, not even that the ids are untouched', async (t, world) => {
  const proc = world.newproc({ uid: 100, gid: 100 });
  await fails(t, 'EPERM', world.call(proc).setuid(0));
  await world.call(proc).setuid(100);
  t.is(await world.call(proc).issetugid(), 0);
});

conformance(
  'issetugid: a change of ids taints the process and its children',
  async (t, { newproc, call }) => {
    const proc = newproc();
    t.is(await call(proc).issetugid(), 0);
    await call(proc).setuid(0);
    t.is(await call(proc).issetugid(), 0, 'nothing changed');
    await call(proc).setgid(5);
    t.is(await call(proc).issetugid(), 1);
    t.is(await call(proc.fork()).issetugid(), 1);
  },
);

conformance('ids are inherited by children and independent after that', async (t, { newproc, call }) => {
  const parent = newproc({ uid: 100, gid: 200, groups: [1, 2] });
  const child = parent.fork();
  t.is(await call(child).getuid(), 100);
  t.is(await call(child).getegid(), 200);
  t.deepEqual(await call(child).getgroups(16), [1, 2]);
  const root = newproc();
  const heir = root.fork();
  await call(root).setuid(7);
  t.is(await call(heir).geteuid(), 0);
  await call(heir).setgid(8);
  t.is(await call(root).getgid(), 0);
});

conformance('every lwp of a process has its identity', async (t, { newproc, call }) => {
  const proc = newproc();
  const second = proc.newlwp();
  await call(proc).setuid(77);
  t.is(await call(second).geteuid(), 77);
});
