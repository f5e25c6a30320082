/**
 * Extended attributes in memory.
 *
 * extattr(2).
 */
import { ENOATTR, ENOSPC } from '../sys/errno.ts';
import { CHANGED, memNode } from './memnode.ts';
import type { Vnodeops } from './vnodeops.ts';

/** Bytes of all attributes of one file, names included. */
const BYTES_MAX = 65536;

function key(namespace: number, name: string): string {
  return `${namespace}:${name}`;
}

export const memExtattrOps: Pick<Vnodeops, 'getextattr' | 'setextattr' | 'listextattr' | 'deleteextattr'> = {
  getextattr(_l, vp, namespace, name) {
    const value = memNode(vp).extattrs?.get(key(namespace, name));
    if (value === undefined) {
      throw ENOATTR;
    }
    return value;
  },
  setextattr(_l, vp, namespace, name, value) {
    const node = memNode(vp);
    const attributes = node.extattrs ?? new Map<string, Uint8Array>();
    let bytes = name.length + value.length;
    for (const [other, { length }] of attributes) {
      bytes += other === key(namespace, name) ? 0 : other.length + length;
    }
    if (bytes > BYTES_MAX) {
      throw ENOSPC;
    }
    attributes.set(key(namespace, name), value);
    node.extattrs = attributes;
    node.touch(CHANGED);
  },
  listextattr(_l, vp, namespace) {
    const prefix = key(namespace, '');
    const names = [...(memNode(vp).extattrs?.keys() ?? [])];
    return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  },
  deleteextattr(_l, vp, namespace, name) {
    const node = memNode(vp);
    if (node.extattrs?.delete(key(namespace, name)) !== true) {
      throw ENOATTR;
    }
    node.touch(CHANGED);
  },
};
