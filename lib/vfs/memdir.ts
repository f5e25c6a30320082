/**
 * Directories in memory: lists of names and of what has them, in the order they came, for reading, and a table for
 * looking up. Lists side by side, as an object for each name would be a third of what a small file takes.
 *
 * Every entry has a number of its own, larger than all before it: the place to go on reading at, which stays right
 * whatever comes and goes. Removed entries stay in the lists without a node until more than half of them is like that.
 *
 * NetBSD: sys/fs/tmpfs/tmpfs_subr.c (tmpfs_dir_*).
 */
import type { MemNode } from './memnode.ts';
import { NameTable } from './nametable.ts';

/** Places of "." and "..", and the first of an entry. */
export const DOT = 0;
export const DOTDOT = 1;
const FIRST = 2;
/** Lists shorter than this are not cleaned up. */
const LIST_MIN = 32;

export class MemDir {
  /** Null for a root, and for a directory that has been removed. */
  parent: MemNode | null;
  #table = new NameTable();
  #names: string[] = [];
  /** Null: removed. */
  #nodes: (MemNode | null)[] = [];
  /** Numbers of the entries, ascending; null as long as each is `FIRST` more than its index. */
  #numbers: number[] | null = null;
  #next = FIRST;

  constructor(parent: MemNode | null) {
    this.parent = parent;
  }

  get size(): number {
    return this.#table.size;
  }

  get(name: string): MemNode | null {
    const i = this.#table.find(name, this.#names);
    return i < 0 ? null : (this.#nodes[i] as MemNode);
  }

  add(name: string, node: MemNode): void {
    this.#table.add(name, this.#names.length);
    this.#names.push(name);
    this.#nodes.push(node);
    this.#numbers?.push(this.#next);
    this.#next++;
  }

  remove(name: string): void {
    const i = this.#table.find(name, this.#names);
    this.#table.remove(name, i);
    this.#nodes[i] = null;
    this.#names[i] = '';
    if (this.#names.length > LIST_MIN && this.#names.length > 2 * this.size) {
      this.#clean();
    }
  }

  /** Forget removed entries. */
  #clean(): void {
    const [names, nodes] = [this.#names, this.#nodes];
    const numbers = names.map((_, i) => this.#number(i));
    const kept = numbers.filter((_, i) => nodes[i] !== null);
    this.#names = names.filter((_, i) => nodes[i] !== null);
    this.#nodes = nodes.filter((node) => node !== null);
    this.#numbers = kept;
    this.#table = new NameTable();
    for (const [i, name] of this.#names.entries()) {
      this.#table.add(name, i);
    }
  }

  #number(i: number): number {
    return this.#numbers === null ? i + FIRST : (this.#numbers[i] as number);
  }

  /** `name` leads to another node from now on, at the same place. */
  replace(name: string, node: MemNode): void {
    this.#nodes[this.#table.find(name, this.#names)] = node;
  }

  nodes(): MemNode[] {
    return this.#nodes.filter((node) => node !== null);
  }

  /** Hand entries from place `from` on to `emit`. @returns true at the end */
  read(from: number, emit: (name: string, node: MemNode, next: number) => boolean): boolean {
    const [names, nodes] = [this.#names, this.#nodes];
    for (let i = this.#find(from); i < names.length; i++) {
      const node = nodes[i] as MemNode | null;
      if (node !== null && !emit(names[i] as string, node, this.#number(i) + 1)) {
        return false;
      }
    }
    return true;
  }

  /** Index of the first entry at `from` or later. */
  #find(from: number): number {
    let low = 0;
    let high = this.#names.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#number(middle) < from) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
