/**
 * A table from names to what has them, for directories of any size: one probe of a table of hashes says that a name is
 * not there. A Map walks from entry to entry to string, which in a directory of a million names is a miss of the
 * processor's cache for each.
 *
 * Open addressing with linear probing; what is removed leaves no trace, as those behind it move up. Invariants: a slot
 * is taken if and only if its hash is not 0; between the slot that a hash asks for and the one it has got none is free.
 */

const SLOTS_MIN = 8;

/** Of the name's UTF-16 units; never 0. FNV-1a, with its high bits mixed into the low ones, which choose the slot. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  hash ^= hash >>> 15;
  return hash === 0 ? 1 : hash;
}

export class NameTable<E extends { readonly name: string }> {
  size = 0;
  #hashes = new Int32Array(SLOTS_MIN);
  #entries: (E | null)[] = new Array<E | null>(SLOTS_MIN).fill(null);

  get(name: string): E | null {
    const hash = hashOf(name);
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const found = hashes[slot];
      if (found === 0) {
        return null;
      }
      if (found === hash) {
        const entry = this.#entries[slot] as E;
        if (entry.name === name) {
          return entry;
        }
      }
    }
  }

  /** Nothing has the name of `entry` yet. */
  add(entry: E): void {
    if (4 * (this.size + 1) > 3 * this.#hashes.length) {
      this.#grow();
    }
    this.#put(hashOf(entry.name), entry);
    this.size++;
  }

  #put(hash: number, entry: E): void {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let slot = hash & mask;
    while (hashes[slot] !== 0) {
      slot = (slot + 1) & mask;
    }
    hashes[slot] = hash;
    this.#entries[slot] = entry;
  }

  #grow(): void {
    const [hashes, entries] = [this.#hashes, this.#entries];
    const slots = 2 * hashes.length;
    this.#hashes = new Int32Array(slots);
    this.#entries = new Array<E | null>(slots).fill(null);
    for (const [slot, hash] of hashes.entries()) {
      if (hash !== 0) {
        this.#put(hash, entries[slot] as E);
      }
    }
  }

  /** It is there. */
  remove(entry: E): void {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let free = hashOf(entry.name) & mask;
    while (this.#entries[free] !== entry) {
      free = (free + 1) & mask;
    }
    for (let slot = (free + 1) & mask; hashes[slot] !== 0; slot = (slot + 1) & mask) {
      // It may move up if that is not before the slot it asks for.
      const hash = hashes[slot] as number;
      if (((slot - hash) & mask) >= ((slot - free) & mask)) {
        hashes[free] = hash;
        this.#entries[free] = this.#entries[slot] as E;
        free = slot;
      }
    }
    hashes[free] = 0;
    this.#entries[free] = null;
    this.size--;
  }
}
