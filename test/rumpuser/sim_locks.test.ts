import test from 'ava';
import type { Rumpuser } from '../../lib/rumpuser/rumpuser.ts';
import {
  RUMPUSER_MTX_KMUTEX,
  RUMPUSER_MTX_RECURSIVE,
  RUMPUSER_MTX_SPIN,
  RUMPUSER_VERSION,
} from '../../lib/rumpuser/rumpuser.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { EBUSY, EINVAL, ETIMEDOUT } from '../../lib/sys/errno.ts';
import { asLwp, asserts, becomeLwp, bind, throwsErrno } from './sim_support.ts';

/** What the upcall does during the next `unschedule`: the only moment at which somebody else can run. */
function withUnschedule(host: Rumpuser, action: () => void): void {
  host.init(RUMPUSER_VERSION, { schedule() {}, unschedule: action });
}

test('a mutex is its owner lwp until it leaves', (t) => {
  const host = simulatedHost();
  const m = host.mutexInit(RUMPUSER_MTX_KMUTEX);
  const lwp = becomeLwp(host);
  t.is(host.mutexOwner(m), 0);
  host.mutexEnter(m);
  t.is(host.mutexOwner(m), lwp);
  host.mutexExit(m);
  t.is(host.mutexOwner(m), 0);
  host.mutexTryenter(m);
  t.is(host.mutexOwner(m), lwp);
});

test('a recursive mutex is free after as many exits as enters', (t) => {
  const host = simulatedHost();
  const m = host.mutexInit(RUMPUSER_MTX_RECURSIVE);
  const lwp = becomeLwp(host);
  host.mutexEnter(m);
  host.mutexEnterNowrap(m);
  host.mutexTryenter(m);
  host.mutexExit(m);
  host.mutexExit(m);
  t.is(host.mutexOwner(m), lwp);
  host.mutexExit(m);
  t.is(host.mutexOwner(m), 0);
});

test('tryenter of a held mutex is EBUSY, for others and for its non-recursive owner', (t) => {
  const host = simulatedHost();
  const m = host.mutexInit(0);
  becomeLwp(host);
  host.mutexEnter(m);
  throwsErrno(t, EBUSY, () => host.mutexTryenter(m));
  asLwp(host, host.lwpCreate(), () => throwsErrno(t, EBUSY, () => host.mutexTryenter(m)));
});

test('misuse of a mutex names it and both parties', (t) => {
  const host = simulatedHost();
  const m = host.mutexInit(0);
  asserts(t, new RegExp(`mutexEnter: mutex ${m}: no lwp is current`), () => host.mutexEnter(m));
  const a = becomeLwp(host);
  const b = host.lwpCreate();
  asserts(t, new RegExp(`mutexExit: mutex ${m} is not held .*lwp ${a}`), () => host.mutexExit(m));
  host.mutexEnter(m);
  asserts(t, new RegExp(`mutex ${m} is already held by lwp ${a}, the caller`), () => host.mutexEnter(m));
  asserts(t, new RegExp(`mutexDestroy: mutex ${m} is held by lwp ${a}`), () => host.mutexDestroy(m));
  asLwp(host, b, () => {
    asserts(t, new RegExp(`mutexExit: mutex ${m} is held by lwp ${a}, not by lwp ${b}`), () =>
      host.mutexExit(m),
    );
    const deadlock = new RegExp(`deadlock: lwp ${b} wants mutex ${m}, which lwp ${a} holds`);
    asserts(t, deadlock, () => host.mutexEnter(m));
    asserts(t, deadlock, () => host.mutexEnterNowrap(m));
  });
  t.is(host.mutexOwner(m), a);
  host.mutexExit(m);
  host.mutexDestroy(m);
  asserts(t, new RegExp(`mutexEnter: mutex ${m} is destroyed`), () => host.mutexEnter(m));
  asserts(t, /mutexEnter: no lock 12345/, () => host.mutexEnter(12345));
  asserts(t, /no lock 0/, () => host.mutexEnter(0));
  const cv = host.cvInit();
  asserts(t, new RegExp(`lock ${cv} is a cv, not a mutex`), () => host.mutexEnter(cv));
  throwsErrno(t, EINVAL, () => host.mutexInit(0x80));
});

