/**
 * The simplest checks of what a local caller passes: numbers, texts, bytes, arrays.
 */
import { bytesLength, bytesView, isBytes } from '../sys/bytes.ts';
import { EFAULT, EINVAL, type Errno } from '../sys/errno.ts';
import { SCALARS } from '../sys/scalars.ts';
import type { Scalar } from '../sys/sysent.ts';
import { SysError } from './errors.ts';

/** Check one argument; returns what the handler gets. */
export type ArgCheck = (value: unknown) => unknown;

/** Ids of which -1 means "leave it", as C callers write it. */
const IDS: ReadonlySet<string> = new Set(['uid_t', 'gid_t', 'id_t', 'dev_t', 'mode_t']);

/** Says which argument is wrong, and how. */
export type Complain = (errno: Errno, wanted: string, got: unknown) => never;

export function complain(call: string, position: number, name: string): Complain {
  return (errno, wanted, got) => {
    throw new SysError(errno, call, `argument ${position} (${name}) must be ${wanted}, not ${describe(got)}`);
  };
}

function describe(value: unknown): string {
  if (
    value === null ||
    typeof value === 'number' ||
    typeof value === 'undefined' ||
    typeof value === 'boolean'
  ) {
    return String(value);
  }
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

export function scalar(type: Scalar, no: Complain): ArgCheck {
  const info = SCALARS[type];
  const min = Math.max(Number(info.min), Number.MIN_SAFE_INTEGER);
  const max = Math.min(Number(info.max), Number.MAX_SAFE_INTEGER);
  const id = IDS.has(type);
  return (v) => {
    if (typeof v === 'number' && Number.isInteger(v) && v >= min && v <= max) {
      // The kernel knows no negative zero.
      return v + 0;
    }
    if (v === -1 && id) {
      return Number(info.max);
    }
    return no(EINVAL, `an integer from ${min} to ${max}`, v);
  };
}

export function text(no: Complain): ArgCheck {
  return (v) => {
    if (typeof v !== 'string') {
      return no(EFAULT, 'a string', v);
    }
    return v.includes('\0') ? no(EINVAL, 'a string without NUL', v) : v;
  };
}

/**
 * A view of the caller's own bytes, with nothing of the caller's in front of them: what looks like a
 * Uint8Array may be a proxy, or have methods of its own.
 */
export function bytes(no: Complain): ArgCheck {
  return (v) => {
    if (!isBytes(v)) {
      return no(EFAULT, 'a Uint8Array', v);
    }
    try {
      return bytesView(v, 0, bytesLength(v));
    } catch {
      return no(EFAULT, 'a Uint8Array that still has its memory', v);
    }
  };
}

/** Longest array a caller may pass: no call takes as many, and a proxy can claim any length. */
const ARRAY_MAX = 65536;

export function array(each: ArgCheck, no: Complain): ArgCheck {
  return (v) => {
    if (!Array.isArray(v)) {
      return no(EFAULT, 'an array', v);
    }
    const { length } = v;
    if (!(length <= ARRAY_MAX)) {
      return no(EINVAL, `an array of at most ${ARRAY_MAX}`, v);
    }
    const copy: unknown[] = [];
    for (let i = 0; i < length; i++) {
      copy.push(each(v[i]));
    }
    return copy;
  };
}

export function nullable(check: ArgCheck): ArgCheck {
  return (v) => (v === null || v === undefined ? null : check(v));
}
