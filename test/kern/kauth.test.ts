import test from 'ava';
import { KernelBug } from '../../lib/kern/kassert.ts';
import {
  isId,
  KAUTH_RESULT_ALLOW,
  KAUTH_RESULT_DEFER,
  KAUTH_RESULT_DENY,
  type KauthResult,
  kauthAllows,
  kauthAuthorize,
  kauthCredCopy,
  kauthCredCreate,
  kauthCredFree,
  kauthCredHold,
  kauthCredIsmember,
  kauthListenScope,
  NGROUPS_MAX,
  UID_MAX,
} from '../../lib/kern/kauth.ts';
import { EINVAL, EPERM } from '../../lib/sys/errno.ts';
import { bootFifo, throwsErrno } from './support.ts';

const issuser = { scope: 'generic', action: 'issuser' } as const;
const root = () => kauthCredCreate(0, 0, []);
const user = () => kauthCredCreate(1000, 100, []);

test('a credential has the ids it was made with, three of each, and its own list of groups', (t) => {
  const groups = [5, 6];
  const cred = kauthCredCreate(1000, 100, groups);
  groups.push(7);
  const { uid, euid, svuid, gid, egid, svgid, groups: own, refcnt } = cred;
  t.deepEqual([uid, euid, svuid, gid, egid, svgid, refcnt], [1000, 1000, 1000, 100, 100, 100, 1]);
  t.deepEqual(own, [5, 6]);
});

test('ids are 32 bits, and all ones is none', (t) => {
  t.true(isId(0));
  t.true(isId(UID_MAX));
  for (const id of [-1, UID_MAX + 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.false(isId(id), String(id));
    throwsErrno(t, EINVAL, () => kauthCredCreate(id, 0, []));
    throwsErrno(t, EINVAL, () => kauthCredCreate(0, id, []));
    throwsErrno(t, EINVAL, () => kauthCredCreate(0, 0, [id]));
  }
});

test('so many groups and no more', (t) => {
  const groups = Array.from({ length: NGROUPS_MAX }, (_, i) => i);
  t.is(kauthCredCreate(0, 0, groups).groups.length, NGROUPS_MAX);
  throwsErrno(t, EINVAL, () => kauthCredCreate(0, 0, [...groups, 99]));
});

test('references are counted, and counting wrong is a bug', (t) => {
  const cred = user();
  t.is(kauthCredHold(cred), cred);
  kauthCredFree(cred);
  kauthCredFree(cred);
  t.is(cred.refcnt, 0);
  for (const use of [kauthCredFree, kauthCredHold, kauthCredCopy]) {
    t.throws(() => use(cred), { instanceOf: KernelBug, message: /freed/ });
  }
});

test("a copy is one's own: a new one of what is shared, the same of what is not", (t) => {
  const cred = user();
  t.is(kauthCredCopy(cred), cred);
  kauthCredHold(cred);
  cred.euid = 1;
  cred.svuid = 2;
  cred.egid = 3;
  cred.svgid = 4;
  const copy = kauthCredCopy(cred);
  t.not(copy, cred);
  t.like(copy, { uid: 1000, euid: 1, svuid: 2, gid: 100, egid: 3, svgid: 4, refcnt: 1 });
  t.is(cred.refcnt, 1);
});

test('membership counts the effective group and the supplementary ones', (t) => {
  const cred = kauthCredCreate(1, 10, [20]);
  t.true(kauthCredIsmember(cred, 10));
  t.true(kauthCredIsmember(cred, 20));
  t.false(kauthCredIsmember(cred, 30));
  cred.egid = 30;
  t.true(kauthCredIsmember(cred, 30));
  t.false(kauthCredIsmember(cred, 10));
});

test('one denial denies, else one permission permits, else the answer is no', (t) => {
  const [A, D, F] = [KAUTH_RESULT_ALLOW, KAUTH_RESULT_DENY, KAUTH_RESULT_DEFER] as const;
  const cases: readonly (readonly [readonly KauthResult[], boolean])[] = [
    [[], false],
    [[F, F], false],
    [[F, A], true],
    [[A, D], false],
    [[D, A], false],
  ];
  for (const [answers, allowed] of cases) {
    const k = bootFifo();
    k.kauthScopes.clear();
    for (const answer of answers) {
      kauthListenScope(k, 'generic', () => answer);
    }
    t.is(kauthAllows(k, root(), issuser), allowed, answers.join());
    if (allowed) {
      t.notThrows(() => kauthAuthorize(k, root(), issuser));
    } else {
      throwsErrno(t, EPERM, () => kauthAuthorize(k, root(), issuser));
    }
  }
});

test('listeners hear what is asked in their scope, and nothing once removed', (t) => {
  const k = bootFifo();
  const heard: unknown[] = [];
  const cred = user();
  const remove = kauthListenScope(k, 'generic', (who, action) => {
    heard.push(who, action);
    return KAUTH_RESULT_ALLOW;
  });
  kauthAllows(k, cred, { scope: 'system', action: 'reboot' });
  t.deepEqual(heard, []);
  t.true(kauthAllows(k, cred, issuser));
  t.deepEqual(heard, [cred, issuser]);
  remove();
  t.false(kauthAllows(k, cred, issuser));
  t.throws(remove, { instanceOf: KernelBug, message: /removed twice/ });
});

test('the superuser may, by effective id; others may not', (t) => {
  const k = bootFifo();
  t.true(kauthAllows(k, root(), issuser));
  t.false(kauthAllows(k, user(), issuser));
  const dropped = root();
  dropped.euid = 1000;
  t.false(kauthAllows(k, dropped, issuser));
});
