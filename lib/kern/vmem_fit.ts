/**
 * Whether and where a request fits into a stretch of addresses.
 *
 * NetBSD: sys/kern/subr_vmem.c (vmem_fit), vmem(9).
 */
import { KASSERT } from './kassert.ts';

/** What `xalloc` may ask for beyond a size. */
export interface VmemConstraints {
  /** Power of two; the address is `phase` past a multiple of it. Default: the quantum. */
  readonly align?: number;
  /** Less than `align`. Default 0. */
  readonly phase?: number;
  /** Power of two, at least the size: the allocation lies between two multiples of it. Default: anywhere. */
  readonly nocross?: number;
  /** The first address allowed, and the last one the allocation may cover. */
  readonly minaddr?: number;
  readonly maxaddr?: number;
}

/**
 * The same with the gaps filled in; `nocross` 0 is anywhere. Unless `constrained`, a stretch fits if it is
 * big enough.
 */
export interface VmemRequest extends Required<VmemConstraints> {
  readonly size: number;
  readonly constrained: boolean;
}

const VMEM_ADDR_MIN = 0;
const VMEM_ADDR_MAX = Number.MAX_SAFE_INTEGER;

/** Fill in what is not given. Constraints that make no sense are a bug of the caller. */
export function vmemRequest(size: number, quantum: number, constraints: VmemConstraints | null): VmemRequest {
  if (constraints === null) {
    return {
      size,
      constrained: false,
      align: quantum,
      phase: 0,
      nocross: 0,
      minaddr: VMEM_ADDR_MIN,
      maxaddr: VMEM_ADDR_MAX,
    };
  }
  const {
    align = quantum,
    phase = 0,
    nocross = 0,
    minaddr = VMEM_ADDR_MIN,
    maxaddr = VMEM_ADDR_MAX,
  } = constraints;
  KASSERT(isPowerOfTwo(align) && align >= quantum, `vmem alignment ${align}`);
  KASSERT(phase >= 0 && phase < align && phase % quantum === 0, `vmem phase ${phase}`);
  KASSERT(nocross === 0 || (isPowerOfTwo(nocross) && nocross >= size), `vmem nocross ${nocross}`);
  KASSERT(minaddr <= maxaddr, `vmem addresses from ${minaddr} to ${maxaddr}`);
  return { size, constrained: true, align, phase, nocross, minaddr, maxaddr };
}

export function isPowerOfTwo(n: number): boolean {
  return Number.isSafeInteger(n) && n > 0 && Number.isInteger(Math.log2(n));
}

export function roundup(n: number, to: number): number {
  return Math.ceil(n / to) * to;
}

/** The lowest address for the request between `start` and `start + size`, or -1. */
export function vmemFit(start: number, size: number, r: VmemRequest): number {
  if (!r.constrained) {
    return size >= r.size ? start : -1;
  }
  const low = Math.max(start, r.minaddr);
  // One past the last: kept exact, as addresses end at 2^53 - 1.
  const high = Math.min(start + size, r.maxaddr + 1);
  let at = roundup(low - r.phase, r.align) + r.phase;
  if (r.nocross !== 0 && crosses(at, r)) {
    // Places repeat with the boundaries: if the first one past a boundary crosses the next, all do.
    at = roundup(roundup(at + 1, r.nocross) - r.phase, r.align) + r.phase;
    if (crosses(at, r)) {
      return -1;
    }
  }
  return at >= low && at + r.size <= high ? at : -1;
}

function crosses(at: number, r: VmemRequest): boolean {
  return Math.floor(at / r.nocross) !== Math.floor((at + r.size - 1) / r.nocross);
}
