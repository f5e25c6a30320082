/** Waiting for memory. */
import { EDEADLK, ENOMEM } from '../sys/errno.ts';
import type { Condvar } from './condvar.ts';
import type { Lwp } from './lwp.ts';
import type { MaySleep } from './maysleep.ts';

/**
 * Sleep until something has been freed. In the C kernel only more memory ends this sleep; here a signal does
 * too, so that who waits can be killed, and when nobody is left who could free any, the memory has run out.
 * @throws ENOMEM EINTR ERESTART
 */
export function* awaitMemory(l: Lwp, freed: Condvar): MaySleep<void> {
  try {
    yield* freed.waitSig(l, null);
  } catch (error) {
    throw error === EDEADLK ? ENOMEM : error;
  }
}
