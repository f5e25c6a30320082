/**
 * What a file system is mounted with: an object locally, its JSON in a foreign caller's memory, which no C structure
 * of arguments looks like.
 *
 * NetBSD: sys/kern/vfs_syscalls.c (do_sys_mount, mount_getargs).
 */
import { MNT_GETARGS } from '../../sys/constants/mount.ts';
import { EINVAL } from '../../sys/errno.ts';
import { nameDecode, nameEncode } from '../../sys/pathname.ts';
import type { Marshal } from './args.ts';
import type { Encoder } from './encoder.ts';

/** Room for the JSON that MNT_GETARGS tells. */
const GETARGS_ROOM = 4096;
const BRACE = 0x7b;

/** On the kernel's side. What is asked for goes out with a NUL behind it. */
export function mountIn(m: Marshal, address: bigint, data: Uint8Array): object {
  if ((m.scalar(m.slotOf('flags'), 'int') & MNT_GETARGS) === 0 || data[0] !== BRACE) {
    return data;
  }
  const value = {};
  m.after.push(() => {
    const text = nameEncode(`${JSON.stringify(value)}\0`);
    if (text.length > data.length) {
      throw EINVAL;
    }
    return m.copyout(address, text);
  });
  return value;
}

/** On the caller's side: argument `i`. */
export function mountOutward(e: Encoder, i: number, flags: number, value: object): void {
  const getargs = (flags & MNT_GETARGS) !== 0;
  const text = nameEncode(getargs ? '{'.padEnd(GETARGS_ROOM, '\0') : JSON.stringify(value));
  e.set(i, e.give(text));
  e.setLength('data', text.length);
  if (getargs) {
    e.after.push(() => Object.assign(value, JSON.parse(nameDecode(text.subarray(0, text.indexOf(0))))));
  }
}
