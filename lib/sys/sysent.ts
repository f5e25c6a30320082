/**
 * The shape of a row in the system-call table, and what follows from a row by type alone: the arguments a
 * local caller passes, what it gets back.
 *
 * A row describes the C prototype. A local caller (JavaScript in this process) passes the same arguments
 * in the same order, except that what only exists to describe memory goes: the length of a buffer that is
 * a `Uint8Array`, padding, and the address of an out-structure, which becomes (part of) the result.
 * Trailing arguments that C lets be NULL, and the varargs, may be left out.
 *
 * NetBSD: sys/kern/syscalls.master, sys/sys/systm.h (struct sysent).
 */
import type { Structs } from './types.ts';

/**
 * C scalars by their C names; every one is a `number` locally. `SCALARS` in `scalars.ts` holds size and
 * range.
 */
export type Scalar =
  | 'int'
  | 'unsigned int'
  | 'long'
  | 'unsigned long'
  | 'size_t'
  | 'ssize_t'
  | 'off_t'
  | 'mode_t'
  | 'dev_t'
  | 'id_t'
  | 'pid_t'
  | 'uid_t'
  | 'gid_t'
  | 'lwpid_t'
  | 'clockid_t'
  | 'timer_t'
  | 'idtype_t'
  | 'uint64_t'
  | 'uint32_t'
  | 'uint8_t'
  | 'key_t'
  | 'intptr_t'
  | 'socklen_t'
  | 'psetid_t'
  | 'cpuid_t'
  | 'mqd_t';

type S = Extract<keyof Structs, string>;

/**
 * How a structure, scalar or array of them passes through an address. A `?` says that the address may be
 * NULL.
 */
type Passing =
  | 'in'
  | 'in?'
  | 'out'
  | 'out?'
  | 'inout'
  | 'inout?'
  | 'fill?'
  | 'zero'
  | 'in[]'
  | 'in[]?'
  | 'in[2]?'
  | 'inout[]'
  | 'out[]'
  | 'ptr[]';

/**
 * What an argument is.
 * - a scalar; `opt SCALAR`: one that the caller may leave out (varargs of open);
 * - `path`, `string`: NUL-terminated text read from the caller; `string>`: text returned;
 * - `buf<`: bytes the call reads (write); `buf>`: bytes the call fills (read);
 * - `iov<`, `iov>`: the same, scattered; locally `Uint8Array[]`;
 * - `in T`: structure read; `out T`: structure returned; `inout T`: read, and changed in place;
 *   `fill? T`: written in place, also when the call fails; `zero T`: zeros for whoever asks, nothing locally;
 * - `in[] T`, `inout[] T`, `out[] T`: array of scalars or structures; its count is the `len` or `max`
 *   argument that names it; `in[2]? T`: always two; `ptr[] T`: array of addresses; `strings`: of texts, NULL
 *   at the end;
 * - `len NAME`: the length or count of argument NAME; `lenp NAME`: the address of the capacity of the buffer
 *   NAME, where its used length comes back; `socklenp NAME`: the same of 4 bytes, left alone where there is no
 *   buffer; `salen NAME`: the size of a socket address, which knows its own, or, where that is returned, the
 *   address of its capacity (no local argument for these);
 * - `max NAME`: the capacity of what NAME returns, which a local caller does pass; `maxbytes NAME`: the same,
 *   in bytes for C, in elements locally;
 * - `by NAME`: the value of argument NAME says what this is (fcntl, ioctl);
 * - `fds`: where two descriptors go; `rest`: the arguments of another call;
 * - `pad`: alignment before an off_t; `ptr`: an address the kernel only passes on; `ignored`: not even that.
 */
export type ArgType =
  | Scalar
  | `opt ${Scalar}`
  | 'path'
  | 'path?'
  | 'string'
  | 'string?'
  | 'string>'
  | 'strings'
  | 'buf<'
  | 'buf<?'
  | 'buf>'
  | 'buf>?'
  | 'iov<'
  | 'iov>'
  | 'fds'
  | 'rest'
  | 'pad'
  | 'ptr'
  | 'ignored'
  | `${Passing} ${S | Scalar}`
  | `${'len' | 'lenp' | 'socklenp' | 'salen' | 'max' | 'maxbytes' | 'by'} ${string}`;

export type Arg = readonly [name: string, type: ArgType];

/**
 * What comes back in the return registers.
 * - `void`: 0; - `int`, `pid_t`...: a number; - `count`: the number of bytes moved, or of elements in the one
 *   out-array (locally the array itself); - `fds`: two descriptors (locally a pair); - `ptr`: an address; -
 *   `noreturn`;
 * - `error`: the errno itself, 0 for success (POSIX's newer calls); locally thrown like any other;
 * - `any`: what the call meant by the arguments returns;
 * - `NAME:SCALAR`: a number that joins the out-structures in one result object under NAME.
 */
export type Result =
  | Scalar
  | 'void'
  | 'count'
  | 'fds'
  | 'ptr'
  | 'noreturn'
  | 'error'
  | 'any'
  | `${string}:${Scalar}`;

/** Where the handler comes from. `base` is always there; the others are factions and components. */
export type Component =
  | 'base'
  | 'vfs'
  | 'net'
  | 'sysvipc'
  | 'mqueue'
  | 'aio'
  | 'ksem'
  | 'nfs'
  | 'compat'
  | 'exec'
  | 'vm'
  | 'ktrace'
  | 'afs'
  | 'pset';