test('a blocked enter gives the CPU up first, and takes a mutex left meanwhile', (t) => {
  const host = simulatedHost();
  const m = host.mutexInit(RUMPUSER_MTX_KMUTEX);
  const owner = host.lwpCreate();
  asLwp(host, owner, () => host.mutexEnter(m));
  withUnschedule(host, () => asLwp(host, owner, () => host.mutexExit(m)));
  const lwp = becomeLwp(host);
  host.mutexEnter(m);
  t.is(host.mutexOwner(m), lwp);
});

test('spin mutexes and nowrap entries keep the CPU', (t) => {
  const host = simulatedHost();
  const upcalls = bind(host);
  const spin = host.mutexInit(RUMPUSER_MTX_SPIN);
  const adaptive = host.mutexInit(RUMPUSER_MTX_KMUTEX);
  asLwp(host, host.lwpCreate(), () => {
    host.mutexEnter(spin);
    host.mutexEnter(adaptive);
  });
  becomeLwp(host);
  asserts(t, /deadlock/, () => host.mutexEnter(spin));
  asserts(t, /deadlock/, () => host.mutexEnterNowrap(adaptive));
  t.deepEqual(upcalls, []);
  asserts(t, /deadlock/, () => host.mutexEnter(adaptive));
  t.deepEqual(upcalls, ['unschedule', 'schedule']);
});

test('readers share, a writer is alone', (t) => {
  const host = simulatedHost();
  const rw = host.rwInit();
  const a = becomeLwp(host);
  const b = host.lwpCreate();
  const c = host.lwpCreate();
  host.rwEnter('reader', rw);
  asLwp(host, b, () => {
    host.rwTryenter('reader', rw);
    throwsErrno(t, EBUSY, () => host.rwTryenter('writer', rw));
    t.true(host.rwHeld('reader', rw));
    t.false(host.rwHeld('writer', rw));
    throwsErrno(t, EBUSY, () => host.rwTryupgrade(rw));
    const again = new RegExp(`deadlock: rwlock ${rw} is already held for reading by lwp ${b}, the caller`);
    asserts(t, again, () => host.rwEnter('writer', rw));
    asLwp(host, c, () => {
      const held = `held by 2 for reading \\(lwp ${a}, ${b}\\)`;
      asserts(t, new RegExp(`lwp ${c} wants rwlock ${rw} as writer, but it is ${held}`), () =>
        host.rwEnter('writer', rw),
      );
    });
    host.rwExit(rw);
  });
  host.rwTryupgrade(rw);
  t.true(host.rwHeld('writer', rw));
  asLwp(host, b, () => {
    t.false(host.rwHeld('writer', rw));
    throwsErrno(t, EBUSY, () => host.rwTryenter('reader', rw));
    asserts(t, new RegExp(`lwp ${b} wants rwlock ${rw} as reader, but it is held by lwp ${a} `), () =>
      host.rwEnter('reader', rw),
    );
    asserts(t, new RegExp(`rwExit: rwlock ${rw} is not held by lwp ${b}`), () => host.rwExit(rw));
    asserts(t, new RegExp(`rwDowngrade: rwlock ${rw} is not held for writing by lwp ${b}`), () =>
      host.rwDowngrade(rw),
    );
  });
  asserts(t, new RegExp(`deadlock: rwlock ${rw} is already held for writing by lwp ${a}, the caller`), () =>
    host.rwEnter('writer', rw),
  );
  asserts(t, new RegExp(`rwDestroy: rwlock ${rw} is held by lwp ${a}`), () => host.rwDestroy(rw));
  host.rwDowngrade(rw);
  asLwp(host, b, () => host.rwTryenter('reader', rw));
  host.rwExit(rw);
  asserts(t, new RegExp(`rwExit: rwlock ${rw} is not held by lwp ${a}`), () => host.rwExit(rw));
  asserts(t, new RegExp(`rwTryupgrade: rwlock ${rw} is not held for reading by lwp ${a}`), () =>
    host.rwTryupgrade(rw),
  );
  asserts(t, new RegExp(`rwDestroy: .*held by 1 for reading \\(lwp ${b}\\)`), () => host.rwDestroy(rw));
  asLwp(host, b, () => host.rwExit(rw));
  host.rwDestroy(rw);
  asserts(t, new RegExp(`rwlock ${rw} is destroyed`), () => host.rwHeld('reader', rw));
});

