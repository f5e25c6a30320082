/**
 * What an arena has and what of it is taken: spans, the stretches in them, searching, splitting, joining.
 * Data only: who waits for space and where more of it comes from is told in vmem.ts.
 *
 * NetBSD: sys/kern/subr_vmem.c. Next fit and its rotor are after the vmem of Solaris, where NetBSD's came
 * from.
 */
import { KASSERT } from './kassert.ts';
import { type VmemRequest, vmemFit } from './vmem_fit.ts';
import { BusyTable } from './vmem_hash.ts';
import { Bt, FreeLists, SegmentList } from './vmem_tag.ts';

/**
 * Where in the arena: any stretch that is surely big enough, and failing that any that is (the fastest); the
 * smallest that is big enough (least fragments); the lowest address behind the last such allocation, starting
 * over at the end (addresses come back late).
 */
export type VmemStrategy = 'instantfit' | 'bestfit' | 'nextfit';

/** Tags kept for the next allocation. */
const UNUSED_MAX = 256;

export class VmemMap {
  readonly busy: BusyTable;
  readonly #name: string;
  readonly #segments = new SegmentList();
  readonly #free: FreeLists;
  /** Where the last next fit ended. */
  #rotor = 0;
  /** Tags not in use, chained: a new one costs several times as much as the rest of an allocation. */
  #unused: Bt | null = null;
  #nunused = 0;
  /** Of all spans together, and of what is taken of it. */
  size = 0;
  inuse = 0;
  nspans = 0;
  nfree = 0;

  constructor(name: string, quantum: number) {
    this.#name = name;
    this.#free = new FreeLists(quantum);
    this.busy = new BusyTable(quantum);
  }

  add(type: 'span' | 'imported', start: number, size: number): void {
    const span = new Bt(type, start, size);
    const bt = this.#newFree(start, size);
    this.#segments.insertAfter(this.#segments.last, span);
    this.#segments.insertAfter(span, bt);
    this.#insertFree(bt);
    this.size += size;
    this.nspans++;
  }

  /** Take what is asked for. @returns its address, -1 when it fits nowhere */
  take(r: VmemRequest, strategy: VmemStrategy): number {
    switch (strategy) {
      case 'instantfit':
        return this.#split(this.#findFirst(r) ?? this.#findBest(r), r);
      case 'bestfit':
        return this.#split(this.#findBest(r), r);
      case 'nextfit':
        return this.#takeNext(r);
    }
  }

  #takeNext(r: VmemRequest): number {
    const behind = { ...r, constrained: true, minaddr: Math.max(r.minaddr, this.#rotor) };
    let start = this.#split(this.#findLowest(behind), behind);
    if (start < 0) {
      start = this.#split(this.#findLowest(r), r);
    }
    if (start >= 0) {
      this.#rotor = start + r.size;
    }
    return start;
  }

  /** Take from a free stretch what fits there. @returns its address, -1 without a stretch */
  #split(bt: Bt | null, r: VmemRequest): number {
    if (bt === null) {
      return -1;
    }
    const start = vmemFit(bt.start, bt.size, r);
    const end = start + r.size;
    const { start: freeStart, size: freeSize } = bt;
    this.#removeFree(bt);
    if (start > freeStart) {
      const before = this.#newFree(freeStart, start - freeStart);
      this.#segments.insertAfter(bt.segPrev, before);
      this.#insertFree(before);
    }
    if (end < freeStart + freeSize) {
      const behind = this.#newFree(end, freeStart + freeSize - end);
      this.#segments.insertAfter(bt, behind);
      this.#insertFree(behind);
    }
    bt.type = 'busy';
    bt.start = start;
    bt.size = r.size;
    this.busy.insert(bt);
    this.inuse += r.size;
    return start;
  }

  /**
   * Put back what was taken. @returns the imported span that is all free now and no longer in here, or null
   */
  give(bt: Bt): Bt | null {
    this.busy.remove(bt);
    this.inuse -= bt.size;
    const next = bt.segNext;
    if (next?.type === 'free') {
      this.#removeFree(next);
      bt.size += next.size;
      this.#discard(next);
    }
    const prev = bt.segPrev;
    if (prev?.type === 'free') {
      this.#removeFree(prev);
      bt.start = prev.start;
      bt.size += prev.size;
      this.#discard(prev);
    }
    const span = bt.segPrev;
    if (span?.type === 'imported' && span.size === bt.size) {
      this.#discard(bt);
      this.#segments.remove(span);
      this.size -= span.size;
      this.nspans--;
      return span;
    }
    bt.type = 'free';
    this.#insertFree(bt);
    return null;
  }

