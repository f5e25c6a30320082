/**
 * A table from names to their places in a list, for directories of any size: one probe of a table of hashes says that
 * a name is not there. A Map walks from entry to entry to string, which in a directory of a million names is a miss of
 * the processor's cache for each; and it, like any object for each name, is looked at by every collection.
 *
 * Open addressing with linear probing; what is removed leaves no trace, as those behind it move up. Invariants: a slot
 * is taken if and only if its hash is not 0; between the slot that a hash asks for and the one it has got none is free.
 */

const SLOTS_MIN = 8;
/** Words of a slot: a hash, and a place. */
const WORDS = 2;

/** Of the name's UTF-16 units; never 0. FNV-1a, with its high bits mixed into the low ones, which choose the slot. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  hash ^= hash >>> 15;
  return hash === 0 ? 1 : hash;
}

export class NameTable {
  size = 0;
  #slots = new Int32Array(SLOTS_MIN * WORDS);
  #mask = SLOTS_MIN - 1;

  /** The place of `name` in the list; -1: it has none. */
  find(name: string, list: readonly string[]): number {
    const hash = hashOf(name);
    const slots = this.#slots;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const found = slots[WORDS * slot];
      if (found === 0) {
        return -1;
      }
      if (found === hash) {
        const place = slots[WORDS * slot + 1] as number;
        if (list[place] === name) {
          return place;
        }
      }
    }
  }

  /** `name`, which is not there yet, is at this place. */
  add(name: string, place: number): void {
    if (4 * (this.size + 1) > 3 * (this.#mask + 1)) {
      this.#grow();
    }
    this.#put(hashOf(name), place);
    this.size++;
  }

  #put(hash: number, place: number): void {
    const slots = this.#slots;
    let slot = hash & this.#mask;
    while (slots[WORDS * slot] !== 0) {
      slot = (slot + 1) & this.#mask;
    }
    slots[WORDS * slot] = hash;
    slots[WORDS * slot + 1] = place;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(2 * old.length);
    this.#mask = 2 * this.#mask + 1;
    for (let at = 0; at < old.length; at += WORDS) {
      const hash = old[at] as number;
      if (hash !== 0) {
        this.#put(hash, old[at + 1] as number);
      }
    }
  }

  /** `name` is at this place. */
  remove(name: string, place: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let free = hashOf(name) & mask;
    while (slots[WORDS * free + 1] !== place || slots[WORDS * free] === 0) {
      free = (free + 1) & mask;
    }
    for (let slot = (free + 1) & mask; slots[WORDS * slot] !== 0; slot = (slot + 1) & mask) {
      // It may move up if that is not before the slot it asks for.
      const hash = slots[WORDS * slot] as number;
      if (((slot - hash) & mask) >= ((slot - free) & mask)) {
        slots[WORDS * free] = hash;
        slots[WORDS * free + 1] = slots[WORDS * slot + 1] as number;
        free = slot;
      }
    }
    slots[WORDS * free] = 0;
    this.size--;
  }
}
