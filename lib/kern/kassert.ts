/** Assertions. They stay on in production: a kernel that goes on after one has failed loses data. */

/** A broken invariant inside the kernel. Whoever drives the kernel turns it into a panic of that kernel. */
export class KernelBug extends Error {
  override readonly name = 'KernelBug';
}

/**
 * On hot paths `message` is a constant: one that is put together costs more than the test, every time.
 *
 * NetBSD: sys/lib/libkern/libkern.h, KASSERT(9).
 */
export function KASSERT(condition: boolean, message: string): asserts condition {
  if (!condition) {
    throw new KernelBug(`kernel diagnostic assertion failed: ${message}`);
  }
}
