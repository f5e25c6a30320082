/**
 * Structures of the system-call interface as they lie in the memory of a NetBSD/amd64 program.
 *
 * NetBSD: sys/sys/{time,resource,stat,statvfs,event,poll,signal,fcntl,siginfo}.h.
 */

import { struct } from '../../kern/sysctl_struct.ts';
import { SIGCHLD } from '../../sys/constants/signal.ts';
import type {
  Flock,
  Kevent,
  Rlimit,
  Rusage,
  Sigaction,
  Siginfo,
  Stat,
  Statvfs,
  Structs,
  Timespec,
  Timeval,
} from '../../sys/types.ts';

export interface Codec<T> {
  /** Bytes. */
  readonly size: number;
  encode(value: T): Uint8Array;
  /** @param bytes at least `size` */
  decode(bytes: Uint8Array): T;
}

/** A structure of structures, one behind the other. */
function record<T>(fields: { readonly [K in keyof T]: Codec<T[K]> }): Codec<T> {
  const parts = Object.entries(fields) as [keyof T, Codec<T[keyof T]>][];
  const size = parts.reduce((sum, [, codec]) => sum + codec.size, 0);
  return {
    size,
    encode(value) {
      const bytes = new Uint8Array(size);
      let at = 0;
      for (const [name, codec] of parts) {
        bytes.set(codec.encode(value[name]), at);
        at += codec.size;
      }
      return bytes;
    },
    decode(bytes) {
      const value: Partial<T> = {};
      let at = 0;
      for (const [name, codec] of parts) {
        value[name] = codec.decode(bytes.subarray(at, at + codec.size));
        at += codec.size;
      }
      return value as T;
    },
  };
}

/** A structure that is always given whole. */
function asserted<T>(codec: {
  readonly size: number;
  encode(v: Partial<T>): Uint8Array;
  decode(b: Uint8Array): T;
}): Codec<T> {
  return codec;
}

const timespec: Codec<Timespec> = asserted(
  struct([
    ['sec', 'i64'],
    ['nsec', 'i64'],
  ]),
);

const timeval: Codec<Timeval> = asserted(
  struct([
    ['sec', 'i64'],
    ['usec', 'i32'],
    ['', 'pad32'],
  ]),
);

const STAT = struct([
  ['dev', 'u64'],
  ['mode', 'u32'],
  ['ino', 'u64'],
  ['nlink', 'u32'],
  ['uid', 'u32'],
  ['gid', 'u32'],
  ['rdev', 'u64'],
  ['atim', 'timespec'],
  ['mtim', 'timespec'],
  ['ctim', 'timespec'],
  ['birthtim', 'timespec'],
  ['size', 'i64'],
  ['blocks', 'i64'],
  ['blksize', 'i32'],
  ['flags', 'u32'],
  ['gen', 'u32'],
  ['spare', 'u32[3]'],
]);

const stat: Codec<Stat> = {
  size: STAT.size,
  encode: (value) => STAT.encode(value),
  decode: (bytes) => STAT.decode(bytes),
};

const STATVFS = struct([
  ['flag', 'u64'],
  ['bsize', 'u64'],
  ['frsize', 'u64'],
  ['iosize', 'u64'],
  ['blocks', 'u64'],
  ['bfree', 'u64'],
  ['bavail', 'u64'],
  ['bresvd', 'u64'],
  ['files', 'u64'],
  ['ffree', 'u64'],
  ['favail', 'u64'],
  ['fresvd', 'u64'],
  ['syncreads', 'u64'],
  ['syncwrites', 'u64'],
  ['asyncreads', 'u64'],
  ['asyncwrites', 'u64'],
  ['fsidx', 'u32[2]'],
  ['fsid', 'u64'],
  ['namemax', 'u64'],
  ['owner', 'u32'],
  ['spare', 'u32[4]'],
  ['fstypename', 'char[32]'],
  ['mntonname', 'char[1024]'],
  ['mntfromname', 'char[1024]'],
  ['', 'pad32'],
]);

/** Where the spares begin, and the names. */
const SPARE = 156;
const NAMES = 172;
const NAMES_END = 2252;

