/**
 * Checking and copying in what a local caller passes, by the types of the system-call table.
 *
 * Everything the caller owns and could change, or that runs its code when looked at (getters, proxies), is
 * copied before the kernel is entered; what the kernel fills goes to a copy that is given back afterwards. So
 * a handler sees plain data of the right type, and a caller's object cannot hurt it. Wrong scalars are
 * EINVAL, wrong addresses (anything that is memory in C) EFAULT; the message says which argument.
 */
import { types } from 'node:util';
import { bytesLength, isBytes } from '../sys/bytes.ts';
import { EFAULT, EINVAL } from '../sys/errno.ts';
import { SCALARS } from '../sys/scalars.ts';
import { localArgs } from '../sys/syscalls.ts';
import type { ArgType, Scalar, SysentRow } from '../sys/sysent.ts';
import type { Kevent, Pollfd } from '../sys/types.ts';
import { type ArgCheck, array, bytes, type Complain, complain, nullable, scalar, text } from './checks.ts';
import { giveMessage, giveMessages, messageCheck, messagesCheck, sockaddrCheck } from './messages.ts';

/** An argument that the kernel writes to. */
export interface Filled {
  readonly at: number;
  /** Give what it wrote to a copy back to the caller. @param value what the call returns; undefined: it failed */
  readonly give: (user: unknown, copy: unknown, value: unknown) => void;
}

export interface ArgChecks {
  readonly checks: readonly ArgCheck[];
  /** Usually none. */
  readonly filled: readonly Filled[];
}

const FILLED = /^(fill\?|inout|inout\?|inout\[\]|by) /;

/** The checks of a row, one for each argument a local caller passes. */
export function argChecks(row: SysentRow): ArgChecks {
  const local = localArgs(row);
  return {
    checks: local.map(([name, type], i) => checkOf(row.call, type, complain(row.call, i + 1, name))),
    filled: local.flatMap(([, type], at) =>
      FILLED.test(type) ? [{ at, give: giverOf(row.call, type) }] : [],
    ),
  };
}

function giverOf(call: string, type: ArgType): Filled['give'] {
  return type === 'inout msghdr' ? giveMessage : type === 'inout[] mmsghdr' ? giveMessages(call) : copyout;
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
      return struct(call, what, no);
    case 'in?':
    case 'inout?':
    case 'fill?':
      return nullable(struct(call, what, no));
    case 'in[]':
    case 'inout[]':
    case 'in[2]?':
    case 'in[]?': {
      if (what === 'mmsghdr') {
        return messagesCheck(call, no);
      }
      const each = array(what in SCALARS ? scalar(what as Scalar, no) : struct(call, what, no), no);
      return passing.endsWith('?') ? nullable(each) : each;
    }
    default:
      // What another argument decides (fcntl, ioctl): the handler looks at it.
      return (v) => copyin(v, no);
  }
}

/** Calls that only move bytes: what they are given goes into a `Uio`, which takes the caller's for no more. */
const MOVING: ReadonlySet<string> = new Set(['read', 'write', 'pread', 'pwrite']);

/** The caller's own bytes, as they are. */
function moved(no: Complain): ArgCheck {
  const odd = bytes(no);
  // Nothing, or nothing any more.
  return (v) => (isBytes(v) && bytesLength(v) > 0 ? v : odd(v));
}

/** Structures that are sets of numbers here. */
const SETS: ReadonlySet<string> = new Set(['fd_set', 'cpuset_t']);

function struct(call: string, name: string, no: Complain): ArgCheck {
  if (name === 'sockaddr') {
    return sockaddrCheck(no);
  }
  if (name === 'msghdr') {
    return messageCheck(call, no);
  }
  if (SETS.has(name)) {
    return (v) => (types.isSet(v) ? copySet(v, no) : no(EFAULT, `a Set (${name})`, v));
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
  if (types.isSet(value)) {
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
  if (types.isSet(user) && copy instanceof Set) {
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
