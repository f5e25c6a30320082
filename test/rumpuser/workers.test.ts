/** Isolates and native threads of one process against each other, and isolates that go away in the middle. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import { nativeBinding } from '../../lib/rumpuser/native_binding.ts';
import type { LockHandle, Rumpuser } from '../../lib/rumpuser/rumpuser.ts';
import {
  RUMPUSER_MTX_KMUTEX,
  RUMPUSER_MTX_RECURSIVE,
  RUMPUSER_MTX_SPIN,
  RumpuserOwnerDead,
} from '../../lib/rumpuser/rumpuser.ts';
import { EBUSY } from '../../lib/sys/errno.ts';
import { hammer, spareWord } from './native_thread.ts';
import { asLwp, asserts, becomeLwp, throwsErrno } from './sim_support.ts';
import type { Order } from './workers_worker.ts';

const words = nativeBinding().lockWords;

function start(order: Partial<Order> & Pick<Order, 'task'>): Worker {
  const workerData: Order = { lock: 0, cv: 0, rounds: 0, turn: 0, word: 0, ...order };
  return new Worker(new URL('workers_worker.js', import.meta.url), { workerData });
}

/** Rejects when the Worker threw. */
async function ended(worker: Worker): Promise<number> {
  const [status] = (await once(worker, 'exit')) as [number];
  return status;
}

async function firstMessage(worker: Worker): Promise<unknown> {
  const [message] = await once(worker, 'message');
  return message;
}

/**
 * Until the lock's word says that somebody waits: the only thing here that depends on another thread's
 * progress.
 */
