/**
 * Code of the host program's that the kernel calls: its console, the commands of modules in TypeScript.
 *
 * This kernel stays closed to it (EBUSY), but other kernels of the process are open: the host thread has no
 * lwp meanwhile, since it can have only one at a time, of whichever kernel.
 */
import type { Kernel } from './kernel.ts';

/** @throws what `fn` throws */
export function hostcode<T>(k: Kernel, fn: () => T): T {
  const l = k.curlwp;
  if (l === null) {
    return fn();
  }
  k.host.curlwpClear(l.handle);
  try {
    return fn();
  } finally {
    k.host.curlwpSet(l.handle);
  }
}

/** The way back, for what the kernel lets such code call: the lwp it was called as is current meanwhile. */
export function kernelcode<T>(k: Kernel, fn: () => T): T {
  const l = k.curlwp;
  if (l === null || k.host.curlwp[0] === l.handle) {
    return fn();
  }
  k.host.curlwpSet(l.handle);
  try {
    return fn();
  } finally {
    k.host.curlwpClear(l.handle);
  }
}
