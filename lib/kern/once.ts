/**
 * What is done once, by whoever needs it first.
 *
 * NetBSD: sys/kern/subr_once.c, RUN_ONCE(9).
 */
import { Errno } from '../sys/errno.ts';
import { KASSERT } from './kassert.ts';
import type { Lwp } from './lwp.ts';
import { isMaySleep, type MaySleep, type Soon } from './maysleep.ts';
import { FOREVER, SleepQueue, sleepqBlock, sleepqWakeAll } from './sleepq.ts';

/** Remembers whether it has been done, and how it ended. */
export class Once {
  status: 'virgin' | 'running' | 'done' = 'virgin';
  /** Why it failed: for all who come later too. */
  error: Errno | null = null;
  /** Who does it now. */
  runner: Lwp | null = null;
  readonly waiters: SleepQueue = new SleepQueue();
}

/**
 * Run `init` unless somebody has; who comes while it runs sleeps until it is over. A failure is final: it is
 * not tried again.
 * @param init may sleep
 * @throws the errno `init` failed with, whoever ran it
 */
export function* runOnce(l: Lwp, once: Once, init: (l: Lwp) => Soon<void>): MaySleep<void> {
  if (once.status === 'virgin') {
    once.status = 'running';
    once.runner = l;
    try {
      const answer = init(l);
      if (isMaySleep(answer)) {
        yield* answer;
      }
    } catch (error) {
      if (!(error instanceof Errno)) {
        throw error;
      }
      once.error = error;
    }
    once.status = 'done';
    once.runner = null;
    sleepqWakeAll(once.waiters);
  } else if (once.status === 'running') {
    KASSERT(once.runner !== l, `${l} waits for what it is doing itself`);
    yield* sleepqBlock(l, once.waiters, 'runonce', 0, FOREVER);
  }
  if (once.error !== null) {
    throw once.error;
  }
}
