/**
 * The C client's calls, from the table of system calls: prototypes, bodies, and what each call points at.
 */
import type * as constantsModule from '../lib/sys/constants/index.ts';
import type { Errno } from '../lib/sys/errno.ts';
import { sends } from '../lib/sys/sockargs.ts';
import { isCallable } from '../lib/sys/syscalls.ts';
import type { SysentRow } from '../lib/sys/sysent.ts';

/** Structures that rump_types.h has, by the names of the table; bytes. */
export const STRUCTURES: ReadonlyMap<string, readonly [type: string, size: number]> = new Map([
  ['timespec', ['struct rump_timespec', 16]],
  ['timeval', ['struct rump_timeval', 16]],
  ['itimerval', ['struct rump_itimerval', 32]],
  ['itimerspec', ['struct rump_itimerspec', 32]],
  ['stat', ['struct rump_stat', 152]],
  ['statvfs', ['struct rump_statvfs', 2256]],
  ['kevent', ['struct rump_kevent', 40]],
  ['pollfd', ['struct rump_pollfd', 8]],
  ['rlimit', ['struct rump_rlimit', 16]],
  ['rusage', ['struct rump_rusage', 144]],
  ['sigset_t', ['rump_sigset_t', 16]],
  ['sigaction', ['struct rump_sigaction', 32]],
  ['gid_t', ['uint32_t', 4]],
  ['int', ['int', 4]],
  ['fd_set', ['uint32_t', 4]],
  ['sockaddr', ['struct rump_sockaddr', 16]],
  ['msghdr', ['struct rump_msghdr', 48]],
  ['mmsghdr', ['struct rump_mmsghdr', 56]],
]);

const SCALARS: Readonly<Record<string, string>> = {
  int: 'int',
  mode_t: 'uint32_t',
  uid_t: 'uint32_t',
  gid_t: 'uint32_t',
  pid_t: 'int32_t',
  id_t: 'uint32_t',
  lwpid_t: 'int32_t',
  dev_t: 'uint64_t',
  'unsigned long': 'uint64_t',
  'unsigned int': 'uint32_t',
  size_t: 'size_t',
  off_t: 'int64_t',
  long: 'int64_t',
  intptr_t: 'intptr_t',
  clockid_t: 'int32_t',
  timer_t: 'int32_t',
  key_t: 'int64_t',
  idtype_t: 'int32_t',
};

/** A call that is written by hand here. */
const RETURNS: Readonly<Record<string, string>> = {
  count: 'ssize_t',
  ssize_t: 'ssize_t',
  'count:ssize_t': 'ssize_t',
  off_t: 'int64_t',
  long: 'int64_t',
  pid_t: 'int32_t',
  'pid:pid_t': 'int32_t',
  uid_t: 'uint32_t',
  gid_t: 'uint32_t',
  mode_t: 'int',
  int: 'int',
  'fd:int': 'int',
  'signo:int': 'int',
  lwpid_t: 'int32_t',
  void: 'int',
  error: 'int',
  any: 'int',
  fds: 'int',
};

/** A program's host does these for it. */
const HOSTS_OWN: ReadonlySet<string> = new Set(['exit', 'fork', 'vfork', 'syscall', '__syscall', 'pipe']);

interface Parameter {
  readonly slot: number;
  readonly declaration: string;
  readonly expression: string;
}

interface Pointer {
  readonly number: number;
  readonly slot: number;
  readonly lenslot: number;
  readonly kind: 'TEXT' | 'BYTES' | 'VECTOR' | 'STRUCTURE' | 'SENT' | 'RECEIVED';
  readonly size: number;
}

interface Call {
  readonly row: SysentRow;
  readonly returns: string;
  readonly parameters: readonly Parameter[];
  readonly pointers: readonly Pointer[];
}

function pointerTo(name: string, type: string): Pick<Parameter, 'declaration' | 'expression'> {
  return { declaration: `${type} *${name}`, expression: `(uint64_t)(uintptr_t)${name}` };
}

/** Does the kernel return the address that a `salen` belongs to? Then that is the address of its capacity. */
function returnsAddress(row: SysentRow, name: string): boolean {
  return row.args.some(([each, type]) => each === name && /^out\?? /.test(type));
}

