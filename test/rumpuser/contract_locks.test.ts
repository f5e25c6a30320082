/** The contract of `lib/rumpuser/rumpuser.ts`: locks, as far as one host thread can tell. */
import type { LockHandle, Rumpuser, RwMode } from '../../lib/rumpuser/rumpuser.ts';
import {
  RUMPUSER_MTX_KMUTEX,
  RUMPUSER_MTX_RECURSIVE,
  RUMPUSER_MTX_SPIN,
} from '../../lib/rumpuser/rumpuser.ts';
import { EBUSY, EINVAL, ETIMEDOUT } from '../../lib/sys/errno.ts';
import { onEveryHost } from './contract_hosts.ts';
import { asLwp, asserts, becomeLwp, bind, throwsErrno } from './sim_support.ts';

/** Messages start with the name of the call that was made. */
function says(call: keyof Rumpuser, text: string): RegExp {
  return new RegExp(`^${call}: ${text}`);
}

const FLAGS = [0, RUMPUSER_MTX_SPIN, RUMPUSER_MTX_KMUTEX, RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX];

onEveryHost('a mutex is its owner until it leaves, and that costs no upcall', (t, { host }) => {
  const upcalls = bind(host);
  const lwp = becomeLwp(host);
  for (const flags of [...FLAGS, RUMPUSER_MTX_RECURSIVE]) {
    const m = host.mutexInit(flags);
    t.true(Number.isInteger(m) && m > 0);
    t.is(host.mutexOwner(m), 0);
    for (const enter of ['mutexEnter', 'mutexEnterNowrap', 'mutexTryenter'] as const) {
      host[enter](m);
      t.is(host.mutexOwner(m), lwp);
      host.mutexExit(m);
      t.is(host.mutexOwner(m), 0);
    }
    host.mutexDestroy(m);
  }
  t.deepEqual(upcalls, []);
});

onEveryHost('a recursive mutex is free after as many exits as enters', (t, { host }) => {
  const m = host.mutexInit(RUMPUSER_MTX_RECURSIVE);
  const lwp = becomeLwp(host);
  host.mutexEnter(m);
  host.mutexEnterNowrap(m);
  host.mutexTryenter(m);
  for (let i = 0; i < 3; i++) {
    t.is(host.mutexOwner(m), lwp);
    host.mutexExit(m);
  }
  t.is(host.mutexOwner(m), 0);
  asserts(t, says('mutexExit', `mutex ${m} is not held`), () => host.mutexExit(m));
});

onEveryHost('misuse of a mutex names it and both parties', (t, { host }) => {
  const m = host.mutexInit(RUMPUSER_MTX_KMUTEX);
  const nobody = `mutex ${m}: no lwp is current`;
  asserts(t, says('mutexEnter', nobody), () => host.mutexEnter(m));
  asserts(t, says('mutexEnterNowrap', nobody), () => host.mutexEnterNowrap(m));
  asserts(t, says('mutexTryenter', nobody), () => host.mutexTryenter(m));
  const a = becomeLwp(host);
  const b = host.lwpCreate();
  asserts(t, says('mutexExit', `mutex ${m} is not held .*lwp ${a}`), () => host.mutexExit(m));
  host.mutexEnter(m);
  const again = `deadlock: mutex ${m} is already held by lwp ${a}, the caller`;
  asserts(t, says('mutexEnter', again), () => host.mutexEnter(m));
  asserts(t, says('mutexEnterNowrap', again), () => host.mutexEnterNowrap(m));
  throwsErrno(t, EBUSY, () => host.mutexTryenter(m));
  asserts(t, says('mutexDestroy', `mutex ${m} is held by lwp ${a}`), () => host.mutexDestroy(m));
  asLwp(host, b, () => {
    throwsErrno(t, EBUSY, () => host.mutexTryenter(m));
    asserts(t, says('mutexExit', `mutex ${m} is held by lwp ${a}, not by lwp ${b}`), () => host.mutexExit(m));
  });
  host.mutexExit(m);
  throwsErrno(t, EINVAL, () => host.mutexInit(0x80));
});

