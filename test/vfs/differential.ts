/**
 * The same operations, drawn from a seed, on a file system here and on the host's: results, errors and what is left in
 * the end must be the same. What differs by design is translated in one place (`EXPLAINED`) or not drawn:
 *
 * - the host inherits groups from directories only with the set-group-id bit: everybody has the same group;
 * - Linux guards links and files in sticky directories beyond POSIX: nobody sets the sticky bit, and the superuser
 *   alone makes hard links;
 * - modes of symbolic links mean nothing there;
 * - what a slash at the end of the name of something new means is not agreed on: none is drawn.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { boot, constants as c, type Kernel, type Proc, SysError } from '../../lib/api/index.ts';
import { Prng } from '../../lib/rumpuser/prng.ts';

const UIDS = [0, 1001, 1002] as const;
const GID = 100;
const NAMES = ['a', 'b', 'c', 'd'] as const;
/** Operations between two comparisons of everything there is. */
const OPS_PER_LOOK = 200;

/** Errors of ours, and what the host says instead. */
const EXPLAINED: Readonly<Record<string, string>> = { EFTYPE: 'ELOOP' };

/** The file system here, and what it is mounted with. */
export interface Subject {
  readonly type: string;
  readonly args?: object;
}

type Draw = (n: number) => number;

/** One operation on both systems. @returns what it told */
interface Step {
  readonly title: string;
  readonly uid: number;
  readonly paths?: 2;
  readonly ours: (p: Proc) => unknown;
  readonly theirs: (path: (name: string) => string) => unknown;
}

/** Between one and three names; sometimes with "." or "name/.." in it. */
function pathOf(draw: Draw): string {
  const parts: string[] = [];
  for (let n = 1 + draw(3); n > 0; n--) {
    const odd = draw(20);
    if (odd === 0) {
      parts.push('.');
    } else if (odd === 1) {
      parts.push(nameOf(draw), '..');
    }
    parts.push(nameOf(draw));
  }
  return parts.join('/');
}

function nameOf(draw: Draw): string {
  return NAMES[draw(NAMES.length)] as string;
}

/** Text in a file: by the path and a number, so that a wrong one shows. */
function textOf(draw: Draw): Buffer {
  return Buffer.alloc(draw(3) === 0 ? draw(9000) : draw(20), 65 + draw(26));
}

const FLAGS: readonly (readonly [ours: number, theirs: number])[] = [
  [c.O_RDONLY, fs.constants.O_RDONLY],
  [c.O_RDWR, fs.constants.O_RDWR],
  [c.O_RDWR | c.O_CREAT, fs.constants.O_RDWR | fs.constants.O_CREAT],
  [c.O_RDWR | c.O_CREAT | c.O_EXCL, fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL],
  [c.O_WRONLY | c.O_CREAT | c.O_TRUNC, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_TRUNC],
  [c.O_WRONLY | c.O_APPEND, fs.constants.O_WRONLY | fs.constants.O_APPEND],
  [c.O_RDONLY | c.O_NOFOLLOW, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW],
  [c.O_RDONLY | c.O_DIRECTORY, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY],
];

function modeOf(draw: Draw): number {
  // Mostly such that something can be done with it.
  return draw(4) === 0 ? draw(0o1000) : 0o700 | draw(0o100);
}

