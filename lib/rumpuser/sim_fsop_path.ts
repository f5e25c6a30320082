/** Simulated host: from a directory and a path of plain names to a place in the tree. */
import { EINVAL, ENAMETOOLONG, ENOENT, ESTALE } from '../sys/errno.ts';
import type { FsId } from './rumpuser.ts';
import { SIM_DEV } from './sim_fsop_data.ts';
import type { SimNode } from './sim_node.ts';

const PATH_MAX = 4096;
const NAME_MAX = 255;

/** A name in a directory; an empty name is the node itself, whatever it is. */
export interface Place {
  readonly dir: SimNode;
  readonly name: string;
}

/** @throws EINVAL ENAMETOOLONG ESTALE */
export function placeOf(start: SimNode, path: Uint8Array | undefined, where: FsId | undefined): Place {
  if (path === undefined || path.length === 0) return { dir: start, name: '' };
  const names = Buffer.from(path).toString('latin1').split('/');
  if (path.length >= PATH_MAX || names.some((name) => name.length > NAME_MAX)) throw ENAMETOOLONG;
  if (names.some((name) => name === '' || name === '.' || name === '..')) throw EINVAL;
  const name = names.pop() as string;
  let dir = start;
  for (const step of names) {
    const next = dir.entries?.get(step);
    if (next?.entries === undefined) throw ESTALE;
    dir = next;
  }
  if (dir.entries === undefined) throw ESTALE;
  if (!isThat(dir, where)) throw ESTALE;
  return { dir, name };
}

/** What is there. @throws ENOENT; ESTALE it is not `what` */
export function there({ dir, name }: Place, what: FsId | undefined): SimNode {
  const node = name === '' ? dir : dir.entries?.get(name);
  if (node === undefined) throw ENOENT;
  if (!isThat(node, what)) throw ESTALE;
  return node;
}

function isThat(node: SimNode, id: FsId | undefined): boolean {
  if (id === undefined || (id.dev === 0n && id.ino === 0n)) return true;
  return id.dev === SIM_DEV && id.ino === BigInt(node.ino);
}