async function untilNonZero(index: number): Promise<void> {
  while (Atomics.load(words, index) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Words of a mutex, and of a rwlock. */
const WAITERS = 4;
const WRITERS_WAITING = 2;
const READERS_WAITING = 4;
const slot = (lock: LockHandle) => (lock & 0x3ffff) * 8;

function withHost(title: string, body: (t: ExecutionContext, host: Rumpuser) => Promise<void>): void {
  // One after the other: curlwp belongs to the thread.
  test.serial(title, async (t) => {
    const host = nativeHost();
    try {
      await body(t, host);
    } finally {
      const current = host.curlwp[0] as number;
      if (current !== 0) host.curlwpClear(current);
      host.fini();
    }
  });
}

const WORKERS = 8;
const NATIVE = 2;
const ROUNDS = 100_000;

for (const [name, task, flags] of [
  ['recursive', 'recursive', RUMPUSER_MTX_RECURSIVE],
  ['kernel', 'mutex', RUMPUSER_MTX_KMUTEX],
  ['spin', 'mutex', RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX],
] as const) {
  withHost(
    `8 Workers and 2 native threads, a million rounds in a ${name} mutex: no update is lost`,
    async (t, host) => {
      const lock = host.mutexInit(flags);
      const word = spareWord(lock);
      const thread = hammer(t, host);
      // The gong: all ten stand at the mutex before the first gets in.
      const lwp = becomeLwp(host);
      host.mutexEnter(lock);
      const workers = Array.from({ length: WORKERS }, () => start({ task, lock, word, rounds: ROUNDS }));
      const threads = Array.from({ length: NATIVE }, () => thread('mutex', { lock, word, rounds: ROUNDS }));
      while (words[slot(lock) + WAITERS] !== WORKERS + NATIVE)
        await new Promise((resolve) => setTimeout(resolve, 1));
      host.mutexExit(lock);
      host.curlwpClear(lwp);
      await Promise.all(workers.map(ended));
      for (const native of threads) t.is(native.join().error, 0);
      t.is(words[word], (WORKERS + NATIVE) * ROUNDS);
      t.is(host.mutexOwner(lock), 0);
      host.mutexDestroy(lock);
    },
  );
}

withHost('readers and writers of both languages in one rwlock', async (t, host) => {
  const rounds = 5_000;
  const lock = host.rwInit();
  const mutex = host.mutexInit(0);
  const word = spareWord(mutex);
  const thread = hammer(t, host);
  const workers = Array.from({ length: 4 }, () => start({ task: 'rwlock', lock, word, rounds }));
  const threads = Array.from({ length: NATIVE }, () => thread('rwlock', { lock, word, rounds }));
  await Promise.all(workers.map(ended));
  for (const native of threads) t.is(native.join().error, 0);
  t.is(words[word], (4 * rounds) / 2 + NATIVE * rounds);
  host.rwDestroy(lock);
});

for (const [mode, task] of [
  ['reader', 'wait to write'],
  ['writer', 'wait to read'],
  ['writer', 'wait to write'],
] as const) {
  withHost(`a ${mode} that leaves lets in who must ${task}`, async (t, host) => {
    const lock = host.rwInit();
    becomeLwp(host);
    host.rwEnter(mode, lock);
    const worker = start({ task, lock });
    await untilNonZero(slot(lock) + (task === 'wait to read' ? READERS_WAITING : WRITERS_WAITING));
    host.rwExit(lock);
    t.is(await ended(worker), 0);
    host.rwDestroy(lock);
  });
}

withHost('a writer that becomes a reader lets in those who wait to read', async (t, host) => {
  const lock = host.rwInit();
  becomeLwp(host);
  host.rwEnter('writer', lock);
  const worker = start({ task: 'wait to read', lock });
  await untilNonZero(slot(lock) + READERS_WAITING);
  host.rwDowngrade(lock);
  t.is(await ended(worker), 0);
  host.rwTryupgrade(lock);
});

withHost('while somebody waits to write, only who reads already gets in to read', async (t, host) => {
  const lock = host.rwInit();
  const a = becomeLwp(host);
  const b = host.lwpCreate();
  host.rwEnter('reader', lock);
  const worker = start({ task: 'wait to write', lock });
  await untilNonZero(slot(lock) + WRITERS_WAITING);
  asLwp(host, b, () => throwsErrno(t, EBUSY, () => host.rwTryenter('reader', lock)));
  host.rwTryenter('reader', lock);
  host.rwExit(lock);
  t.is(host.curlwp[0], a);
  host.rwExit(lock);
  t.is(await ended(worker), 0);
});

for (const task of ['read', 'read twice'] as const) {
  withHost(`a Worker terminated after it began to ${task} reads no longer`, async (t, host) => {
    const lock = host.rwInit();
    const workers = [start({ task, lock }), start({ task, lock }), start({ task, lock })] as const;
    await Promise.all(workers.map(firstMessage));
    const a = becomeLwp(host);
    host.rwEnter('reader', lock);
    await workers[0].terminate();
    throwsErrno(t, EBUSY, () => host.rwTryupgrade(lock));
    await workers[1].terminate();
    throwsErrno(t, EBUSY, () => host.rwTryupgrade(lock));
    host.rwExit(lock);
    throwsErrno(t, EBUSY, () => host.rwTryenter('writer', lock));
    asserts(t, new RegExp(`rwlock ${lock} is not held by lwp ${a}`), () => host.rwExit(lock));
    // The last of them goes while a writer waits for it.
    const waiting = start({ task: 'wait to write', lock });
    const waited = ended(waiting);
    await untilNonZero(slot(lock) + WRITERS_WAITING);
    await workers[2].terminate();
    t.is(await waited, 0);
    host.rwDestroy(lock);
  });
}

withHost('a Worker and a native thread take turns through a condition variable', async (t, host) => {
  const rounds = 5_000;
  const lock = host.mutexInit(RUMPUSER_MTX_KMUTEX);
  const cv = host.cvInit();
  const word = spareWord(lock);
  const worker = start({ task: 'pingpong', lock, cv, word, turn: 0, rounds });
  const native = hammer(t, host)('pingpong', { lock, cv, word, turn: 1, rounds });
  t.is(await ended(worker), 0);
  t.is(native.join().error, 0);
  host.cvDestroy(cv);
  host.mutexDestroy(lock);
});

withHost('a Worker terminated while it holds a mutex: whoever comes gets a named error', async (t, host) => {
  const lock = host.mutexInit(RUMPUSER_MTX_RECURSIVE);
  const worker = start({ task: 'hold', lock });
  const lwp = (await firstMessage(worker)) as number;
  const waiting = start({ task: 'wait', lock });
  const waitersError = once(waiting, 'error') as Promise<[Error]>;
  await untilNonZero(slot(lock) + WAITERS);
  await worker.terminate();
  const message = `mutex ${lock}: its owner, lwp ${lwp}, is gone and never left it`;
  const [error] = await waitersError;
  t.is(error.name, 'RumpuserOwnerDead');
  t.true(error.message.includes(message));
  becomeLwp(host);
  for (const enter of ['mutexEnter', 'mutexEnterNowrap', 'mutexTryenter'] as const) {
    const thrown = t.throws(() => host[enter](lock), { instanceOf: RumpuserOwnerDead });
    t.true(thrown?.message.includes(message));
    t.is(thrown?.errno, 97);
  }
  host.mutexDestroy(lock);
});

withHost('a Worker that ends while it holds a mutex is no different', async (t, host) => {
  const lock = host.mutexInit(0);
  t.is(await ended(start({ task: 'hold and end', lock })), 0);
  becomeLwp(host);
  t.throws(() => host.mutexEnter(lock), { instanceOf: RumpuserOwnerDead });
});

withHost('a native thread that ends while it holds a mutex is no different', async (t, host) => {
  const lock = host.mutexInit(0);
  const { lwp, error } = hammer(t, host)('die_holding', { lock, word: spareWord(lock) }).join();
  t.is(error, 0);
  becomeLwp(host);
  const thrown = t.throws(() => host.mutexEnter(lock), { instanceOf: RumpuserOwnerDead });
  t.true(thrown?.message.includes(`lwp ${lwp}`));
});

withHost('a Worker terminated while it waits for a mutex leaves that as it was', async (t, host) => {
  const lock = host.mutexInit(0);
  becomeLwp(host);
  host.mutexEnter(lock);
  const worker = start({ task: 'wait', lock });
  await untilNonZero(slot(lock) + WAITERS);
  await worker.terminate();
  t.is(words[slot(lock) + WAITERS], 0);
  host.mutexExit(lock);
  host.mutexEnter(lock);
  host.mutexExit(lock);
  host.mutexDestroy(lock);
});

withHost('a Worker terminated while it waits for a condition variable waits no longer', async (t, host) => {
  const lock = host.mutexInit(0);
  const cv = host.cvInit();
  const worker = start({ task: 'wait cv', lock, cv });
  await untilNonZero(slot(cv) + 1);
  t.true(host.cvHasWaiters(cv));
  await worker.terminate();
  t.false(host.cvHasWaiters(cv));
  host.cvDestroy(cv);
});

for (const task of ['idle', 'sleep'] as const) {
  withHost(`a Worker can be terminated in its ${task}`, async (t) => {
    const worker = start({ task });
    await firstMessage(worker);
    t.is(await worker.terminate(), 1);
  });
}

withHost('locks of an isolate that is gone are gone', async (t, host) => {
  const worker = start({ task: 'make' });
  const [lock, status] = await Promise.all([firstMessage(worker), ended(worker)]);
  t.is(status, 0);
  becomeLwp(host);
  asserts(t, new RegExp(`mutex ${lock as number} is destroyed`), () => host.mutexEnter(lock as number));
});

withHost('forty isolates later nothing is used up', async (t, host) => {
  const first = host.lwpCreate();
  for (let i = 0; i < 10; i++) {
    await Promise.all(Array.from({ length: 4 }, () => ended(start({ task: 'make' }))));
  }
  // Blocks and slots of those isolates came back: the next ones are not far from the first.
  const other = nativeHost();
  t.true(other.lwpCreate() - first < 20 * 256);
  t.true((other.mutexInit(0) & 0x3ffff) < 1_000);
  other.fini();
});
