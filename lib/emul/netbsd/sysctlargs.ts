/**
 * sysctl(3) of a foreign caller: what a request about the tree points at, the text of a description to be set, and what
 * is told along with ENOMEM.
 *
 * NetBSD: sys/kern/kern_sysctl.c (sys___sysctl, sysctl_describe), sys/sys/sysctl.h (struct sysctlnode).
 */
import type { Lwp } from '../../kern/lwp.ts';
import type { MaySleep } from '../../kern/maysleep.ts';
import { dosysctl } from '../../kern/sysctl_call.ts';
import { SYSCTLNODE_SIZE } from '../../kern/sysctl_node.ts';
import { CTL_DESCRIBE, MAXDESCLEN } from '../../sys/constants/sysctl.ts';
import { nameEncode } from '../../sys/pathname.ts';
import type { Marshal } from './args.ts';
import { memoryCodec } from './codec.ts';

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

/**
 * The handler, for this call: how long the old value is, and what fits of it, is told also along with ENOMEM. What a
 * local caller is told then has no place for the length.
 */
export function sysctlTelling(m: Marshal) {
  return (l: Lwp, name: readonly number[], oldv: Uint8Array | null, newv: Uint8Array | null): number => {
    const { oldlen, error } = dosysctl(l, name, oldv, newv);
    if (error === null) {
      return oldlen;
    }
    const { outs } = m;
    m.always.push(function* () {
      if (oldv !== null) {
        yield* m.copyout(outs.get('oldv') as bigint, oldv.subarray(0, oldlen));
      }
      yield* m.copyout(outs.get('oldlenp') as bigint, memoryCodec('size_t').encode(oldlen));
    });
    throw error;
  };
}