  /** Each stretch, in the order of the spans and of addresses within. */
  walk(fn: (start: number, size: number, type: 'free' | 'busy') => void): void {
    for (let bt = this.#segments.first; bt !== null; bt = bt.segNext) {
      if (bt.type === 'free' || bt.type === 'busy') {
        fn(bt.start, bt.size, bt.type);
      }
    }
  }

  /** Look whether all the lists tell the same. NetBSD: vmem_check. */
  check(): void {
    const seen = { free: 0, busy: 0, inuse: 0, size: 0, spans: 0 };
    let end = 0;
    let spanEnd = 0;
    for (let bt = this.#segments.first; bt !== null; bt = bt.segNext) {
      if (bt.isSpan) {
        this.#checkThat(end === spanEnd, 'a span is not filled', bt);
        seen.spans++;
        seen.size += bt.size;
        end = bt.start;
        spanEnd = bt.start + bt.size;
        continue;
      }
      this.#checkThat(bt.start === end && bt.size > 0, 'a gap between stretches', bt);
      end += bt.size;
      if (bt.type === 'busy') {
        seen.busy++;
        seen.inuse += bt.size;
        this.#checkThat(this.busy.lookup(bt.start) === bt, 'a taken stretch is not in the table', bt);
      } else {
        seen.free++;
        this.#checkThat(bt.segPrev?.type !== 'free', 'free neighbours', bt);
        this.#checkThat(this.#free.has(bt), 'a free stretch is not on its list', bt);
      }
    }
    KASSERT(
      end === spanEnd &&
        seen.spans === this.nspans &&
        seen.size === this.size &&
        seen.inuse === this.inuse &&
        seen.busy === this.busy.count &&
        seen.free === this.nfree,
      `arena ${this.#name} miscounts: ${JSON.stringify(seen)}`,
    );
  }

  #checkThat(good: boolean, what: string, bt: Bt): void {
    KASSERT(good, `arena ${this.#name}: ${what}, ${bt.type} ${bt.size} at ${bt.start}`);
  }

  /** The first that fits, on the lists where only constraints could stand in the way. */
  #findFirst(r: VmemRequest): Bt | null {
    const free = this.#free;
    for (let order = free.from(free.orderFor(r.size)); order >= 0; order = free.from(order + 1)) {
      for (let bt = free.head(order); bt !== null; bt = bt.listNext) {
        if (vmemFit(bt.start, bt.size, r) >= 0) {
          return bt;
        }
      }
    }
    return null;
  }

  /** The smallest that fits, among equals the first found. */
  #findBest(r: VmemRequest): Bt | null {
    const free = this.#free;
    let best: Bt | null = null;
    for (
      let order = free.from(free.orderOf(r.size));
      order >= 0 && best === null;
      order = free.from(order + 1)
    ) {
      for (let bt = free.head(order); bt !== null; bt = bt.listNext) {
        if ((best === null || bt.size < best.size) && vmemFit(bt.start, bt.size, r) >= 0) {
          best = bt;
        }
      }
    }
    return best;
  }

  /** The one with the lowest fitting address. */
  #findLowest(r: VmemRequest): Bt | null {
    let lowest: Bt | null = null;
    let at = Number.POSITIVE_INFINITY;
    for (let bt = this.#segments.first; bt !== null; bt = bt.segNext) {
      const fit = bt.type === 'free' ? vmemFit(bt.start, bt.size, r) : -1;
      if (fit >= 0 && fit < at) {
        lowest = bt;
        at = fit;
      }
    }
    return lowest;
  }

  #newFree(start: number, size: number): Bt {
    const bt = this.#unused;
    if (bt === null) {
      return new Bt('free', start, size);
    }
    this.#unused = bt.listNext;
    this.#nunused--;
    bt.listNext = null;
    bt.type = 'free';
    bt.start = start;
    bt.size = size;
    return bt;
  }

  /** Take a tag that stands for nothing any more off the segment list. */
  #discard(bt: Bt): void {
    this.#segments.remove(bt);
    if (this.#nunused < UNUSED_MAX) {
      bt.listNext = this.#unused;
      this.#unused = bt;
      this.#nunused++;
    }
  }

  #insertFree(bt: Bt): void {
    this.#free.insert(bt);
    this.nfree++;
  }

  #removeFree(bt: Bt): void {
    this.#free.remove(bt);
    this.nfree--;
  }
}
