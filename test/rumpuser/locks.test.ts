/** Locks of the native host when somebody else holds them: upcalls, their order, and waits that end. */
import test, { type ExecutionContext } from 'ava';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import { nativeBinding } from '../../lib/rumpuser/native_binding.ts';
import type { LockHandle, Rumpuser } from '../../lib/rumpuser/rumpuser.ts';
import {
  RUMPUSER_MTX_KMUTEX,
  RUMPUSER_MTX_SPIN,
  RUMPUSER_VERSION,
  RumpuserOwnerDead,
} from '../../lib/rumpuser/rumpuser.ts';
import { EBUSY, ETIMEDOUT } from '../../lib/sys/errno.ts';
import { hammer, spareWord } from './native_thread.ts';
import { asLwp, becomeLwp, bind, throwsErrno } from './sim_support.ts';

function withHost(title: string, body: (t: ExecutionContext, host: Rumpuser) => void): void {
  test.serial(title, (t) => {
    const host = nativeHost();
    try {
      body(t, host);
    } finally {
      const current = host.curlwp[0] as number;
      if (current !== 0) host.curlwpClear(current);
      host.fini();
    }
  });
}

/** A mutex that a native thread took along: to wait for it is to get an error, which is a wait that ends. */
function orphaned(t: ExecutionContext, host: Rumpuser, flags: number): LockHandle {
  const lock = host.mutexInit(flags);
  hammer(t, host)('die_holding', { lock, word: spareWord(lock) }).join();
  return lock;
}

withHost('who must wait gives the CPU up, unless it spins or was told not to', (t, host) => {
  const upcalls = bind(host);
  becomeLwp(host);
  for (const flags of [0, RUMPUSER_MTX_KMUTEX, RUMPUSER_MTX_SPIN, RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX]) {
    const lock = orphaned(t, host, flags);
    upcalls.length = 0;
    t.throws(() => host.mutexEnterNowrap(lock), {
      instanceOf: RumpuserOwnerDead,
      message: /^mutexEnterNowrap: /,
    });
    t.deepEqual(upcalls, []);
    t.throws(() => host.mutexEnter(lock), { instanceOf: RumpuserOwnerDead, message: /^mutexEnter: / });
    t.deepEqual(upcalls, (flags & RUMPUSER_MTX_SPIN) === 0 ? ['unschedule', 'schedule'] : []);
    host.mutexDestroy(lock);
  }
});

withHost('after a wait the CPU comes before a spinning kernel mutex, and after any other', (t, host) => {
  const cv = host.cvInit();
  let watched = 0;
  const heldAt: boolean[] = [];
  const note = () => heldAt.push(host.mutexOwner(watched) !== 0);
  host.init(RUMPUSER_VERSION, { schedule: note, unschedule: note });
  becomeLwp(host);
  for (const flags of [0, RUMPUSER_MTX_KMUTEX, RUMPUSER_MTX_SPIN, RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX]) {
    watched = host.mutexInit(flags);
    host.mutexEnter(watched);
    heldAt.length = 0;
    throwsErrno(t, ETIMEDOUT, () => host.cvTimedwait(cv, watched, 1_000));
    const cpuFirst = flags === (RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX);
    t.deepEqual(heldAt, [true, !cpuFirst], `flags ${flags}`);
    host.mutexExit(watched);
    host.mutexDestroy(watched);
  }
});

withHost('a rwlock is the same words for both languages', (t, host) => {
  const binding = nativeBinding();
  const rw = host.rwInit();
  becomeLwp(host);
  const other = host.lwpCreate();
  for (const [mode, number] of [
    ['reader', 0],
    ['writer', 1],
  ] as const) {
    host.rwEnter(mode, rw);
    t.true(binding.rwHeld(number, rw));
    binding.rwExit(rw);
    t.false(host.rwHeld(mode, rw));
    t.is(binding.rwTryenter(number, rw), 0);
    t.true(host.rwHeld(mode, rw));
    asLwp(host, other, () => throwsErrno(t, EBUSY, () => host.rwTryenter('writer', rw)));
    host.rwExit(rw);
    t.false(binding.rwHeld(number, rw));
  }
  host.rwEnter('reader', rw);
  t.is(binding.rwTryupgrade(rw), 0);
  host.rwDowngrade(rw);
  host.rwTryupgrade(rw);
  binding.rwDowngrade(rw);
  host.rwExit(rw);
  host.rwDestroy(rw);
});

withHost('a rwlock that its writer took along is told in the name of the call that was made', (t, host) => {
  bind(host);
  const rw = host.rwInit();
  const { lwp } = hammer(t, host)('die_writing', { lock: rw, word: 0 }).join();
  becomeLwp(host);
  const gone = `rwlock ${rw}: lwp ${lwp} held it, is gone and never left it`;
  for (const mode of ['reader', 'writer'] as const) {
    for (const call of ['rwEnter', 'rwTryenter'] as const) {
      const thrown = t.throws(() => host[call](mode, rw), { instanceOf: RumpuserOwnerDead });
      t.is(thrown?.message, `${call}: ${gone}`);
    }
    t.false(host.rwHeld(mode, rw));
  }
  host.rwDestroy(rw);
});

withHost('a native thread is woken by a signal from here, and wakes this thread', (t, host) => {
  const upcalls = bind(host);
  becomeLwp(host);
  const lock = host.mutexInit(RUMPUSER_MTX_KMUTEX);
  const cv = host.cvInit();
  const rounds = 200;
  const word = spareWord(lock);
  const thread = hammer(t, host)('pingpong', { lock, cv, word, turn: 1, rounds });
  const { lockWords } = nativeBinding();
  let waits = 0;
  for (let i = 0; i < rounds; i++) {
    host.mutexEnter(lock);
    while (lockWords[word] !== 0) {
      if (i % 2 === 0) host.cvWait(cv, lock);
      else host.cvWaitNowrap(cv, lock);
      waits++;
    }
    lockWords[word] = 1;
    host.cvSignal(cv);
    host.mutexExit(lock);
  }
  t.is(thread.join().error, 0);
  t.true(waits > 0);
  const given = upcalls.filter((upcall) => upcall === 'unschedule').length;
  t.is(upcalls.length, 2 * given);
});
