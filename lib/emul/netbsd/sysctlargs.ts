/**
 * What a request of sysctl(3) about the tree points at: the text of a description to be set.
 *
 * NetBSD: sys/kern/kern_sysctl.c (sysctl_describe), sys/sys/sysctl.h (struct sysctlnode).
 */
import type { MaySleep } from '../../kern/maysleep.ts';
import { SYSCTLNODE_SIZE } from '../../kern/sysctl_node.ts';
import { CTL_DESCRIBE, MAXDESCLEN } from '../../sys/constants/sysctl.ts';
import { nameEncode } from '../../sys/pathname.ts';
import type { Marshal } from './args.ts';

/** Where the address of the description is, in a `struct sysctlnode`. */
const DESC = SYSCTLNODE_SIZE - 8;

/** Put the text after the structure, where the handler looks for it. @throws EFAULT ENAMETOOLONG */
export function* sysctlIn(m: Marshal): MaySleep<void> {
  const [name, , newv] = m.values as [readonly number[] | undefined, unknown, Uint8Array | null | undefined];
  if (name?.at(-1) !== CTL_DESCRIBE || newv?.length !== SYSCTLNODE_SIZE) {
    return;
  }
  const address = new DataView(newv.buffer, newv.byteOffset).getBigUint64(DESC, true);
  if (address !== 0n) {
    const text = nameEncode(`${yield* m.text(address, MAXDESCLEN)}\0`);
    const both = new Uint8Array(newv.length + text.length);
    both.set(newv);
    both.set(text, newv.length);
    m.values[2] = both;
  }
}
