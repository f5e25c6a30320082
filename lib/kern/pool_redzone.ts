/**
 * Red zones: bytes behind an allocation that nobody should touch, written when it is made and looked at when
 * it is given back.
 *
 * NetBSD: sys/kern/subr_pool.c, sys/kern/subr_kmem.c (redzone).
 */
import type { Kernel } from './kernel.ts';
import { panic } from './panic.ts';

/**
 * Bytes of a red zone. Who runs past the end writes the first; more of them would cost time with each
 * allocation.
 */
export const REDZONE_SIZE = 2;

/** Differs from place to place, so that a copied neighbour does not look right. */
function pattern(at: number): number {
  return (at ^ 0xa5) & 0xff;
}

/** Write the red zone from `start` to `end` of `bytes`. */
export function redzoneFill(bytes: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; at++) {
    bytes[at] = pattern(at);
  }
}

/**
 * @returns how many bytes behind the allocation the first wrong one is, counted from 0; -1 when all is well
 */
export function redzoneCheck(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    if (bytes[at] !== pattern(at)) {
      return at - start;
    }
  }
  return -1;
}

/** The red zone of an item of kernel memory, of which `size` bytes are the user's. */
export function guardFill(k: Kernel, address: number, size: number): void {
  const { bytes, base } = k.uvm.chunkAt(address);
  const end = address - base + size;
  redzoneFill(bytes, end, end + REDZONE_SIZE);
}

/** Panic if it has been written. */
export function guardCheck(k: Kernel, pool: string, address: number, size: number): void {
  const { bytes, base } = k.uvm.chunkAt(address);
  const end = address - base + size;
  const broken = redzoneCheck(bytes, end, end + REDZONE_SIZE);
  if (broken >= 0) {
    panic(`pool ${pool}: overrun of 0x${address.toString(16)}: byte ${size + broken} was written`);
  }
}