onEveryHost('handles of destroyed, foreign and unheard-of locks are found out', (t, { host }) => {
  becomeLwp(host);
  const uses = [
    'mutexEnter',
    'mutexEnterNowrap',
    'mutexTryenter',
    'mutexExit',
    'mutexOwner',
    'mutexDestroy',
  ] as const;
  const destroyed = host.mutexInit(0);
  host.mutexDestroy(destroyed);
  const cv = host.cvInit();
  for (const use of uses) {
    asserts(t, says(use, `mutex ${destroyed} is destroyed`), () => host[use](destroyed));
    asserts(t, says(use, `lock ${cv} is a cv, not a mutex`), () => host[use](cv));
    for (const handle of [0, -1, 2 ** 40, 0.5, Number.NaN]) {
      asserts(t, says(use, `no lock ${handle}`), () => host[use](handle));
    }
  }
  asserts(t, says('rwEnter', `lock ${cv} is a cv, not a rwlock`), () => host.rwEnter('reader', cv));
  const rw = host.rwInit();
  asserts(t, says('cvSignal', `lock ${rw} is a rwlock, not a cv`), () => host.cvSignal(rw));
  host.rwDestroy(rw);
  host.cvDestroy(cv);
  asserts(t, says('rwHeld', `rwlock ${rw} is destroyed`), () => host.rwHeld('reader', rw));
  asserts(t, says('cvHasWaiters', `cv ${cv} is destroyed`), () => host.cvHasWaiters(cv));
});

onEveryHost('readers share, a writer is alone, and whoever holds is told apart', (t, { host }) => {
  const rw = host.rwInit();
  const a = becomeLwp(host);
  const b = host.lwpCreate();
  host.rwEnter('reader', rw);
  host.rwEnter('reader', rw);
  t.true(host.rwHeld('reader', rw));
  t.false(host.rwHeld('writer', rw));
  throwsErrno(t, EBUSY, () => host.rwTryupgrade(rw));
  host.rwExit(rw);
  asLwp(host, b, () => {
    host.rwTryenter('reader', rw);
    throwsErrno(t, EBUSY, () => host.rwTryenter('writer', rw));
    throwsErrno(t, EBUSY, () => host.rwTryupgrade(rw));
    host.rwExit(rw);
    asserts(t, says('rwExit', `rwlock ${rw} is not held by lwp ${b}`), () => host.rwExit(rw));
    asserts(t, says('rwTryupgrade', `rwlock ${rw} is not held for reading by lwp ${b}`), () =>
      host.rwTryupgrade(rw),
    );
  });
  asserts(t, says('rwDestroy', `rwlock ${rw} is held by 1 for reading`), () => host.rwDestroy(rw));
  asserts(
    t,
    says('rwEnter', `deadlock: rwlock ${rw} is already held for reading by lwp ${a}, the caller`),
    () => host.rwEnter('writer', rw),
  );
  host.rwTryupgrade(rw);
  t.true(host.rwHeld('writer', rw));
  t.false(host.rwHeld('reader', rw));
  asLwp(host, b, () => {
    t.false(host.rwHeld('writer', rw));
    throwsErrno(t, EBUSY, () => host.rwTryenter('reader', rw));
    asserts(t, says('rwExit', `rwlock ${rw} is not held by lwp ${b}`), () => host.rwExit(rw));
    asserts(t, says('rwDowngrade', `rwlock ${rw} is not held for writing by lwp ${b}`), () =>
      host.rwDowngrade(rw),
    );
  });
  const again = `deadlock: rwlock ${rw} is already held for writing by lwp ${a}, the caller`;
  asserts(t, says('rwEnter', again), () => host.rwEnter('writer', rw));
  asserts(t, says('rwEnter', again), () => host.rwEnter('reader', rw));
  throwsErrno(t, EBUSY, () => host.rwTryenter('writer', rw));
  asserts(t, says('rwDestroy', `rwlock ${rw} is held by lwp ${a}`), () => host.rwDestroy(rw));
  host.rwDowngrade(rw);
  t.true(host.rwHeld('reader', rw));
  host.rwExit(rw);
  host.rwEnter('writer', rw);
  host.rwExit(rw);
  host.rwDestroy(rw);
  const other = host.rwInit();
  host.curlwpClear(a);
  asserts(t, says('rwEnter', `rwlock ${other}: no lwp is current`), () => host.rwEnter('reader', other));
});

