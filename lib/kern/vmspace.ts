/**
 * A process's memory, as far as a rump kernel has any: who its caller is. Local callers hand over
 * JavaScript values, so the kernel's own space needs no copying; a remote client's space copies through the
 * wire.
 *
 * NetBSD: sys/rump/librump/rumpkern/vm.c, rumpcopy.c.
 */
export interface Vmspace {
  readonly kind: 'local' | 'remote';
  refcnt: number;
}