/** Open, and write or read something. */
function openStep(draw: Draw, uid: number): Step {
  const path = pathOf(draw);
  const [flags, hostFlags] = FLAGS[draw(FLAGS.length)] as readonly [number, number];
  const mode = modeOf(draw);
  const data = textOf(draw);
  const at = draw(2) === 0 ? draw(10000) : 0;
  const writes = (flags & (c.O_WRONLY | c.O_RDWR)) !== 0;
  return {
    title: `open ${path} 0x${flags.toString(16)} 0${mode.toString(8)} ${data.length}@${at}`,
    uid,
    ours: ({ sys }) => {
      const fd = sys.open(path, flags, mode);
      try {
        if (writes) {
          return sys.pwrite(fd, data, (flags & c.O_APPEND) === 0 ? at : sys.fstat(fd).size);
        }
        const buf = Buffer.alloc(64);
        return buf.toString('latin1', 0, sys.pread(fd, buf, at));
      } finally {
        sys.close(fd);
      }
    },
    theirs: (full) => {
      const fd = fs.openSync(full(path), hostFlags, mode);
      try {
        if (writes) {
          return fs.writeSync(
            fd,
            data,
            0,
            data.length,
            (flags & c.O_APPEND) === 0 ? at : fs.fstatSync(fd).size,
          );
        }
        const buf = Buffer.alloc(64);
        return buf.toString('latin1', 0, fs.readSync(fd, buf, 0, 64, at));
      } finally {
        fs.closeSync(fd);
      }
    },
  };
}

type Make = (draw: Draw, uid: number) => Step;

const STEPS: readonly Make[] = [
  openStep,
  openStep,
  (draw, uid) => {
    const [path, mode] = [pathOf(draw), modeOf(draw)];
    return {
      title: `mkdir ${path} 0${mode.toString(8)}`,
      uid,
      ours: ({ sys }) => sys.mkdir(path, mode),
      theirs: (full) => fs.mkdirSync(full(path), mode),
    };
  },
  (draw, uid) => {
    const path = pathOf(draw);
    return {
      title: `rmdir ${path}`,
      uid,
      ours: ({ sys }) => sys.rmdir(path),
      theirs: (full) => fs.rmdirSync(full(path)),
    };
  },
  (draw, uid) => {
    const path = pathOf(draw);
    return {
      title: `unlink ${path}`,
      uid,
      ours: ({ sys }) => sys.unlink(path),
      theirs: (full) => {
        try {
          fs.unlinkSync(full(path));
        } catch (error) {
          // Linux tells what it is, POSIX that one must not.
          throw (error as NodeJS.ErrnoException).code === 'EISDIR' ? { code: 'EPERM' } : error;
        }
      },
    };
  },
  (draw, uid) => {
    const [from, to] = [pathOf(draw), pathOf(draw)];
    return {
      title: `rename ${from} ${to}`,
      uid,
      paths: 2,
      ours: ({ sys }) => sys.__posix_rename(from, to),
      theirs: (full) => fs.renameSync(full(from), full(to)),
    };
  },
  (draw) => {
    const [from, to] = [pathOf(draw), pathOf(draw)];
    return {
      title: `link ${from} ${to}`,
      uid: 0,
      paths: 2,
      ours: ({ sys }) => sys.linkat(c.AT_FDCWD, from, c.AT_FDCWD, to, 0),
      theirs: (full) => fs.linkSync(full(from), full(to)),
    };
  },
  (draw, uid) => {
    const target = draw(3) === 0 ? `${nameOf(draw)}/${nameOf(draw)}` : nameOf(draw);
    const path = pathOf(draw);
    return {
      title: `symlink ${target} ${path}`,
      uid,
      ours: ({ sys }) => sys.symlink(target, path),
      theirs: (full) => fs.symlinkSync(target, full(path)),
    };
  },
  (draw, uid) => {
    const path = pathOf(draw);
    return {
      title: `readlink ${path}`,
      uid,
      ours: ({ sys }) => {
        const buf = Buffer.alloc(64);
        return buf.toString('latin1', 0, sys.readlink(path, buf));
      },
      theirs: (full) => fs.readlinkSync(full(path)),
    };
  },
  (draw, uid) => {
    const [path, mode] = [pathOf(draw), modeOf(draw)];
    return {
      title: `chmod ${path} 0${mode.toString(8)}`,
      uid,
      ours: ({ sys }) => sys.chmod(path, mode),
      theirs: (full) => fs.chmodSync(full(path), mode),
    };
  },
  (draw, uid) => {
    const [path, owner] = [pathOf(draw), UIDS[draw(UIDS.length)] as number];
    return {
      title: `chown ${path} ${owner}`,
      uid,
      ours: ({ sys }) => sys.chown(path, owner, GID),
      theirs: (full) => fs.chownSync(full(path), owner, GID),
    };
  },
  (draw, uid) => {
    const [path, length] = [pathOf(draw), draw(2) === 0 ? draw(100) : draw(20000)];
    return {
      title: `truncate ${path} ${length}`,
      uid,
      // As the host's does it, which has no truncate(2).
      ours: ({ sys }) => {
        const fd = sys.open(path, c.O_RDWR);
        try {
          sys.ftruncate(fd, length);
        } finally {
          sys.close(fd);
        }
      },
      theirs: (full) => fs.truncateSync(full(path), length),
    };
  },
  (draw, uid) => {
    const path = pathOf(draw);
    const [atime, mtime] = [draw(1e9), draw(1e9)];
    return {
      title: `utimes ${path} ${atime} ${mtime}`,
      uid,
      ours: ({ sys }) =>
        sys.utimes(path, [
          { sec: atime, usec: 0 },
          { sec: mtime, usec: 0 },
        ]),
      theirs: (full) => fs.utimesSync(full(path), atime, mtime),
    };
  },
  (draw, uid) => {
    const path = pathOf(draw);
    return {
      title: `stat ${path}`,
      uid,
      ours: ({ sys }) => describe(sys.stat(path)),
      theirs: (full) => describe(fs.statSync(full(path))),
    };
  },
  (draw, uid) => {
    const path = pathOf(draw);
    return {
      title: `readdir ${path}`,
      uid,
      ours: ({ sys }) => namesOf(sys, path).join(),
      theirs: (full) => fs.readdirSync(full(path)).sort().join(),
    };
  },
];

