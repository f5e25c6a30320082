/**
 * The memory file system, call by call, against the host's own through node:fs and against the file systems that
 * are written in JavaScript. Each does the same to files of the same names.
 */
import nodeFs, { mkdtempSync } from 'node:fs';
import { fs as zenFs } from '@zenfs/core';
import { createFsFromVolume, Volume } from 'memfs';
import { boot } from '../lib/api/index.ts';
import { O_CREAT, O_RDONLY, O_RDWR } from '../lib/sys/constants/fcntl.ts';
import type { BenchRow, Target } from './bench.ts';

const OPS = 100;
const BLOCK = 4096;
/** Directories of so many names are made before the one that is timed: by then all there is to compile is. */
const WARM = 10_000;
const WARM_TIMES = 5;

/** What a row does, on one file system. */
interface Files {
  open(path: string): number;
  create(path: string): number;
  close(fd: number): void;
  stat(path: string): unknown;
  unlink(path: string): void;
  mkdir(path: string): void;
  pread(fd: number, bytes: Uint8Array, at: number): number;
  pwrite(fd: number, bytes: Uint8Array, at: number): number;
  readonly teardown: () => void;
}

function ours(): Files {
  const kernel = boot();
  const { sys } = kernel.newproc();
  sys.mount('tmpfs', '/tmp', 0, undefined);
  sys.chdir('/tmp');
  return {
    open: (path) => sys.open(path, O_RDONLY, 0),
    create: (path) => sys.open(path, O_RDWR | O_CREAT, 0o600),
    close: (fd) => sys.close(fd),
    stat: (path) => sys.stat(path),
    unlink: (path) => sys.unlink(path),
    mkdir: (path) => sys.mkdir(path, 0o700),
    pread: (fd, bytes, at) => sys.pread(fd, bytes, at),
    pwrite: (fd, bytes, at) => sys.pwrite(fd, bytes, at),
    teardown: () => kernel[Symbol.dispose](),
  };
}

/** The calls of node:fs that are needed here, which the others imitate. */
type NodeLike = Pick<
  typeof nodeFs,
  'openSync' | 'closeSync' | 'statSync' | 'unlinkSync' | 'mkdirSync' | 'readSync' | 'writeSync' | 'rmSync'
>;

function nodeLike(fs: NodeLike, root: string): Files {
  const at = (path: string): string => `${root}/${path}`;
  return {
    open: (path) => fs.openSync(at(path), 'r'),
    create: (path) => fs.openSync(at(path), 'w+', 0o600),
    close: (fd) => fs.closeSync(fd),
    stat: (path) => fs.statSync(at(path)),
    unlink: (path) => fs.unlinkSync(at(path)),
    mkdir: (path) => void fs.mkdirSync(at(path)),
    pread: (fd, bytes, from) => fs.readSync(fd, bytes, 0, BLOCK, from),
    pwrite: (fd, bytes, to) => fs.writeSync(fd, bytes, 0, BLOCK, to),
    teardown: () => fs.rmSync(root, { recursive: true, force: true }),
  };
}

function memfs(): Files {
  const fs = createFsFromVolume(new Volume()) as unknown as NodeLike;
  fs.mkdirSync('/bench');
  return nodeLike(fs, '/bench');
}

function zenfs(): Files {
  const fs = zenFs as unknown as NodeLike;
  fs.mkdirSync('/bench', { recursive: true });
  return nodeLike(fs, '/bench');
}

/** The host's memory file system. */
function shm(): Files {
  return nodeLike(nodeFs, mkdtempSync('/dev/shm/rumpkernel-bench-'));
}

const OTHERS: readonly (readonly [name: string, make: () => Files])[] = [
  ['node:fs on the host', shm],
  ['memfs', memfs],
  ['ZenFS', zenfs],
];

interface Work {
  readonly name: string;
  /** At most, where memfs needs so many. */
  readonly ns: number;
  readonly memfsNs: number;
  readonly others: string;
  /** Prepares, and returns what is done again and again. */
  readonly what: (files: Files) => () => void;
}