/** Undefined: C cannot pass it (yet). */
function parameterOf(
  row: SysentRow,
  slot: number,
  name: string,
  type: string,
): Parameter | undefined | 'none' {
  const scalar = SCALARS[type] ?? SCALARS[type.replace(/^opt /, '')];
  if (scalar !== undefined) {
    return { slot, declaration: `${scalar} ${name}`, expression: `(uint64_t)(int64_t)${name}` };
  }
  const [passing = '', what = ''] = [type.split(' ')[0], type.split(' ').slice(1).join(' ')];
  const structure = STRUCTURES.get(what)?.[0];
  switch (passing) {
    case 'path':
    case 'path?':
    case 'string':
    case 'string?':
      return { slot, ...pointerTo(name, 'const char') };
    case 'buf<':
    case 'buf<?':
      return { slot, ...pointerTo(name, 'const void') };
    case 'buf>':
    case 'buf>?':
      return { slot, ...pointerTo(name, 'void') };
    case 'string>':
      return { slot, ...pointerTo(name, 'char') };
    case 'iov<':
    case 'iov>':
      return { slot, ...pointerTo(name, 'const struct iovec') };
    case 'len':
    case 'max':
    case 'maxbytes':
      return { slot, declaration: `size_t ${name}`, expression: `(uint64_t)${name}` };
    case 'lenp':
      return { slot, ...pointerTo(name, 'size_t') };
    case 'socklenp':
      return { slot, ...pointerTo(name, 'uint32_t') };
    case 'salen':
      return returnsAddress(row, what)
        ? { slot, ...pointerTo(name, 'uint32_t') }
        : { slot, declaration: `uint32_t ${name}`, expression: name };
    case 'fds':
      return { slot, declaration: `int ${name}[2]`, expression: `(uint64_t)(uintptr_t)${name}` };
    case 'by':
      return { slot, declaration: `uintptr_t ${name}`, expression: `(uint64_t)${name}` };
    case 'pad':
    case 'ignored':
    case 'zero':
      return 'none';
    case 'in':
    case 'in?':
    case 'in[]':
    case 'in[]?':
    case 'in[2]?':
      return structure === undefined ? undefined : { slot, ...pointerTo(name, `const ${structure}`) };
    case 'out':
    case 'out?':
    case 'out[]':
    case 'inout':
    case 'inout?':
    case 'inout[]':
    case 'fill?':
      return structure === undefined ? undefined : { slot, ...pointerTo(name, structure) };
    default:
      return undefined;
  }
}

function pointerOf(row: SysentRow, slot: number, name: string, type: string): Pointer | undefined {
  const { number } = row;
  const [passing = '', what = ''] = [type.split(' ')[0], type.split(' ').slice(1).join(' ')];
  const lenslot = row.args.findIndex(([, each]) => each === `len ${name}`);
  const size = STRUCTURES.get(what)?.[1] ?? 0;
  if (/^(path|string)\??$/.test(passing)) {
    return { number, slot, lenslot: slot, kind: 'TEXT', size: 0 };
  }
  if (/^buf<\??$/.test(passing) && lenslot >= 0) {
    return { number, slot, lenslot, kind: 'BYTES', size: 1 };
  }
  if (/^iov[<>]$/.test(passing) && lenslot >= 0) {
    return passing === 'iov<'
      ? { number, slot, lenslot, kind: 'VECTOR', size: 16 }
      : { number, slot, lenslot, kind: 'BYTES', size: 16 };
  }
  if (/msghdr$/.test(what)) {
    const kind = sends(row.call) ? 'SENT' : 'RECEIVED';
    return { number, slot, lenslot: lenslot < 0 ? slot : lenslot, kind, size };
  }
  if (what === 'sockaddr' && passing.startsWith('in')) {
    return { number, slot, lenslot: slot + 1, kind: 'BYTES', size: 1 };
  }
  if (passing === 'socklenp' || (passing === 'salen' && returnsAddress(row, what))) {
    return { number, slot, lenslot: slot, kind: 'STRUCTURE', size: 4 };
  }
  if (/^(in|inout)\[\]\??$/.test(passing) && lenslot >= 0 && size > 0) {
    return { number, slot, lenslot, kind: 'BYTES', size };
  }
  return /^(in|inout)\??$/.test(passing) && size > 0 && what !== 'fd_set'
    ? { number, slot, lenslot: slot, kind: 'STRUCTURE', size }
    : undefined;
}

function callOf(row: SysentRow): Call | undefined {
  const returns = RETURNS[row.result];
  if (!isCallable(row) || HOSTS_OWN.has(row.call) || returns === undefined) {
    return undefined;
  }
  const parameters: Parameter[] = [];
  const pointers: Pointer[] = [];
  for (const [slot, [name, type]] of row.args.entries()) {
    const parameter = parameterOf(row, slot, name, type);
    if (parameter === undefined) {
      return undefined;
    }
    if (parameter !== 'none') {
      parameters.push(parameter);
    }
    const pointer = pointerOf(row, slot, name, type);
    if (pointer !== undefined) {
      pointers.push(pointer);
    }
  }
  return { row, returns, parameters, pointers };
}

