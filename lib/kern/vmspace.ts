/**
 * A process's memory, as far as a rump kernel has any: who its caller is. Local callers hand over
 * JavaScript values, so the kernel's own space needs no copying; a remote client's space copies through the
 * wire.
 *
 * NetBSD: sys/rump/librump/rumpkern/vm.c, rumpcopy.c.
 */
import { KASSERT } from './kassert.ts';

export interface Vmspace {
  readonly kind: 'local' | 'remote';
  refcnt: number;
}

export function vmspaceHold(vm: Vmspace): Vmspace {
  vm.refcnt++;
  return vm;
}

export function vmspaceFree(vm: Vmspace): void {
  KASSERT(vm.refcnt > 0, 'memory of a process freed twice');
  vm.refcnt--;
}