/**
 * `full`: as NetBSD; `partial`: works, `note` says what is missing; `planned`: answers ENOSYS until a
 * component provides it; `no`: cannot exist in a rump kernel, answers ENOSYS, `note` says why; `compat`: superseded
 * layout of another call, answers ENOSYS, its structures are described as `ptr`; `obsolete`: number without a call.
 */
export type Support = 'full' | 'partial' | 'planned' | 'no' | 'compat' | 'obsolete';

export interface SysentRow {
  readonly number: number;
  /** NetBSD's name, unique in the table (`__wait450`). */
  readonly name: string;
  /**
   * The C library's name, which local callers use (`wait4`); same as `name` for most. Unique among callable
   * rows.
   */
  readonly call: string;
  readonly args: readonly Arg[];
  readonly result: Result;
  /**
   * What a foreign caller finds in its second return register, beside the result: the parent's pid, the
   * effective id, or whether this is the child. Local callers have calls of their own for these.
   */
  readonly second?: 'ppid' | 'euid' | 'egid' | 'child';
  /** True when the handler may sleep: then it is a generator. */
  readonly sleeps: boolean;
  readonly component: Component;
  readonly support: Support;
  readonly note?: string;
}

type Pointee<N extends string> = N extends S ? Structs[N] : N extends Scalar ? number : never;

/** The local type of one argument, or `never` for what a local caller does not pass. */
type Local<T extends ArgType> = T extends Scalar | `opt ${string}` | `max ${string}` | `maxbytes ${string}`
  ? number
  : T extends 'path' | 'string'
    ? string
    : T extends 'path?' | 'string?'
      ? string | null
      : T extends 'buf<' | 'buf>'
        ? Uint8Array
        : T extends 'buf<?' | 'buf>?'
          ? Uint8Array | null
          : T extends 'iov<' | 'iov>'
            ? readonly Uint8Array[]
            : T extends 'ptr'
              ? bigint
              : T extends 'strings'
                ? readonly string[]
                : T extends `by ${string}`
                  ? unknown
                  : T extends `in ${infer N}` | `inout ${infer N}`
                    ? Pointee<N>
                    : T extends `in? ${infer N}` | `inout? ${infer N}` | `fill? ${infer N}`
                      ? Pointee<N> | null
                      : T extends `in[] ${infer N}` | `ptr[] ${infer N}`
                        ? readonly Pointee<N>[]
                        : T extends `in[]? ${infer N}`
                          ? readonly Pointee<N>[] | null
                          : T extends `in[2]? ${infer N}`
                            ? readonly [Pointee<N>, Pointee<N>] | null
                            : T extends `inout[] ${infer N}`
                              ? Pointee<N>[]
                              : never;

/** Arguments in C's order; those that are nothing locally are gone. */
type Required<A extends readonly Arg[]> = A extends readonly [
  infer H extends Arg,
  ...infer R extends readonly Arg[],
]
  ? [Local<H[1]>] extends [never]
    ? Required<R>
    : [Local<H[1]>, ...Required<R>]
  : [];

/** Arguments of a local caller, in C's order: from the end, what may be left out. */
export type LocalArgs<A extends readonly Arg[], Tail extends unknown[] = []> = A extends readonly [
  ...infer R extends readonly Arg[],
  infer H extends Arg,
]
  ? H[1] extends 'rest'
    ? [...Required<R>, ...unknown[]]
    : [Local<H[1]>] extends [never]
      ? LocalArgs<R, Tail>
      : H[1] extends `opt ${string}` | `by ${string}` | `${string}?` | `${string}? ${string}`
        ? LocalArgs<R, [Local<H[1]>?, ...Tail]>
        : [...Required<A>, ...Tail]
  : Tail;

type OutType = `${'out' | 'out?' | 'out[]' | 'lenp' | 'socklenp'} ${string}` | 'string>';
type OutArgs<A extends readonly Arg[]> = Extract<A[number], readonly [string, OutType]>;
type OutOf<T> = T extends 'string>'
  ? string
  : T extends `lenp ${string}` | `socklenp ${string}`
    ? number
    : T extends `out[] ${infer N}`
      ? Pointee<N>[]
      : T extends 'out? sockaddr'
        ? // Who is connected sends without one.
          Pointee<'sockaddr'> | null
        : T extends `out ${infer N}` | `out? ${infer N}`
          ? Pointee<N>
          : never;
type Outs<A extends readonly Arg[]> = { [E in OutArgs<A> as E[0]]: OutOf<E[1]> };
/** The one property of an object that has one, the object itself when it has more. */
type Only<T> = { [K in keyof T]: [Exclude<keyof T, K>] extends [never] ? T[K] : T }[keyof T];

/** What a local caller gets back. */
export type LocalResult<A extends readonly Arg[], R extends Result> = R extends 'fds'
  ? [number, number]
  : R extends 'any'
    ? unknown
    : R extends `${infer N}:${Scalar}`
      ? { [K in N]: number } & Outs<A>
      : [OutArgs<A>] extends [never]
        ? R extends 'void' | 'error' | 'noreturn'
          ? void
          : R extends 'ptr'
            ? bigint
            : number
        : Only<Outs<A>>;