function prototypeOf({ row, returns, parameters }: Call): string {
  const list = parameters.map(({ declaration }) => declaration).join(', ') || 'void';
  return `${returns} rump_sys_${row.call}(${list})`;
}

function bodyOf(call: Call): string {
  const { row, returns, parameters } = call;
  const slots = row.args.map((_, slot) => parameters.find((each) => each.slot === slot)?.expression ?? '0');
  const args = slots.length === 0 ? '' : `  const uint64_t args[] = {${slots.join(', ')}};\n`;
  const given = slots.length === 0 ? 'NULL, 0' : 'args, sizeof args';
  if (row.result === 'error') {
    return `${prototypeOf(call)} {
${args}  int64_t retval[2];
  return rumpclient_syscall(${row.number}, ${given}, retval) == 0 ? rumpclient_errno((int)retval[0]) : errno;
}
`;
  }
  return `${prototypeOf(call)} {
${args}  int64_t retval[2];
  return rumpclient_syscall(${row.number}, ${given}, retval) == 0 ? (${returns})retval[0] : (${returns})-1;
}
`;
}

const HEAD = '/* Generated from the table of system calls. */\n';

/** Both registers are descriptors. */
const PIPE = 'int rump_sys_pipe(int fds[2])';

function pipe(rows: readonly SysentRow[]): string {
  const number = rows.find((row) => row.call === 'pipe' && isCallable(row))?.number ?? -1;
  return `${PIPE} {
  int64_t retval[2];
  if (rumpclient_syscall(${number}, NULL, 0, retval) != 0)
    return -1;
  fds[0] = (int)retval[0];
  fds[1] = (int)retval[1];
  return 0;
}
`;
}

export function syscallsHeader(rows: readonly SysentRow[]): string {
  const calls = rows.flatMap((row) => callOf(row) ?? []);
  return `${HEAD}#ifndef RUMP_SYSCALLS_H
#define RUMP_SYSCALLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <rump/rump_types.h>

#ifdef __cplusplus
extern "C" {
#endif

${calls.map((call) => `${prototypeOf(call)};`).join('\n')}
${PIPE};

#ifdef __cplusplus
}
#endif

#endif
`;
}

/** What hosts have for an errno that most of them do not. */
const STAND_INS: Readonly<Record<string, string>> = {
  EFTYPE: 'EINVAL',
  ENOATTR: 'ENODATA',
  EPROCLIM: 'EAGAIN',
  EAUTH: 'EACCES',
  ENEEDAUTH: 'EACCES',
};

function hostErrno({ code, errno }: Errno): string {
  const standIn = STAND_INS[code];
  const otherwise = standIn === undefined ? '' : `#else\n    [${errno}] = ${standIn},\n`;
  return `#ifdef ${code}\n    [${errno}] = ${code},\n${otherwise}#endif`;
}

export function syscallsSource(rows: readonly SysentRow[], errnos: readonly Errno[]): string {
  const calls = rows.flatMap((row) => callOf(row) ?? []);
  const pointers = calls.flatMap((call) => call.pointers).sort((a, b) => a.number - b.number);
  return `${HEAD}#include <errno.h>

#include <rump/rump_syscalls.h>
#include <rump/rumpclient.h>

#include "internal.h"

const struct rump__pointer rump__pointers[] = {
${pointers.map((p) => `    {${p.number}, ${p.slot}, ${p.lenslot}, POINTS_AT_${p.kind}, ${p.size}},`).join('\n')}
};
const size_t rump__npointers = sizeof rump__pointers / sizeof *rump__pointers;

const int rump__errnos[] = {
${errnos.map(hostErrno).join('\n')}
};
const size_t rump__nerrnos = sizeof rump__errnos / sizeof *rump__errnos;

${calls.map(bodyOf).join('\n')}
${pipe(rows)}`;
}

/** Numbers by the names of NetBSD's headers, with RUMP_ before them. */
export function definitions(constants: typeof constantsModule, errnos: readonly Errno[]): string {
  const lines = Object.entries(constants).flatMap(([name, value]) =>
    /^[A-Z_][A-Z0-9_]*$/.test(name) && typeof value === 'number' && Number.isSafeInteger(value)
      ? [`#define RUMP_${name} ${value > 0x7fffffff || value < -0x80000000 ? `${value}LL` : value}`]
      : [],
  );
  return `${HEAD}#ifndef RUMP_RUMPDEFS_H
#define RUMP_RUMPDEFS_H

${lines.join('\n')}

${errnos.map(({ code, errno }) => `#define RUMP_${code} ${errno}`).join('\n')}

#endif
`;
}