function heldMutex(host: Rumpuser, flags: number): LockHandle {
  const m = host.mutexInit(flags);
  host.mutexEnter(m);
  return m;
}

onEveryHost('a timed wait times out with the mutex held as often as before', (t, { host }) => {
  const upcalls = bind(host);
  const lwp = becomeLwp(host);
  const cv = host.cvInit();
  for (const flags of [...FLAGS, RUMPUSER_MTX_RECURSIVE]) {
    const m = heldMutex(host, flags);
    if (flags === RUMPUSER_MTX_RECURSIVE) host.mutexEnter(m);
    const before = host.monotonicNs();
    upcalls.length = 0;
    throwsErrno(t, ETIMEDOUT, () => host.cvTimedwait(cv, m, 1_000_000));
    t.true(host.monotonicNs() - before >= 1_000_000);
    t.deepEqual(upcalls, ['unschedule', 'schedule']);
    t.is(host.mutexOwner(m), lwp);
    host.mutexExit(m);
    if (flags === RUMPUSER_MTX_RECURSIVE) {
      t.is(host.mutexOwner(m), lwp);
      host.mutexExit(m);
    }
    t.is(host.mutexOwner(m), 0);
  }
  t.false(host.cvHasWaiters(cv));
});

onEveryHost('timeouts that are over already, and one that is no number', (t, { host }) => {
  becomeLwp(host);
  const cv = host.cvInit();
  const m = heldMutex(host, 0);
  throwsErrno(t, ETIMEDOUT, () => host.cvTimedwait(cv, m, 0));
  throwsErrno(t, ETIMEDOUT, () => host.cvTimedwait(cv, m, -1));
  throwsErrno(t, EINVAL, () => host.cvTimedwait(cv, m, Number.NaN));
});

onEveryHost('signals nobody waits for are lost', (t, { host }) => {
  becomeLwp(host);
  const cv = host.cvInit();
  const m = heldMutex(host, 0);
  host.cvSignal(cv);
  host.cvBroadcast(cv);
  throwsErrno(t, ETIMEDOUT, () => host.cvTimedwait(cv, m, 1_000));
});

onEveryHost('waiting needs an lwp that holds the mutex', (t, { host }) => {
  const cv = host.cvInit();
  const m = host.mutexInit(0);
  asserts(t, says('cvWait', 'cv \\d+: no lwp is current'), () => host.cvWait(cv, m));
  const a = becomeLwp(host);
  asserts(t, says('cvWait', `mutex ${m} is not held`), () => host.cvWait(cv, m));
  asserts(t, says('cvWaitNowrap', `mutex ${m} is not held`), () => host.cvWaitNowrap(cv, m));
  asserts(t, says('cvTimedwait', `mutex ${m} is not held`), () => host.cvTimedwait(cv, m, 1));
  host.mutexEnter(m);
  asLwp(host, host.lwpCreate(), () => {
    asserts(t, says('cvWait', `mutex ${m} is held by lwp ${a}, not by lwp`), () => host.cvWait(cv, m));
  });
  t.is(host.mutexOwner(m), a);
  asserts(t, says('cvWait', `lock ${cv} is a cv, not a mutex`), () => host.cvWait(cv, cv));
});

onEveryHost('whoever is the last to read may write', (t, { host }) => {
  const rw = host.rwInit();
  const lwps = Array.from({ length: 4 }, () => host.lwpCreate());
  const [a, b, c, d] = lwps as [number, number, number, number];
  for (const lwp of [a, b, c, b, d]) asLwp(host, lwp, () => host.rwEnter('reader', rw));
  for (const lwp of [c, b, d]) {
    asLwp(host, lwp, () => {
      throwsErrno(t, EBUSY, () => host.rwTryupgrade(rw));
      host.rwExit(rw);
    });
  }
  asLwp(host, d, () =>
    asserts(t, says('rwExit', `rwlock ${rw} is not held by lwp ${d}`), () => host.rwExit(rw)),
  );
  asLwp(host, a, () => host.rwExit(rw));
  asLwp(host, b, () => {
    t.true(host.rwHeld('reader', rw));
    host.rwTryupgrade(rw);
    t.true(host.rwHeld('writer', rw));
    host.rwExit(rw);
    t.false(host.rwHeld('reader', rw));
    t.false(host.rwHeld('writer', rw));
    asserts(t, says('rwExit', `rwlock ${rw} is not held by lwp ${b}`), () => host.rwExit(rw));
  });
  host.rwDestroy(rw);
});

