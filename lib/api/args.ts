/**
 * Checking and copying in what a local caller passes, by the types of the system-call table.
 *
 * Everything the caller owns and could change, or that runs its code when looked at (getters, proxies), is
 * copied before the kernel is entered; what the kernel fills goes to a copy that is given back afterwards. So
 * a handler sees plain data of the right type, and a caller's object cannot hurt it. Wrong scalars are
 * EINVAL, wrong addresses (anything that is memory in C) EFAULT; the message says which argument.
 */
import { bytesLength, bytesView, isBytes } from '../sys/bytes.ts';
import { EFAULT, EINVAL, type Errno } from '../sys/errno.ts';
import { SCALARS } from '../sys/scalars.ts';
import { localArgs } from '../sys/syscalls.ts';
import type { ArgType, Scalar, SysentRow } from '../sys/sysent.ts';
import type { Kevent, Pollfd } from '../sys/types.ts';
import { SysError } from './errors.ts';

/** Check one argument; returns what the handler gets. */
export type ArgCheck = (value: unknown) => unknown;

export interface ArgChecks {
  readonly checks: readonly ArgCheck[];
  /** Which arguments the kernel writes to. Usually none. */
  readonly filled: readonly number[];
}

const FILLED = /^(fill\?|inout|inout\?|inout\[\]|by) /;
/** Ids of which -1 means "leave it", as C callers write it. */
const IDS: ReadonlySet<string> = new Set(['uid_t', 'gid_t', 'id_t', 'dev_t', 'mode_t']);

/** The checks of a row, one for each argument a local caller passes. */
export function argChecks(row: SysentRow): ArgChecks {
  const local = localArgs(row);
  return {
    checks: local.map(([name, type], i) => checkOf(row.call, type, complain(row.call, i + 1, name))),
    filled: local.flatMap(([, type], i) => (FILLED.test(type) ? [i] : [])),
  };
}

type Complain = (errno: Errno, wanted: string, got: unknown) => never;

