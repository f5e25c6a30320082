/**
 * Native host: where the words of a lock are. A handle's low 18 bits say which slot of eight words, its high
 * 3 bits the kind; a live slot's first word is the handle itself. `native/rumpuser/lock_table.h` has the same
 * numbers.
 */
import { type LockHandle, RumpuserAssertion } from './rumpuser.ts';

const SLOT_MASK = 0x3ffff;
const WORDS_SHIFT = 3;
const KIND_SHIFT = 29;

export const KIND_MUTEX = 1;
export const KIND_RWLOCK = 2;
export const KIND_CV = 3;

/** Index of the slot's first word. */
export function slotOf(handle: LockHandle): number {
  return (handle & SLOT_MASK) << WORDS_SHIFT;
}

/** Whether there is a lock of that kind, and not a destroyed one or another. */
export function isLock(words: Int32Array, kind: number, handle: LockHandle): boolean {
  return words[slotOf(handle)] === handle && handle >>> KIND_SHIFT === kind;
}

/** An integer the addon takes as it is; it finds out whether a lock is behind it. */
export function lockHandle(call: string, handle: LockHandle): LockHandle {
  if (handle >>> 0 !== handle) throw new RumpuserAssertion(`${call}: no lock ${String(handle)}`);
  return handle;
}
