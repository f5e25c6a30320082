/**
 * Another host thread: tries to have the giant lock of a kernel, has it for a while, and says how it went.
 */
import { workerData } from 'node:worker_threads';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import { RUMPUSER_VERSION } from '../../lib/rumpuser/rumpuser.ts';
import { EBUSY } from '../../lib/sys/errno.ts';
import {
  GIANT_DONE,
  GIANT_HELD,
  GIANT_READY,
  GIANT_REFUSED,
  GIANT_RELEASED,
  GIANT_TRY,
} from './giant_steps.ts';

const { giant, words } = workerData as { giant: number; words: Int32Array };
const host = nativeHost({ env: {} });
host.init(RUMPUSER_VERSION, { schedule() {}, unschedule() {} });
host.curlwpSet(host.lwpCreate());

/** Say it, and wait for what comes next. */
function tell(step: number): number {
  Atomics.store(words, 0, step);
  Atomics.notify(words, 0);
  return answer(step);
}

/** What comes after `step`, which may be here already. */
function answer(step: number): number {
  Atomics.wait(words, 0, step);
  return Atomics.load(words, 0);
}

/** Have the lock for long enough that the kernel's thread comes and waits for it. */
function hold(): void {
  Atomics.wait(words, 1, 0, 30);
  Atomics.store(words, 1, GIANT_RELEASED);
  host.mutexExit(giant);
}

for (let step = tell(GIANT_READY); step === GIANT_TRY; ) {
  try {
    host.mutexTryenter(giant);
  } catch (error) {
    step = tell(error === EBUSY ? GIANT_REFUSED : GIANT_DONE);
    continue;
  }
  Atomics.store(words, 0, GIANT_HELD);
  Atomics.notify(words, 0);
  hold();
  step = answer(GIANT_HELD);
}
host.curlwpClear(host.curlwp[0] as number);
host.fini();