onEveryHost('an lwp may read twice, alone and in company', (t, { host }) => {
  const rw = host.rwInit();
  const a = becomeLwp(host);
  const b = host.lwpCreate();
  host.rwEnter('reader', rw);
  host.rwTryenter('reader', rw);
  asLwp(host, b, () => host.rwEnter('reader', rw));
  host.rwExit(rw);
  asLwp(host, b, () => host.rwExit(rw));
  t.true(host.rwHeld('reader', rw));
  host.rwTryupgrade(rw);
  host.rwDowngrade(rw);
  host.rwExit(rw);
  t.false(host.rwHeld('reader', rw));
  asserts(t, says('rwExit', `rwlock ${rw} is not held by lwp ${a}`), () => host.rwExit(rw));
  host.rwDestroy(rw);
});

onEveryHost('misuse of a rwlock is told in the name of the call that was made', (t, { host }) => {
  const rw = host.rwInit();
  const destroyed = host.rwInit();
  host.rwDestroy(destroyed);
  const nobody = `rwlock ${rw}: no lwp is current`;
  const modes = ['rwEnter', 'rwTryenter'] as const;
  const plain = ['rwTryupgrade', 'rwDowngrade', 'rwExit'] as const;
  for (const call of modes) asserts(t, says(call, nobody), () => host[call]('reader', rw));
  for (const call of plain) asserts(t, says(call, nobody), () => host[call](rw));
  becomeLwp(host);
  const gone = `rwlock ${destroyed} is destroyed`;
  for (const call of [...modes, 'rwHeld'] as const)
    asserts(t, says(call, gone), () => host[call]('writer', destroyed));
  for (const call of [...plain, 'rwDestroy'] as const)
    asserts(t, says(call, gone), () => host[call](destroyed));
});

onEveryHost('misuse of a condition variable is told in the name of the call that was made', (t, { host }) => {
  becomeLwp(host);
  const m = heldMutex(host, 0);
  const destroyed = host.cvInit();
  host.cvDestroy(destroyed);
  const gone = `cv ${destroyed} is destroyed`;
  for (const call of ['cvSignal', 'cvBroadcast', 'cvHasWaiters', 'cvDestroy'] as const)
    asserts(t, says(call, gone), () => host[call](destroyed));
  asserts(t, says('cvWait', gone), () => host.cvWait(destroyed, m));
  asserts(t, says('cvWaitNowrap', gone), () => host.cvWaitNowrap(destroyed, m));
  asserts(t, says('cvTimedwait', gone), () => host.cvTimedwait(destroyed, m, 1));
  asserts(t, says('cvWait', 'no lock 0.5'), () => host.cvWait(0.5, m));
  asserts(t, says('cvWait', 'no lock -1'), () => host.cvWait(host.cvInit(), -1));
});

onEveryHost('a rwlock that is free costs no upcall', (t, { host }) => {
  const upcalls = bind(host);
  becomeLwp(host);
  const rw = host.rwInit();
  for (const mode of ['reader', 'writer'] as const) {
    host.rwEnter(mode, rw);
    host.rwExit(rw);
  }
  t.deepEqual(upcalls, []);
});

onEveryHost('there are two modes', (t, { host }) => {
  becomeLwp(host);
  const rw = host.rwInit();
  const mode = 'both' as RwMode;
  asserts(t, says('rwEnter', 'no such mode: both'), () => host.rwEnter(mode, rw));
  asserts(t, says('rwTryenter', 'no such mode: both'), () => host.rwTryenter(mode, rw));
  asserts(t, says('rwHeld', 'no such mode: both'), () => host.rwHeld(mode, rw));
});

onEveryHost('a thousand locks are a thousand locks', (t, { host }) => {
  const lwp = becomeLwp(host);
  const locks = Array.from({ length: 1_000 }, () => host.mutexInit(0));
  t.is(new Set(locks).size, 1_000);
  for (const m of locks) host.mutexEnter(m);
  for (const m of locks) t.is(host.mutexOwner(m), lwp);
  for (const m of locks) {
    host.mutexExit(m);
    host.mutexDestroy(m);
  }
});
