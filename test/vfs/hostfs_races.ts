/**
 * Processes that work in one directory of the host at the same time, through two mounts of it that know nothing of each
 * other, so that to each the other is "somebody on the host". The simulated host decides by seed who runs next, what
 * it tells at once and what takes how long. Whatever they were told: nobody is left waiting, no reference and no
 * descriptor is left over, both mounts show what the host has, and each knows only files that it has a vnode for.
 */
import { boot, constants as c, type Proc, SysError, simulatedHost } from '../../lib/api/index.ts';
import { Prng } from '../../lib/rumpuser/prng.ts';
import { EIO } from '../../lib/sys/errno.ts';
import type { HostFs, HostNode } from '../../lib/vfs/fs/hostfs/node.ts';
import type { Mount } from '../../lib/vfs/mount.ts';
import { vfsOf } from '../../lib/vfs/vfs.ts';
import { direntNames } from '../conformance/files.ts';
import { insideOf } from '../conformance/harness.ts';

const MOUNTS = ['/m', '/n'] as const;
const PROCS = 4;
const CALLS = 25;
const NAMES = ['a', 'b', 'c'] as const;
/** What may come of a call: everything else is a bug. */
const ALLOWED: ReadonlySet<string> = new Set([
  'ENOENT',
  'ENOTDIR',
  'EEXIST',
  'EISDIR',
  'ENOTEMPTY',
  'EINVAL',
  'EPERM',
  'ELOOP',
  'EBUSY',
  'EXDEV',
]);

function path(prng: Prng): string {
  const parts: string[] = [];
  for (let n = 1 + prng.below(3); n > 0; n--) {
    parts.push(NAMES[prng.below(NAMES.length)] as string);
  }
  return parts.join('/');
}

async function list({ promises: sys }: Proc, dir: string): Promise<string[]> {
  const fd = await sys.open(dir, c.O_RDONLY | c.O_DIRECTORY);
  const names: string[] = [];
  const buf = Buffer.alloc(128);
  try {
    for (let n = await sys.getdents(fd, buf); n > 0; n = await sys.getdents(fd, buf)) {
      names.push(...direntNames(buf.subarray(0, n)));
    }
  } catch (error) {
    // The other mount has put the directory somewhere else.
    if (!(error instanceof SysError && error.code === 'ESTALE')) {
      throw error;
    }
  } finally {
    await sys.close(fd);
  }
  return names.filter((name) => name !== '.' && name !== '..').sort();
}

/** Write at the end of a file and read all of it: no byte is nobody's. */
async function append({ promises: sys }: Proc, name: string, problems: string[]): Promise<void> {
  const fd = await sys.open(name, c.O_CREAT | c.O_RDWR | c.O_APPEND, 0o644);
  try {
    await sys.write(fd, Buffer.from('xy'));
    const buf = Buffer.alloc(1000);
    const text = buf.toString('latin1', 0, await sys.pread(fd, buf, 0));
    // Zeroes: the other mount cut the file between being asked for the size and the writing.
    if (!/^(xy|\0\0)*$/.test(text)) {
      problems.push(`${name} has ${JSON.stringify(text)}`);
    }
  } finally {
    await sys.close(fd);
  }
}

/** One call, drawn. */
async function call(p: Proc, prng: Prng, problems: string[]): Promise<unknown> {
  const { promises: sys } = p;
  switch (prng.below(16)) {
    case 0:
    case 1:
      return sys.mkdir(path(prng), 0o755);
    case 2:
      return sys.rmdir(path(prng));
    case 3:
      return append(p, path(prng), problems);
    case 4:
      return sys.unlink(path(prng));
    case 5:
      return sys.link(path(prng), path(prng));
    case 6:
      return sys.symlink(path(prng), path(prng));
    case 7:
      return sys.stat(path(prng));
    case 8:
      return sys.chmod(path(prng), 0o700 | prng.below(64));
    case 9:
      return sys.truncate(path(prng), 0);
    case 10:
      return list(p, path(prng));
    default:
      return sys.rename(path(prng), path(prng));
  }
}

async function work(p: Proc, prng: Prng, allowed: ReadonlySet<string>, problems: string[]): Promise<void> {
  for (let i = 0; i < CALLS; i++) {
    try {
      await call(p, prng, problems);
    } catch (error) {
      if (!(error instanceof SysError && allowed.has(error.code))) {
        problems.push(String(error));
        return;
      }
    }
  }
  p.exit();
}