function complain(call: string, position: number, name: string): Complain {
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

function checkOf(call: string, type: ArgType, no: Complain): ArgCheck {
  const space = type.indexOf(' ');
  const passing = space < 0 ? type : type.slice(0, space);
  const what = space < 0 ? '' : type.slice(space + 1);
  if (type in SCALARS) {
    return scalar(type as Scalar, no);
  }
  switch (passing) {
    case 'opt':
      return (v) => (v === undefined ? 0 : scalar(what as Scalar, no)(v));
    case 'max':
    case 'maxbytes':
      return scalar('size_t', no);
    case 'path':
    case 'string':
      return text(no);
    case 'path?':
    case 'string?':
      return nullable(text(no));
    case 'buf<':
    case 'buf>':
      return MOVING.has(call) ? moved(no) : bytes(no);
    case 'buf<?':
    case 'buf>?':
      return nullable(bytes(no));
    case 'iov<':
    case 'iov>':
      return array(bytes(no), no);
    case 'strings':
      return array(text(no), no);
    case 'ptr':
      return (v) => (typeof v === 'bigint' ? v : no(EFAULT, 'an address (bigint)', v));
    case 'ptr[]':
      return array((v) => v, no);
    case 'in':
    case 'inout':
      return struct(what, no);
    case 'in?':
    case 'inout?':
    case 'fill?':
      return nullable(struct(what, no));
    case 'in[]':
    case 'inout[]':
    case 'in[2]?':
    case 'in[]?': {
      const each = array(what in SCALARS ? scalar(what as Scalar, no) : struct(what, no), no);
      return passing.endsWith('?') ? nullable(each) : each;
    }
    default:
      // What another argument decides (fcntl, ioctl): the handler looks at it.
      return (v) => copyin(v, no);
  }
}

function scalar(type: Scalar, no: Complain): ArgCheck {
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

function text(no: Complain): ArgCheck {
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
function bytes(no: Complain): ArgCheck {
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

/** Calls that only move bytes: what they are given goes into a `Uio`, which takes the caller's for no more. */
const MOVING: ReadonlySet<string> = new Set(['read', 'write', 'pread', 'pwrite']);

/** The caller's own bytes, as they are. */
function moved(no: Complain): ArgCheck {
  const odd = bytes(no);
  // Nothing, or nothing any more.
  return (v) => (isBytes(v) && bytesLength(v) > 0 ? v : odd(v));
}

/** Longest array a caller may pass: no call takes as many, and a proxy can claim any length. */
const ARRAY_MAX = 65536;

function array(each: ArgCheck, no: Complain): ArgCheck {
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

function nullable(check: ArgCheck): ArgCheck {
  return (v) => (v === null || v === undefined ? null : check(v));
}

/** Structures that are sets of numbers here. */
const SETS: ReadonlySet<string> = new Set(['fd_set', 'cpuset_t']);

function struct(name: string, no: Complain): ArgCheck {
  if (SETS.has(name)) {
    return (v) => (v instanceof Set ? copySet(v, no) : no(EFAULT, `a Set (${name})`, v));
  }
  const numbers = NUMBERS.has(name);
  const flat = FLAT.get(name);
  return (v) => {
    if (typeof v !== 'object' || v === null) {
      return no(EFAULT, `an object (${name})`, v);
    }
    const copy = flat === undefined ? copyin(v, no) : flat(v as never);
    if (numbers && !onlyNumbers(copy)) {
      return no(EINVAL, `made of numbers (${name})`, v);
    }
    return copy;
  };
}

/** Structures with nothing but numbers in them: a handler may compute with every field. */
const NUMBERS: ReadonlySet<string> = new Set([
  'timespec',
  'timeval',
  'itimerval',
  'itimerspec',
  'rlimit',
  'timex',
  'pollfd',
  'flock',
  'sched_param',
  'sembuf',
]);

/**
 * Structures that come by the thousand, field by field. What a kevent carries as `udata` is the caller's
 * alone: it comes back as it was given, not as a copy.
 */
const FLAT: ReadonlyMap<string, (v: never) => unknown> = new Map<string, (v: never) => unknown>([
  [
    'kevent',
    ({ ident, filter, flags, fflags, data, udata }: Kevent): Kevent => ({
      ident,
      filter,
      flags,
      fflags,
      data,
      udata,
    }),
  ],
  ['pollfd', ({ fd, events, revents }: Pollfd): Pollfd => ({ fd, events, revents })],
]);

/** A field left out is for the handler to judge. */
function onlyNumbers(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'number' || value === undefined;
  }
  return Object.values(value).every(onlyNumbers);
}

/** Deepest structure a caller may pass. */
const DEPTH_MAX = 8;

/** A deep copy of plain data. Functions go through as they are: they are handles, not structures. */
function copyin(value: unknown, no: Complain, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (value instanceof Set) {
    return copySet(value, no);
  }
  if (depth === DEPTH_MAX) {
    return no(EFAULT, 'a structure', value);
  }
  if (ArrayBuffer.isView(value)) {
    return bytes(no)(value);
  }
  if (Array.isArray(value)) {
    return array((v) => copyin(v, no, depth + 1), no)(value);
  }
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, copyin(v, no, depth + 1)]));
}

/** The members, by the methods of Set itself: the caller's may be other ones. */
function copySet(value: Set<unknown>, no: Complain): Set<unknown> {
  const copy = new Set<unknown>();
  try {
    Set.prototype.forEach.call(value, (member) => copy.add(member));
  } catch {
    return no(EFAULT, 'a set', value);
  }
  return copy;
}

/** Give what the kernel wrote to a copy back to the caller's object. @throws what that object throws */
export function copyout(user: unknown, copy: unknown): void {
  if (user instanceof Set && copy instanceof Set) {
    Set.prototype.clear.call(user);
    for (const member of copy) {
      Set.prototype.add.call(user, member);
    }
    return;
  }
  if (Array.isArray(user) && Array.isArray(copy)) {
    for (const [i, item] of copy.entries()) {
      copyout(user[i], item);
    }
  } else if (
    typeof user === 'object' &&
    user !== null &&
    typeof copy === 'object' &&
    copy !== null &&
    // A view shows the caller's own memory: it is filled already.
    !ArrayBuffer.isView(copy)
  ) {
    Object.assign(user, copy);
  }
}