/** What can be compared of a file. */
function describe(stat: { mode: number; uid: number; nlink: number; size: number }): string {
  const { mode, uid, nlink, size } = stat;
  const directory = (mode & c.S_IFMT) === c.S_IFDIR;
  const link = (mode & c.S_IFMT) === c.S_IFLNK;
  return `${(link ? c.S_IFLNK : mode).toString(8)} ${uid} ${nlink} ${directory ? '' : size}`;
}

function namesOf(sys: Proc['sys'], path: string): string[] {
  const fd = sys.open(path, c.O_RDONLY | c.O_DIRECTORY);
  const names: string[] = [];
  const buf = Buffer.alloc(1024);
  for (let n = sys.getdents(fd, buf); n > 0; n = sys.getdents(fd, buf)) {
    for (let at = 0; at < n; at += buf.readUInt16LE(at + 8)) {
      names.push(buf.toString('utf8', at + 13, at + 13 + buf.readUInt16LE(at + 10)));
    }
  }
  sys.close(fd);
  return names.filter((name) => name !== '.' && name !== '..').sort();
}

function outcome(fn: () => unknown): string {
  try {
    return `ok ${String(fn() ?? '')}`;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined || (!(error instanceof SysError) && code === 'ERR_KERNEL_DEAD')) {
      throw error;
    }
    return EXPLAINED[code] ?? code;
  }
}

/** Everything there is, a line for each file. */
function ourTree(sys: Proc['sys'], dir: string): string[] {
  return namesOf(sys, dir).flatMap((name) => {
    const path = `${dir}/${name}`;
    const stat = sys.lstat(path);
    const line = `${path} ${describe(stat)}`;
    switch (stat.mode & c.S_IFMT) {
      case c.S_IFDIR:
        return [line, ...ourTree(sys, path)];
      case c.S_IFLNK: {
        const buf = Buffer.alloc(64);
        return [`${line} ${buf.toString('latin1', 0, sys.readlink(path, buf))}`];
      }
      default: {
        const fd = sys.open(path, c.O_RDONLY);
        const buf = Buffer.alloc(stat.size);
        sys.read(fd, buf);
        sys.close(fd);
        return [`${line} ${buf.toString('base64')} ${stat.mtim.sec < 1e9 ? stat.mtim.sec : ''}`];
      }
    }
  });
}