test('a blocked rwEnter takes a lock left in the upcall', (t) => {
  const host = simulatedHost();
  const rw = host.rwInit();
  const owner = host.lwpCreate();
  asLwp(host, owner, () => host.rwEnter('writer', rw));
  withUnschedule(host, () => asLwp(host, owner, () => host.rwExit(rw)));
  becomeLwp(host);
  host.rwEnter('writer', rw);
  t.true(host.rwHeld('writer', rw));
});

test('a wait that nobody can end is an assertion, and the mutex is held again', (t) => {
  const host = simulatedHost();
  const upcalls = bind(host);
  const cv = host.cvInit();
  const m = host.mutexInit(RUMPUSER_MTX_RECURSIVE);
  const lwp = becomeLwp(host);
  asserts(t, new RegExp(`cvWait: mutex ${m} is not held`), () => host.cvWait(cv, m));
  host.mutexEnter(m);
  host.mutexEnter(m);
  const message = new RegExp(`deadlock: nobody can signal cv ${cv}, for which lwp ${lwp} waits`);
  asserts(t, message, () => host.cvWaitNowrap(cv, m));
  t.deepEqual(upcalls, []);
  asserts(t, message, () => host.cvWait(cv, m));
  t.deepEqual(upcalls, ['unschedule', 'schedule']);
  t.is(host.mutexOwner(m), lwp);
  host.mutexExit(m);
  t.is(host.mutexOwner(m), lwp, 'entered twice, left once');
  t.false(host.cvHasWaiters(cv));
});

test('a timed wait lets its time pass, then is ETIMEDOUT with the mutex held', (t) => {
  const host = simulatedHost();
  const cv = host.cvInit();
  const m = host.mutexInit(0);
  const lwp = becomeLwp(host);
  host.mutexEnter(m);
  throwsErrno(t, ETIMEDOUT, () => host.cvTimedwait(cv, m, 1_500));
  t.is(host.monotonicNs(), 1_500);
  t.is(host.mutexOwner(m), lwp);
  throwsErrno(t, ETIMEDOUT, () => host.cvTimedwait(cv, m, 0));
  throwsErrno(t, ETIMEDOUT, () => host.cvTimedwait(cv, m, -5));
  throwsErrno(t, EINVAL, () => host.cvTimedwait(cv, m, Number.NaN));
  t.is(host.monotonicNs(), 1_500);
});

test('a signal in the upcall ends the wait', (t) => {
  for (const wake of ['cvSignal', 'cvBroadcast'] as const) {
    const host = simulatedHost();
    const cv = host.cvInit();
    const m = host.mutexInit(0);
    withUnschedule(host, () => {
      t.true(host.cvHasWaiters(cv));
      t.is(host.mutexOwner(m), 0);
      asserts(t, new RegExp(`cvDestroy: cv ${cv} has 1 waiting`), () => host.cvDestroy(cv));
      host[wake](cv);
      t.false(host.cvHasWaiters(cv));
    });
    const lwp = becomeLwp(host);
    host.mutexEnter(m);
    host.cvWait(cv, m);
    t.is(host.mutexOwner(m), lwp);
    t.is(host.monotonicNs(), 0);
    host.cvDestroy(cv);
    asserts(t, new RegExp(`cv ${cv} is destroyed`), () => host.cvSignal(cv));
  }
});

test('signals nobody waits for are lost', (t) => {
  const host = simulatedHost();
  const cv = host.cvInit();
  const m = host.mutexInit(0);
  becomeLwp(host);
  host.mutexEnter(m);
  host.cvSignal(cv);
  host.cvBroadcast(cv);
  throwsErrno(t, ETIMEDOUT, () => host.cvTimedwait(cv, m, 1));
});

test('the order after a wait: the CPU first for kernel spin mutexes, the mutex first for others', (t) => {
  const flags = { both: RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX, spin: RUMPUSER_MTX_SPIN };
  const heldAtSchedule: number[] = [];
  for (const flag of [flags.both, flags.spin]) {
    const host = simulatedHost();
    const cv = host.cvInit();
    const m = host.mutexInit(flag);
    host.init(RUMPUSER_VERSION, {
      schedule: () => heldAtSchedule.push(host.mutexOwner(m) === 0 ? 0 : 1),
      unschedule: () => host.cvSignal(cv),
    });
    becomeLwp(host);
    host.mutexEnter(m);
    host.cvWait(cv, m);
  }
  t.deepEqual(heldAtSchedule, [0, 1]);
});
