/**
 * kern.evcnt: the event counters, one record of its own length after the other.
 *
 * NetBSD: sys/kern/subr_evcnt.c (sysctl_doevcnt), sys/sys/sysctl.h (struct evcnt_sysctl).
 */
import {
  CTL_QUERY,
  CTLTYPE_STRUCT,
  KERN_EVCNT,
  KERN_EVCNT_COUNT_ANY,
  KERN_EVCNT_COUNT_NONZERO,
} from '../sys/constants/sysctl.ts';
import { EINVAL, ENOTDIR, EPERM } from '../sys/errno.ts';
import type { Evcnt, EvcntType } from './evcnt.ts';
import type { Lwp } from './lwp.ts';
import type { SysctlCall, SysctlResult, SysctlSpec } from './sysctl.ts';
import { cString, struct } from './sysctl_struct.ts';

/** A type of counter as the request and the records number it; any, in a request. */
export const EVCNT_TYPE_ANY = -1;
export const EVCNT_TYPE_MISC = 0;
export const EVCNT_TYPE_INTR = 1;
export const EVCNT_TYPE_TRAP = 2;

const TYPES: readonly EvcntType[] = ['misc', 'intr', 'trap'];

/** More room than is needed now, for the counters that come between two requests. */
const SPARE_BYTES = 1024;

/**
 * The head of a record. Group and name follow, each with its NUL; `len` counts the whole in units of 8 bytes.
 */
const EVCNT_HEAD = struct([
  ['count', 'u64'],
  ['addr', 'address'],
  ['parent', 'address'],
  ['type', 'u8'],
  ['grouplen', 'u8'],
  ['namelen', 'u8'],
  ['len', 'u8'],
  ['strings', 'pad32'],
]);
const STRINGS_AT = EVCNT_HEAD.size - 4;

/** A counter as reading kern.evcnt by name shows it. */
export interface EvcntShown {
  readonly type: EvcntType;
  readonly group: string;
  readonly name: string;
  readonly count: number;
}

function encode(ev: Evcnt): Uint8Array {
  const group = new TextEncoder().encode(ev.group);
  const name = new TextEncoder().encode(ev.name);
  const words = Math.ceil((STRINGS_AT + group.length + 1 + name.length + 1) / 8);
  const bytes = new Uint8Array(words * 8);
  bytes.set(
    EVCNT_HEAD.encode({
      count: ev.count,
      type: TYPES.indexOf(ev.type),
      grouplen: group.length,
      namelen: name.length,
      len: words,
    }),
  );
  bytes.set(group, STRINGS_AT);
  bytes.set(name, STRINGS_AT + group.length + 1);
  return bytes;
}

/** @throws EINVAL a record that does not end */
export function evcntDecode(bytes: Uint8Array): EvcntShown[] {
  const shown: EvcntShown[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { count, type, grouplen, len } = EVCNT_HEAD.decode(bytes.subarray(at));
    const strings = bytes.subarray(at + STRINGS_AT, at + len * 8);
    if (len === 0) {
      throw EINVAL;
    }
    shown.push({
      type: TYPES[type] as EvcntType,
      group: cString(strings),
      name: cString(strings.subarray(grouplen + 1)),
      count,
    });
    at += len * 8;
  }
  return shown;
}

/** Operands: a type, and whether counters that stand at zero are left out. */
function evcnt(l: Lwp, call: SysctlCall): SysctlResult {
  const { tail, oldv, newv } = call;
  if (newv !== null) {
    throw EPERM;
  }
  if (tail.length === 1 && tail[0] === CTL_QUERY) {
    throw ENOTDIR;
  }
  const [type, which] = tail as [number, number];
  const known = type === EVCNT_TYPE_ANY || TYPES[type] !== undefined;
  if (tail.length !== 2 || !known || (which !== KERN_EVCNT_COUNT_ANY && which !== KERN_EVCNT_COUNT_NONZERO)) {
    throw EINVAL;
  }
  let needed = 0;
  let full = oldv === null;
  for (const ev of l.kernel.evcnts) {
    if (
      (type !== EVCNT_TYPE_ANY && ev.type !== TYPES[type]) ||
      (which === KERN_EVCNT_COUNT_NONZERO && ev.count === 0)
    ) {
      continue;
    }
    const record = encode(ev);
    full ||= oldv !== null && oldv.length < needed + record.length;
    if (!full) {
      oldv?.set(record, needed);
    }
    needed += record.length;
  }
  return { oldlen: oldv === null ? needed + SPARE_BYTES : needed, error: null };
}

export const KERN_COUNTERS: readonly SysctlSpec[] = [
  {
    num: KERN_EVCNT,
    name: 'evcnt',
    type: CTLTYPE_STRUCT,
    desc: 'Event counters',
    access: evcnt,
    operands: [EVCNT_TYPE_ANY, KERN_EVCNT_COUNT_ANY],
    decode: evcntDecode,
  },
];
