/** What a Worker of `workers.test.ts` does: one order, with locks whose handles were posted to it. */
import { parentPort, workerData } from 'node:worker_threads';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import { nativeBinding } from '../../lib/rumpuser/native_binding.ts';
import type { LockHandle } from '../../lib/rumpuser/rumpuser.ts';

export interface Order {
  readonly task:
    | 'recursive'
    | 'mutex'
    | 'rwlock'
    | 'read'
    | 'read twice'
    | 'wait to read'
    | 'wait to write'
    | 'pingpong'
    | 'hold'
    | 'hold and end'
    | 'wait'
    | 'wait cv'
    | 'idle'
    | 'sleep'
    | 'make';
  readonly lock: LockHandle;
  readonly cv: LockHandle;
  readonly rounds: number;
  readonly turn: number;
  readonly word: number;
}

const { task, lock, cv, rounds, turn, word } = workerData as Order;
const host = nativeHost();
const words = nativeBinding().lockWords;
const lwp = host.lwpCreate();
host.curlwpSet(lwp);

/** Tells the test; what follows may block this thread for good. */
function tell(message: unknown): void {
  parentPort?.postMessage(message);
}

/** Not atomic: the lock alone protects it. */
function increment(at: number): void {
  words[at] = (words[at] as number) + 1;
}

switch (task) {
  case 'recursive':
    for (let i = 0; i < rounds; i++) {
      host.mutexEnter(lock);
      host.mutexEnter(lock);
      increment(word);
      host.mutexExit(lock);
      host.mutexExit(lock);
    }
    break;
  case 'mutex':
    for (let i = 0; i < rounds; i++) {
      host.mutexEnter(lock);
      increment(word);
      host.mutexExit(lock);
    }
    break;
  case 'rwlock':
    for (let i = 0; i < rounds; i++) {
      if (i % 2 === 0) {
        host.rwEnter('writer', lock);
        increment(word);
        increment(word + 1);
        if (i % 4 === 0) host.rwDowngrade(lock);
      } else host.rwEnter('reader', lock);
      if (words[word] !== words[word + 1]) throw new Error('a reader saw a writer at work');
      if (i % 8 === 1) {
        host.rwEnter('reader', lock);
        host.rwExit(lock);
      }
      host.rwExit(lock);
    }
    break;
  case 'read twice':
  case 'read':
    host.rwEnter('reader', lock);
    if (task === 'read twice') host.rwEnter('reader', lock);
    tell(lwp);
    host.idle(Number.POSITIVE_INFINITY);
    break;
  case 'wait to read':
  case 'wait to write':
    host.rwEnter(task === 'wait to read' ? 'reader' : 'writer', lock);
    host.rwExit(lock);
    break;
  case 'pingpong':
    for (let i = 0; i < rounds; i++) {
      host.mutexEnter(lock);
      while (words[word] !== turn) host.cvWait(cv, lock);
      words[word] = 1 - turn;
      host.cvSignal(cv);
      host.mutexExit(lock);
    }
    break;
  case 'hold':
    host.mutexEnter(lock);
    tell(lwp);
    host.idle(Number.POSITIVE_INFINITY);
    break;
  case 'hold and end':
    host.mutexEnter(lock);
    break;
  case 'wait':
    tell(lwp);
    host.mutexEnter(lock);
    break;
  case 'wait cv':
    host.mutexEnter(lock);
    tell(lwp);
    host.cvWait(cv, lock);
    break;
  case 'idle':
    tell(lwp);
    host.idle(Number.POSITIVE_INFINITY);
    break;
  case 'sleep':
    tell(lwp);
    host.clockSleep(0, 1_000_000, 0);
    break;
  case 'make': {
    const own = host.mutexInit(0);
    tell(own);
    break;
  }
}
if (task !== 'hold and end') {
  host.curlwpClear(lwp);
  host.fini();
}
tell('done');