/** A file with one block in it. */
function withFile(files: Files): number {
  const fd = files.create('f');
  files.pwrite(fd, new Uint8Array(BLOCK).fill(7), 0);
  return fd;
}

const WORK: readonly Work[] = [
  {
    name: 'open and close',
    ns: 800,
    memfsNs: 1500,
    others: 'rump 1.9 us, Linux 0.59 us',
    what: (files) => {
      withFile(files);
      return () => files.close(files.open('f'));
    },
  },
  {
    name: 'stat',
    ns: 500,
    memfsNs: 1400,
    others: 'rump 1.6 us, Linux 0.34 us',
    what: (files) => {
      withFile(files);
      return () => files.stat('f');
    },
  },
  {
    name: 'create, close and unlink',
    ns: 2500,
    memfsNs: 8600,
    others: 'rump 5.2 us, Linux 2.9 us',
    what: (files) => () => {
      files.close(files.create('n'));
      files.unlink('n');
    },
  },
  {
    name: 'pread of 4 KiB',
    ns: 235,
    memfsNs: 280,
    others: 'rump 235 ns, Linux 203 ns',
    what: (files) => {
      const fd = withFile(files);
      const bytes = new Uint8Array(BLOCK);
      return () => files.pread(fd, bytes, 0);
    },
  },
  {
    name: 'pwrite of 4 KiB',
    ns: 250,
    memfsNs: 280,
    others: 'rump 250 ns, Linux 249 ns',
    what: (files) => {
      const fd = withFile(files);
      const bytes = new Uint8Array(BLOCK).fill(9);
      return () => files.pwrite(fd, bytes, 0);
    },
  },
];

function repeated({ what }: Work, make: () => Files) {
  return () => {
    const files = make();
    const once = what(files);
    return {
      fn: () => {
        for (let i = 0; i < OPS; i++) {
          once();
        }
      },
      ops: OPS,
      teardown: files.teardown,
    };
  };
}

/** Nanoseconds of making each of `count` files in one directory. */
function creates(count: number, make: () => Files) {
  return () => {
    const files = make();
    const fill = (dir: string, names: number): void => {
      files.mkdir(dir);
      for (let i = 0; i < names; i++) {
        files.close(files.create(`${dir}/file-${i}`));
      }
    };
    return {
      measure: () => {
        for (let i = 0; i < WARM_TIMES; i++) {
          fill(`warm-${i}`, Math.min(count, WARM));
        }
        const before = process.hrtime.bigint();
        fill('many', count);
        return Number(process.hrtime.bigint() - before) / count;
      },
      teardown: files.teardown,
    };
  };
}

const MANY = '10,000 files made in a directory, each';

/**
 * At most `ns` where memfs needs `memfsNs`: both are JavaScript at the same work, so that the processor, the engine and
 * what else the machine does cancel out.
 */
function besideMemfs(work: string, ns: number, memfsNs: number): Target {
  return { ratioOf: `memfs, ${work}`, times: ns / memfsNs };
}

export const rows: readonly BenchRow[] = [
  ...WORK.flatMap((work) => [
    ...OTHERS.map(([name, make]) => ({ name: `${name}, ${work.name}`, setup: repeated(work, make) })),
    {
      name: `tmpfs, ${work.name}`,
      target: besideMemfs(work.name, work.ns, work.memfsNs),
      others: work.others,
      setup: repeated(work, ours),
    },
  ]),
  { name: `node:fs on the host, ${MANY}`, setup: creates(10_000, shm) },
  { name: `memfs, ${MANY}`, setup: creates(10_000, memfs) },
  // Its directories are read and written whole with each name: ten times as many would take a minute.
  { name: 'ZenFS, 1,000 files made in a directory, each', setup: creates(1000, zenfs) },
  {
    name: `tmpfs, ${MANY}`,
    target: besideMemfs(MANY, 2000, 8000),
    others: 'rump 138 us, Linux 2.2 us',
    setup: creates(10_000, ours),
  },
  {
    name: 'tmpfs, 1,000,000 files made in a directory, each',
    target: besideMemfs(MANY, 2000, 8000),
    setup: creates(1_000_000, ours),
  },
];