const statvfs: Codec<Statvfs> = {
  size: STATVFS.size,
  encode: (value) => STATVFS.encode(value),
  decode(bytes) {
    const { fsidx, ...rest } = STATVFS.decode(bytes);
    return { ...rest, fsidx: [fsidx[0] ?? 0, fsidx[1] ?? 0] };
  },
};

/** NetBSD 10 has wider spares, and a label behind the names. */
const LABEL = 1024;
const SPARE_WIDER = 20;
const statvfs190: Codec<Statvfs> = {
  size: STATVFS.size - 4 + SPARE_WIDER + LABEL,
  encode(value) {
    const old = statvfs.encode(value);
    const bytes = new Uint8Array(statvfs190.size);
    bytes.set(old.subarray(0, SPARE));
    bytes.set(old.subarray(NAMES, NAMES_END), NAMES + SPARE_WIDER);
    return bytes;
  },
  decode(bytes) {
    const old = new Uint8Array(STATVFS.size);
    old.set(bytes.subarray(0, SPARE));
    old.set(bytes.subarray(NAMES + SPARE_WIDER, NAMES_END + SPARE_WIDER), NAMES);
    return statvfs.decode(old);
  },
};

/** 64-bit words that are opaque, or may be -1 or RLIM_INFINITY. */
function words(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const kevent: Codec<Kevent> = {
  size: 40,
  encode({ ident, filter, flags, fflags, data, udata }) {
    const bytes = new Uint8Array(40);
    const view = words(bytes);
    view.setBigInt64(0, BigInt(ident), true);
    view.setUint32(8, filter, true);
    view.setUint32(12, flags, true);
    view.setUint32(16, fflags, true);
    view.setBigInt64(24, BigInt(Math.trunc(data)), true);
    view.setBigInt64(32, typeof udata === 'bigint' ? BigInt.asIntN(64, udata) : 0n, true);
    return bytes;
  },
  decode(bytes) {
    const view = words(bytes);
    return {
      ident: Number(view.getBigUint64(0, true)),
      filter: view.getUint32(8, true),
      flags: view.getUint32(12, true),
      fflags: view.getUint32(16, true),
      data: Number(view.getBigInt64(24, true)),
      udata: view.getBigInt64(32, true),
    };
  },
};

const POLLFD = struct([
  ['fd', 'i32'],
  ['events', 'i16'],
  ['revents', 'i16'],
]);

const RLIM_INFINITY = 2n ** 63n - 1n;

const rlimit: Codec<Rlimit> = {
  size: 16,
  encode({ cur, max }) {
    const bytes = new Uint8Array(16);
    const view = words(bytes);
    for (const [at, value] of [cur, max].entries()) {
      view.setBigUint64(8 * at, Number.isFinite(value) ? BigInt(value) : RLIM_INFINITY, true);
    }
    return bytes;
  },
  decode(bytes) {
    const view = words(bytes);
    const of = (at: number): number => {
      const value = view.getBigUint64(at, true);
      return value >= RLIM_INFINITY ? Number.POSITIVE_INFINITY : Number(value);
    };
    return { cur: of(0), max: of(8) };
  },
};

const LONGS = [
  'maxrss',
  'ixrss',
  'idrss',
  'isrss',
  'minflt',
  'majflt',
  'nswap',
  'inblock',
  'oublock',
  'msgsnd',
  'msgrcv',
  'nsignals',
  'nvcsw',
  'nivcsw',
] as const;

const long: Codec<number> = {
  size: 8,
  encode(value) {
    const bytes = new Uint8Array(8);
    words(bytes).setBigInt64(0, BigInt(value), true);
    return bytes;
  },
  decode: (bytes) => Number(words(bytes).getBigInt64(0, true)),
};

const rusage = record<Rusage>({
  utime: timeval,
  stime: timeval,
  ...(Object.fromEntries(LONGS.map((name) => [name, long])) as Record<(typeof LONGS)[number], Codec<number>>),
});

const FLOCK = struct([
  ['start', 'i64'],
  ['len', 'i64'],
  ['pid', 'i32'],
  ['type', 'i16'],
  ['whence', 'i16'],
]);

const flock: Codec<Flock> = {
  size: FLOCK.size,
  encode: (v) => FLOCK.encode(v),
  decode: (b) => FLOCK.decode(b),
};

const SIGSET = struct([['set', 'sigset']]);

const sigset: Codec<Structs['sigset_t']> = {
  size: 16,
  encode: (set) => SIGSET.encode({ set }),
  decode: (bytes) => SIGSET.decode(bytes).set,
};

const sigaction: Codec<Sigaction> = {
  size: 32,
  encode({ handler, mask, flags }) {
    const bytes = new Uint8Array(32);
    const view = words(bytes);
    // A function of a local caller has no address.
    view.setBigUint64(0, typeof handler === 'function' ? 0n : BigInt.asUintN(64, BigInt(handler)), true);
    bytes.set(sigset.encode(mask), 8);
    view.setInt32(24, flags, true);
    return bytes;
  },
  decode(bytes) {
    const view = words(bytes);
    const address = view.getBigUint64(0, true);
    const handler = address === 0n ? 0 : address === 1n ? 1 : address;
    return { handler, mask: sigset.decode(bytes.subarray(8)), flags: view.getInt32(24, true) };
  },
};

export const siginfoCodec: Codec<Siginfo> = {
  size: 128,
  encode({ signo, code, errno, pid = 0, uid = 0, value = 0n, status = 0 }) {
    const bytes = new Uint8Array(128);
    const view = words(bytes);
    for (const [at, word] of [signo, code, errno, 0, pid, uid].entries()) {
      view.setInt32(4 * at, word, true);
    }
    if (status === 0) {
      view.setBigInt64(24, BigInt.asIntN(64, value), true);
    } else {
      view.setInt32(24, status, true);
    }
    return bytes;
  },
  decode(bytes) {
    const view = words(bytes);
    const [signo, code, errno, pid] = [0, 4, 8, 16].map((at) => view.getInt32(at, true)) as [
      number,
      number,
      number,
      number,
    ];
    const uid = view.getUint32(20, true);
    // The words of a signal are for what kind it is.
    return signo === 0 || signo === SIGCHLD
      ? { signo, code, errno, pid, uid, value: 0n, status: view.getInt32(24, true) }
      : { signo, code, errno, pid, uid, value: view.getBigInt64(24, true), status: 0 };
  },
};

const sigaltstack: Codec<Structs['sigaltstack']> = {
  size: 24,
  encode({ sp, size, flags }) {
    const bytes = new Uint8Array(24);
    const view = words(bytes);
    view.setBigUint64(0, BigInt.asUintN(64, sp), true);
    view.setBigUint64(8, BigInt(size), true);
    view.setInt32(16, flags, true);
    return bytes;
  },
  decode(bytes) {
    const view = words(bytes);
    return {
      sp: view.getBigUint64(0, true),
      size: Number(view.getBigUint64(8, true)),
      flags: view.getInt32(16, true),
    };
  },
};

const sigevent: Codec<Structs['sigevent']> = {
  size: 32,
  encode({ notify, signo, value }) {
    const bytes = new Uint8Array(32);
    const view = words(bytes);
    view.setInt32(0, notify, true);
    view.setInt32(4, signo, true);
    view.setBigInt64(8, BigInt.asIntN(64, BigInt(value)), true);
    return bytes;
  },
  decode(bytes) {
    const view = words(bytes);
    return {
      notify: view.getInt32(0, true),
      signo: view.getInt32(4, true),
      value: view.getBigInt64(8, true),
    };
  },
};

/** Those that a foreign caller can pass; a call with another one is ENOSYS to it. */
const CODECS: { readonly [N in keyof Structs]?: Codec<Structs[N]> } = {
  timespec,
  timeval,
  itimerval: record({ interval: timeval, value: timeval }),
  itimerspec: record({ interval: timespec, value: timespec }),
  rusage,
  wrusage: record({ self: rusage, children: rusage }),
  rlimit,
  stat,
  statvfs,
  statvfs190,
  kevent,
  pollfd: POLLFD,
  flock,
  sigset_t: sigset,
  sigaction,
  siginfo_t: siginfoCodec,
  sigaltstack,
  sigevent,
};

export function codecOf(name: string): Codec<unknown> | undefined {
  return (CODECS as Readonly<Record<string, Codec<unknown> | undefined>>)[name];
}

export { flock as flockCodec };
