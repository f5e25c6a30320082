/**
 * The giant lock: a host mutex, recursive, that is held by whichever host thread runs kernel code or touches
 * kernel memory. While no other host thread knows of the kernel the lock cannot be contended, so it is not
 * taken at all; `giantShare` takes it for real from then on. Its owner is lwp0, the kernel's identity towards
 * the host.
 *
 * NetBSD: sys/rump/librump/rumpkern/klock.c; the seed's rump_giantlock.
 */
import { RUMPUSER_MTX_RECURSIVE } from '../rumpuser/rumpuser.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';

export function giantInit(k: Kernel): void {
  k.giant = k.host.mutexInit(RUMPUSER_MTX_RECURSIVE);
}

export function giantFini(k: Kernel): void {
  k.host.mutexDestroy(k.giant);
  k.giant = 0;
  k.giantShared = false;
}

/** Other host threads may enter from now on. @returns the lock's handle, to be posted to them */
export function giantShare(k: Kernel): number {
  KASSERT(k.curlwp === null, 'giant lock shared from inside the kernel');
  k.giantShared = true;
  return k.giant;
}

/** The same from inside the kernel, which this host thread has entered once without taking the lock. */
export function giantShareInside(k: Kernel): void {
  if (k.giantShared) {
    return;
  }
  k.giantShared = true;
  const l = k.curlwp;
  if (l !== null) {
    k.host.curlwpClear(l.handle);
  }
  giantEnter(k);
  if (l !== null) {
    k.host.curlwpSet(l.handle);
  }
}

/** Come into the kernel on this host thread. No lwp may be current. */
export function giantEnter(k: Kernel): void {
  if (k.giantShared) {
    enterShared(k);
  }
}

/** Leave the kernel on this host thread. */
export function giantExit(k: Kernel): void {
  if (k.giantShared) {
    exitShared(k);
  }
}

// Functions of their own: a closure would cost every entry an allocation, shared or not.
function enterShared(k: Kernel): void {
  asLwp0(k, () => k.host.mutexEnterNowrap(k.giant));
}

function exitShared(k: Kernel): void {
  asLwp0(k, () => k.host.mutexExit(k.giant));
}

function asLwp0(k: Kernel, lock: () => void): void {
  const { host } = k;
  const { handle } = k.lwp0;
  host.curlwpSet(handle);
  try {
    lock();
  } finally {
    host.curlwpClear(handle);
  }
}