function theirTree(top: string, dir: string): string[] {
  return fs
    .readdirSync(join(top, dir))
    .sort()
    .flatMap((name) => {
      const path = `${dir}/${name}`;
      const full = join(top, path);
      const stat = fs.lstatSync(full);
      const line = `${path} ${describe(stat)}`;
      if (stat.isDirectory()) {
        return [line, ...theirTree(top, path)];
      }
      if (stat.isSymbolicLink()) {
        return [`${line} ${fs.readlinkSync(full)}`];
      }
      const sec = Math.floor(stat.mtimeMs / 1000);
      return [`${line} ${fs.readFileSync(full).toString('base64')} ${sec < 1e9 ? sec : ''}`];
    });
}

/** Run `fn` on the host as `uid`. */
function asUser<T>(uid: number, fn: () => T): T {
  process.seteuid?.(uid);
  try {
    return fn();
  } finally {
    process.seteuid?.(0);
  }
}

/**
 * Make `ops` operations from `seed` on both. The caller is the superuser of the host. @param top an empty directory
 * of the host
 * @returns the first difference with what led to it, or null
 */
export function differential(seed: number, ops: number, top: string, subject: Subject): string | null {
  const kernel = boot();
  const before = {
    umask: process.umask(0o022),
    gid: process.getegid?.() ?? 0,
    groups: process.getgroups?.() ?? [],
  };
  process.setgroups?.([]);
  process.setegid?.(GID);
  try {
    return compare(kernel, seed, ops, top, subject);
  } finally {
    process.setegid?.(before.gid);
    process.setgroups?.(before.groups);
    process.umask(before.umask);
    kernel.halt();
  }
}

function compare(kernel: Kernel, seed: number, ops: number, top: string, subject: Subject): string | null {
  const prng = new Prng(seed);
  const draw: Draw = (n) => prng.below(n);
  const maker = kernel.newproc();
  maker.sys.mkdir('/mnt', 0o777);
  maker.sys.mount(subject.type, '/mnt', 0, subject.args);
  maker.sys.chown('/mnt', 0, GID);
  maker.sys.chmod('/mnt', 0o777);
  const procs = new Map(UIDS.map((uid) => [uid as number, kernel.newproc({ uid, gid: GID, cwd: '/mnt' })]));
  const root = procs.get(0) as Proc;
  fs.chownSync(top, 0, GID);
  fs.chmodSync(top, 0o777);
  const full = (name: string): string => `${top}/${name}`;
  const history: string[] = [];
  for (let i = 0; i < ops; i++) {
    const make = STEPS[draw(STEPS.length)] as Make;
    const step = make(draw, UIDS[draw(UIDS.length)] as number);
    const ours = outcome(() => step.ours(procs.get(step.uid) as Proc));
    const theirs = asUser(step.uid, () => outcome(() => step.theirs(full)));
    history.push(`uid ${step.uid}: ${step.title}: ${ours}`);
    // Of two paths that are both wrong either may be complained of.
    const agreed = step.paths === 2 && !ours.startsWith('ok') && !theirs.startsWith('ok');
    if (ours !== theirs && !agreed) {
      return `${history.slice(-30).join('\n')}\nthe host says: ${theirs}`;
    }
    if (i % OPS_PER_LOOK === OPS_PER_LOOK - 1) {
      const [here, there] = [ourTree(root.sys, '.'), theirTree(top, '.')];
      const at = here.findIndex((line, n) => line !== there[n]);
      if (at >= 0 || here.length !== there.length) {
        return `${history.slice(-OPS_PER_LOOK).join('\n')}\nhere: ${here[at]}\nthere: ${there[at]}`;
      }
    }
  }
  return null;
}