/** All there is below a directory, a line each. */
async function tree(p: Proc, dir: string): Promise<string[]> {
  const lines: string[] = [];
  for (const name of await list(p, dir)) {
    const at = `${dir}/${name}`;
    const { mode, nlink, size, ino } = await p.promises.lstat(at);
    lines.push(`${at.slice(2)} ${mode.toString(8)} ${nlink} ${size} ${ino}`);
    if ((mode & c.S_IFMT) === c.S_IFDIR) {
      lines.push(...(await tree(p, at)));
    }
  }
  return lines;
}

/** What a mount still has that it should not. */
function leftOver(mp: Mount): string[] {
  const problems: string[] = [];
  const fs = mp.data as HostFs;
  for (const vp of mp.vnodes) {
    const { name, rfd, wfd, busy } = vp.data as HostNode;
    if (vp.usecount !== (vp === mp.root ? 1 : 0) || rfd >= 0 || wfd >= 0 || busy > 0) {
      problems.push(`${mp.onname}: ${name}: ${vp.usecount} references, fds ${rfd} ${wfd}, ${busy} busy`);
    }
  }
  for (const node of fs.nodes.values()) {
    const children = [...fs.nodes.values()].filter(({ parent }) => parent === node).length;
    if (node !== fs.root && node.vnode === null && node.children === 0) {
      problems.push(`${mp.onname}: ${node.name} is known and nobody needs it`);
    }
    if (node.children < children) {
      problems.push(`${mp.onname}: ${node.name} has ${children} nodes in it and says ${node.children}`);
    }
  }
  return problems;
}

/** @param faulty the host fails now and then. @returns what went wrong */
export async function hostfsRaceRun(seed: string, faulty: 'sound' | 'faulty'): Promise<string[]> {
  const prng = new Prng(seed);
  const host = simulatedHost({
    seed,
    files: { '/data/a/': '', '/data/b/': '', '/data/c/a/': '', '/data/c/b': 'xy' },
    faults:
      faulty === 'sound'
        ? []
        : [
            { call: 'fsop', probability: 0.05, fail: EIO },
            { call: 'bio', probability: 0.05, fail: EIO },
          ],
  });
  const allowed = faulty === 'sound' ? ALLOWED : new Set([...ALLOWED, 'EIO']);
  const kernel = boot({ host, console: () => {} });
  const k = insideOf(kernel);
  // So few that most are taken away from their files as soon as nobody uses them.
  vfsOf(k).maxvnodes = prng.below(3) === 0 ? 1024 : 6 + prng.below(6);
  const problems: string[] = [];
  try {
    const maker = kernel.newproc();
    for (const dir of MOUNTS) {
      maker.sys.mkdir(dir, 0o755);
      await untilDone(() => maker.sys.mount('hostfs', dir, 0, { path: '/data' }));
    }
    const procs = Array.from({ length: PROCS }, (_, i) => kernel.newproc({ cwd: MOUNTS[i % 2] as string }));
    await Promise.all(procs.map((p, i) => work(p, new Prng(`${prng.next32()} ${i}`), allowed, problems)));
    if (!kernel.running) {
      return [...problems, kernel.dead, kernel.dmesg()];
    }
    if (faulty === 'sound') {
      const [m, n] = await Promise.all(MOUNTS.map((dir) => tree(maker, dir)));
      if (JSON.stringify(m) !== JSON.stringify(n)) {
        problems.push(`/m: ${m?.join(', ')}\n/n: ${n?.join(', ')}`);
      }
    }
    for (const mp of vfsOf(k).mounts.filter(({ vfsops }) => vfsops.name === 'hostfs')) {
      problems.push(...leftOver(mp));
    }
    if (problems.length === 0) {
      for (const dir of MOUNTS) {
        maker.sys.unmount(dir, 0);
      }
    }
  } finally {
    kernel.halt();
  }
  return problems;
}

/** Again, while the host fails. */
async function untilDone(fn: () => void): Promise<void> {
  for (;;) {
    try {
      fn();
      return;
    } catch (error) {
      if (!(error instanceof SysError && error.code === 'EIO')) {
        throw error;
      }
    }
  }
}
