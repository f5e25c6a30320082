/**
 * The content of a regular file in memory: pages, and holes where nothing has been written.
 *
 * Invariants: a page that is there lies below `size`; bytes of the last page at or past `size` are zero. What fails
 * has changed nothing but, for a write, what it says it has moved.
 *
 * NetBSD: sys/uvm/uvm_aobj.c, sys/fs/tmpfs/tmpfs_subr.c (tmpfs_reg_resize).
 */

import type { Uio } from '../kern/uio.ts';
import { PAGE_SIZE } from '../sys/constants/param.ts';
import { EFBIG, ENOMEM, ENOSPC, ENXIO } from '../sys/errno.ts';
import type { MemFs } from './memnode.ts';

interface Page {
  /** Address in kernel memory. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

/**
 * How far behind the last page of the list another may be to be in it: what is further is in the table. The engine
 * looks at every place of a list when it goes through it, and knows none past 2^32.
 */
const NEAR = 1000;

/** Largest file, bytes. */
const SIZE_MAX = Number.MAX_SAFE_INTEGER - PAGE_SIZE;

export class MemFile {
  readonly #fs: MemFs;
  /** By number; absent ones are holes. A page is in the list or in the table. */
  #pages: (Page | undefined)[] = [];
  #far: Map<number, Page> | null = null;
  /** Pages there are. */
  npages = 0;
  size = 0;

  constructor(fs: MemFs) {
    this.#fs = fs;
  }

  #page(number: number): Page | undefined {
    return this.#pages[number] ?? this.#far?.get(number);
  }

