/**
 * Simulated host: the bytes of one file, in 4 KiB pages made when first written.
 *
 * Holes cost nothing, and the content a file starts with is shared until a page of it is written: ten
 * thousand hosts over one disk image hold one copy of it.
 */
const PAGE = 4096;

export class SimContent {
  #initial: Uint8Array;
  readonly #pages = new Map<number, Uint8Array>();
  /** Pages written and not synchronised since. */
  readonly #unsynced = new Set<number>();
  #size: number;

  /**
   * @param initial is not copied and must not change. @param size bytes; beyond `initial` there are zeroes.
   */
  constructor(initial: Uint8Array, size: number) {
    this.#initial = initial;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** Pages of 4 KiB that a power failure would take. */
  get unsyncedPages(): number {
    return this.#unsynced.size;
  }

  /** Fill `into` from byte `off`. @returns bytes read, 0 at the end. */
  read(into: Uint8Array, off: number): number {
    const count = Math.max(0, Math.min(into.length, this.#size - off));
    for (const part of partsOf(off, count)) {
      const target = into.subarray(part.done, part.done + part.length);
      const page = this.#pages.get(part.page);
      if (page === undefined) this.#readInitial(target, off + part.done);
      else target.set(page.subarray(part.start, part.start + part.length));
    }
    return count;
  }

  /** Write all of `from` at byte `off`, growing the file when that is beyond its end. */
  write(from: Uint8Array, off: number): void {
    for (const part of partsOf(off, from.length)) {
      this.#writable(part.page).set(from.subarray(part.done, part.done + part.length), part.start);
      this.#unsynced.add(part.page);
    }
    if (from.length > 0) this.#size = Math.max(this.#size, off + from.length);
  }

  /** Bytes that take up space. */
  get allocated(): number {
    return this.#initial.length + this.#pages.size * PAGE;
  }

  /** Cut or grow to `size` bytes; what it grows by reads as zeroes. */
  truncate(size: number): void {
    if (size < this.#size) {
      this.zero(size, this.#size);
      this.#initial = this.#initial.subarray(0, size);
    }
    this.#size = size;
  }

  /** Bytes `start` to `end` read as zeroes from now on; whole pages of them take up no space. */
  zero(start: number, end: number): void {
    for (const part of partsOf(start, Math.max(0, Math.min(end, this.#size) - start))) {
      const known = part.page * PAGE < this.#initial.length;
      if (part.length === PAGE && !known) this.#pages.delete(part.page);
      else this.#writable(part.page).fill(0, part.start, part.start + part.length);
    }
  }

  /** Where data, or a hole, begins at or after `off`; the size when there is none. */
  seek(off: number, what: 'data' | 'hole'): number {
    for (let at = off; at < this.#size; at = (Math.floor(at / PAGE) + 1) * PAGE) {
      const data = at < this.#initial.length || this.#pages.has(Math.floor(at / PAGE));
      if (data === (what === 'data')) return at;
    }
    return this.#size;
  }

  /** Bytes `start` to `end` are on stable storage from now on. */
  sync(start: number, end: number): void {
    for (const page of this.#unsynced) {
      if (page * PAGE < end && (page + 1) * PAGE > start) this.#unsynced.delete(page);
    }
  }

  #readInitial(target: Uint8Array, off: number): void {
    const known = this.#initial.subarray(off, off + target.length);
    target.set(known);
    target.fill(0, known.length);
  }

  #writable(index: number): Uint8Array {
    const present = this.#pages.get(index);
    if (present !== undefined) return present;
    const page = new Uint8Array(PAGE);
    this.#readInitial(page, index * PAGE);
    this.#pages.set(index, page);
    return page;
  }
}

interface Part {
  readonly page: number;
  /** Where in the page it begins. */
  readonly start: number;
  readonly length: number;
  /** Bytes of the whole that come before it. */
  readonly done: number;
}

/** A range of a file, page by page. */
function* partsOf(off: number, count: number): Generator<Part, void, void> {
  for (let done = 0; done < count; ) {
    const start = (off + done) % PAGE;
    const length = Math.min(PAGE - start, count - done);
    yield { page: Math.floor((off + done) / PAGE), start, length, done };
    done += length;
  }
}
