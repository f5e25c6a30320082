/** What stat(2) and statvfs(2) tell, as node:fs hands it out. */
import type { Stat, Statvfs, Timespec } from '../../sys/types.ts';

const S_IFMT = 0o170000;

/** Files by kind, for what has a mode of either kind of number. */
abstract class StatsBase {
  abstract mode: number | bigint;

  #is(kind: number): boolean {
    return (Number(this.mode) & S_IFMT) === kind;
  }
  isDirectory(): boolean {
    return this.#is(0o040000);
  }
  isFile(): boolean {
    return this.#is(0o100000);
  }
  isBlockDevice(): boolean {
    return this.#is(0o060000);
  }
  isCharacterDevice(): boolean {
    return this.#is(0o020000);
  }
  isSymbolicLink(): boolean {
    return this.#is(0o120000);
  }
  isFIFO(): boolean {
    return this.#is(0o010000);
  }
  isSocket(): boolean {
    return this.#is(0o140000);
  }
}

function ms({ sec, nsec }: Timespec): number {
  return sec * 1000 + nsec / 1e6;
}

/** As Node: the nearest millisecond. */
function date(milliseconds: number): Date {
  return new Date(Math.round(milliseconds));
}

/** Made as Node's are, by programs too: libraries stand in for files that way. */
export class Stats extends StatsBase {
  dev: number;
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  rdev: number;
  blksize: number;
  ino: number;
  size: number;
  blocks: number;
  atimeMs: number;
  mtimeMs: number;
  ctimeMs: number;
  birthtimeMs: number;
  declare atime: Date;
  declare mtime: Date;
  declare ctime: Date;
  declare birthtime: Date;

  constructor(
    dev: number,
    mode: number,
    nlink: number,
    uid: number,
    gid: number,
    rdev: number,
    blksize: number,
    ino: number,
    size: number,
    blocks: number,
    atimeMs: number,
    mtimeMs: number,
    ctimeMs: number,
    birthtimeMs: number,
  ) {
    super();
    this.dev = dev;
    this.mode = mode;
    this.nlink = nlink;
    this.uid = uid;
    this.gid = gid;
    this.rdev = rdev;
    this.blksize = blksize;
    this.ino = ino;
    this.size = size;
    this.blocks = blocks;
    this.atimeMs = atimeMs;
    this.mtimeMs = mtimeMs;
    this.ctimeMs = ctimeMs;
    this.birthtimeMs = birthtimeMs;
  }
}

export class BigIntStats extends StatsBase {
  dev: bigint;
  mode: bigint;
  nlink: bigint;
  uid: bigint;
  gid: bigint;
  rdev: bigint;
  blksize: bigint;
  ino: bigint;
  size: bigint;
  blocks: bigint;
  atimeMs: bigint;
  mtimeMs: bigint;
  ctimeMs: bigint;
  birthtimeMs: bigint;
  atimeNs: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  birthtimeNs: bigint;
  declare atime: Date;
  declare mtime: Date;
  declare ctime: Date;
  declare birthtime: Date;

  constructor(st: Stat) {
    super();
    this.dev = BigInt(st.dev);
    this.mode = BigInt(st.mode);
    this.nlink = BigInt(st.nlink);
    this.uid = BigInt(st.uid);
    this.gid = BigInt(st.gid);
    this.rdev = BigInt(st.rdev);
    this.blksize = BigInt(st.blksize);
    this.ino = BigInt(st.ino);
    this.size = BigInt(st.size);
    this.blocks = BigInt(st.blocks);
    this.atimeNs = ns(st.atim);
    this.mtimeNs = ns(st.mtim);
    this.ctimeNs = ns(st.ctim);
    this.birthtimeNs = ns(st.birthtim);
    this.atimeMs = this.atimeNs / 1000000n;
    this.mtimeMs = this.mtimeNs / 1000000n;
    this.ctimeMs = this.ctimeNs / 1000000n;
    this.birthtimeMs = this.birthtimeNs / 1000000n;
  }
}

function ns({ sec, nsec }: Timespec): bigint {
  return BigInt(sec) * 1000000000n + BigInt(nsec);
}

/** The dates are made when they are looked at, and stay what they are set to: four objects fewer for each stat. */
for (const name of ['atime', 'mtime', 'ctime', 'birthtime'] as const) {
  for (const { prototype } of [Stats, BigIntStats]) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      enumerable: true,
      get(this: Stats) {
        const value = date(Number(this[`${name}Ms`]));
        this[name] = value;
        return value;
      },
      set(this: Stats, value: unknown) {
        Object.defineProperty(this, name, { value, configurable: true, enumerable: true, writable: true });
      },
    });
  }
}

/** Node 26 has the times as instants, too. */
interface TemporalNamespace {
  readonly Instant: { fromEpochNanoseconds(ns: bigint): unknown };
}

const { Temporal: temporal } = globalThis as { Temporal?: TemporalNamespace };

if (temporal !== undefined) {
  for (const name of ['atime', 'mtime', 'ctime', 'birthtime'] as const) {
    for (const { prototype } of [Stats, BigIntStats]) {
      Object.defineProperty(prototype, `${name}Instant`, {
        configurable: true,
        enumerable: true,
        get(this: Stats | BigIntStats) {
          const exact = this instanceof BigIntStats ? this[`${name}Ns`] : nsOf(this[`${name}Ms`]);
          return temporal.Instant.fromEpochNanoseconds(exact);
        },
      });
    }
  }
}

/** Nanoseconds, as far as a number of milliseconds has them. */
function nsOf(milliseconds: number): bigint {
  const whole = Math.floor(milliseconds);
  return BigInt(whole) * 1000000n + BigInt(Math.round((milliseconds - whole) * 1e6));
}

export function toStats(st: Stat): Stats {
  return new Stats(
    st.dev,
    st.mode,
    st.nlink,
    st.uid,
    st.gid,
    st.rdev,
    st.blksize,
    st.ino,
    st.size,
    st.blocks,
    ms(st.atim),
    ms(st.mtim),
    ms(st.ctim),
    ms(st.birthtim),
  );
}

export function toBigIntStats(st: Stat): BigIntStats {
  return new BigIntStats(st);
}

/** statfs: sizes in units of `bsize` bytes. */
export class StatFs<N extends number | bigint = number> {
  type: N;
  bsize: N;
  frsize: N;
  blocks: N;
  bfree: N;
  bavail: N;
  files: N;
  ffree: N;

  constructor(sb: Statvfs, number: (value: number) => N) {
    this.type = number(sb.fsidx[1] >>> 0);
    this.bsize = number(sb.frsize);
    this.frsize = number(sb.frsize);
    this.blocks = number(sb.blocks);
    this.bfree = number(sb.bfree);
    this.bavail = number(sb.bavail);
    this.files = number(sb.files);
    this.ffree = number(sb.ffree);
  }
}