  #put(number: number, page: Page): void {
    if (number <= this.#pages.length + NEAR) {
      this.#pages[number] = page;
    } else {
      this.#far ??= new Map();
      this.#far.set(number, page);
    }
    this.npages++;
  }

  /** `page` becomes a hole. */
  #drop(number: number, page: Page): void {
    if (this.#far === null || !this.#far.delete(number)) {
      this.#pages[number] = undefined;
    }
    this.npages--;
    this.#release(page);
  }

  /** Visit the pages there are from `first` up to `end`, in no order; the one visited may be dropped. */
  #each(first: number, end: number, visit: (number: number, page: Page) => void): void {
    for (let i = first; i < Math.min(end, this.#pages.length); i++) {
      const page = this.#pages[i];
      if (page !== undefined) {
        visit(i, page);
      }
    }
    for (const [i, page] of this.#far ?? []) {
      if (i >= first && i < end) {
        visit(i, page);
      }
    }
  }

  /** From `uio.offset` to the end of the file or of what is wanted. */
  read(uio: Uio): void {
    const { size } = this;
    while (uio.resid > 0 && uio.offset < size) {
      const { offset } = uio;
      const number = Math.floor(offset / PAGE_SIZE);
      const at = offset - number * PAGE_SIZE;
      const n = Math.min(PAGE_SIZE - at, size - offset);
      const page = this.#page(number);
      uio.move(page === undefined ? this.#fs.hole : page.bytes, at, n);
    }
  }

  /** @throws EFBIG; ENOSPC no page for even the first byte: otherwise as much as there is room for is written */
  write(uio: Uio): void {
    if (uio.offset + uio.resid > SIZE_MAX) {
      throw EFBIG;
    }
    const whole = uio.resid;
    try {
      while (uio.resid > 0) {
        this.#writePage(uio);
      }
    } catch (error) {
      if (error !== ENOSPC || uio.resid === whole) {
        throw error;
      }
    }
  }

  /** As much of a transfer as goes into one page. */
  #writePage(uio: Uio): void {
    const { offset } = uio;
    const number = Math.floor(offset / PAGE_SIZE);
    const at = offset - number * PAGE_SIZE;
    const n = Math.min(PAGE_SIZE - at, uio.resid);
    const old = this.#page(number);
    const page = old ?? this.#alloc(n === PAGE_SIZE ? 'overwritten' : 'zero');
    try {
      uio.move(page.bytes, at, n);
    } catch (error) {
      // The caller's memory has gone: a page nobody has seen is not kept.
      if (old === undefined) {
        this.#release(page);
      }
      throw error;
    }
    if (old === undefined) {
      this.#put(number, page);
    }
    if (uio.offset > this.size) {
      this.size = uio.offset;
    }
  }

  /** Make it `size` bytes long; what is new is a hole. @throws EFBIG */
  truncate(size: number): void {
    if (size > SIZE_MAX) {
      throw EFBIG;
    }
    if (size < this.size) {
      this.#freeFrom(Math.ceil(size / PAGE_SIZE));
      const last = Math.floor(size / PAGE_SIZE);
      this.#page(last)?.bytes.fill(0, size - last * PAGE_SIZE);
    }
    this.size = size;
  }

  /** Free the pages from `number` on. */
  #freeFrom(number: number): void {
    if (this.npages === 0) {
      this.#pages = [];
      return;
    }
    this.#each(number, Number.POSITIVE_INFINITY, (i, page) => this.#drop(i, page));
    this.#pages.length = Math.min(this.#pages.length, number);
  }

  /** Zero a range; whole pages of it become holes. */
  discard(offset: number, length: number): void {
    const end = Math.min(offset + length, this.size);
    this.#each(Math.floor(offset / PAGE_SIZE), Math.ceil(end / PAGE_SIZE), (number, page) => {
      const at = number * PAGE_SIZE;
      const from = Math.max(0, offset - at);
      const to = Math.min(PAGE_SIZE, end - at);
      if (from === 0 && (to === PAGE_SIZE || at + to === this.size)) {
        this.#drop(number, page);
      } else {
        page.bytes.fill(0, from, to);
      }
    });
  }

  /** Give a range pages, growing the file. @throws ENOSPC EFBIG */
  allocate(offset: number, length: number): void {
    const end = offset + length;
    if (end > SIZE_MAX) {
      throw EFBIG;
    }
    const first = Math.floor(offset / PAGE_SIZE);
    const last = Math.ceil(end / PAGE_SIZE);
    const wanted = last - first;
    if (this.#fs.used + wanted - this.npages > this.#fs.pagesMax) {
      throw ENOSPC;
    }
    const added: [number: number, page: Page][] = [];
    try {
      for (let number = first; number < last; number++) {
        if (this.#page(number) === undefined) {
          const page = this.#alloc('zero');
          this.#put(number, page);
          added.push([number, page]);
        }
      }
    } catch (error) {
      for (const [number, page] of added) {
        this.#drop(number, page);
      }
      throw error;
    }
    this.size = Math.max(this.size, end);
  }

  /** First page from `number` on that is there, or the number behind the last. */
  #nextPage(number: number): number {
    let next = Math.ceil(this.size / PAGE_SIZE);
    for (let i = number; i < Math.min(next, this.#pages.length); i++) {
      if (this.#pages[i] !== undefined) {
        next = i;
        break;
      }
    }
    for (const i of this.#far?.keys() ?? []) {
      if (i >= number && i < next) {
        next = i;
      }
    }
    return next;
  }

  /** @throws ENXIO no data, or no file, from `offset` on */
  seek(offset: number, what: 'data' | 'hole'): number {
    if (offset >= this.size) {
      throw ENXIO;
    }
    let number = Math.floor(offset / PAGE_SIZE);
    if (what === 'data') {
      const next = this.#nextPage(number);
      if (next * PAGE_SIZE >= this.size) {
        throw ENXIO;
      }
      return Math.max(offset, next * PAGE_SIZE);
    }
    while (number * PAGE_SIZE < this.size && this.#page(number) !== undefined) {
      number++;
    }
    return Math.min(Math.max(offset, number * PAGE_SIZE), this.size);
  }

  /** @throws ENOSPC */
  #alloc(content: 'zero' | 'overwritten'): Page {
    const fs = this.#fs;
    if (fs.used >= fs.pagesMax) {
      throw ENOSPC;
    }
    const { uvm } = fs.kernel;
    let address: number;
    try {
      address = uvm.kmAlloc(PAGE_SIZE);
    } catch (error) {
      throw error === ENOMEM ? ENOSPC : error;
    }
    fs.pages++;
    const bytes = uvm.bytes(address, PAGE_SIZE);
    if (content === 'zero') {
      bytes.fill(0);
    }
    return { address, bytes };
  }

  #release(page: Page): void {
    this.#fs.pages--;
    this.#fs.kernel.uvm.kmFree(page.address, PAGE_SIZE);
  }
}
