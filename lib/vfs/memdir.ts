/**
 * Directories in memory: a table of names for looking up, and the entries in the order they came for reading.
 *
 * Every entry has a number of its own, larger than all before it: the place to go on reading at, which stays right
 * whatever comes and goes. Removed entries stay in the list without a node until more than half of it is like that.
 *
 * NetBSD: sys/fs/tmpfs/tmpfs_subr.c (tmpfs_dir_*).
 */
import type { MemNode } from './memnode.ts';
import { NameTable } from './nametable.ts';

interface Entry {
  readonly name: string;
  /** Null: removed. */
  node: MemNode | null;
  readonly seq: number;
}

/** Places of "." and "..", and the first of an entry. */
export const DOT = 0;
export const DOTDOT = 1;
const FIRST = 2;
/** Lists shorter than this are not cleaned up. */
const LIST_MIN = 32;

export class MemDir {
  /** Null for a root, and for a directory that has been removed. */
  parent: MemNode | null;
  readonly #byName = new NameTable<Entry>();
  /** By `seq`, ascending. */
  #list: Entry[] = [];
  #seq = FIRST;

  constructor(parent: MemNode | null) {
    this.parent = parent;
  }

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): MemNode | null {
    const entry = this.#byName.get(name);
    return entry === null ? null : entry.node;
  }

  add(name: string, node: MemNode): void {
    const entry: Entry = { name, node, seq: this.#seq++ };
    this.#byName.add(entry);
    this.#list.push(entry);
  }

  remove(name: string): void {
    const entry = this.#byName.get(name) as Entry;
    entry.node = null;
    this.#byName.remove(entry);
    if (this.#list.length > LIST_MIN && this.#list.length > 2 * this.#byName.size) {
      this.#list = this.#list.filter(({ node }) => node !== null);
    }
  }

  /** `name` leads to another node from now on, at the same place. */
  replace(name: string, node: MemNode): void {
    (this.#byName.get(name) as Entry).node = node;
  }

  nodes(): MemNode[] {
    return this.#list.flatMap(({ node }) => node ?? []);
  }

  /** Hand entries from place `from` on to `emit`. @returns true at the end */
  read(from: number, emit: (name: string, node: MemNode, next: number) => boolean): boolean {
    const list = this.#list;
    for (let i = this.#find(from); i < list.length; i++) {
      const { name, node, seq } = list[i] as Entry;
      if (node !== null && !emit(name, node, seq + 1)) {
        return false;
      }
    }
    return true;
  }

  /** Index of the first entry at `from` or later. */
  #find(from: number): number {
    let low = 0;
    let high = this.#list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#list[middle] as Entry).seq < from) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
