/**
 * Processes that make, link, rename and remove names in the same few directories at the same time, on a file system
 * that sleeps in every operation, on a host that picks who runs next by seed. Whatever they were told, in the end the
 * tree is one: every file is reached by as many names as it says, every directory by one way and from its parent, what
 * nobody reaches and nobody has open is gone, and no reference is left.
 */
import { boot, constants as c, components, type Proc, SysError, simulatedHost } from '../../lib/api/index.ts';
import { Prng } from '../../lib/rumpuser/prng.ts';
import type { Mount } from '../../lib/vfs/mount.ts';
import { vfsOf } from '../../lib/vfs/vfs.ts';
import { insideOf } from '../conformance/harness.ts';
import { type Node, sleepyfs, sleepyNodes } from './sleepyfs.ts';

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
]);

function path(prng: Prng): string {
  const parts: string[] = [];
  for (let n = 1 + prng.below(3); n > 0; n--) {
    parts.push(NAMES[prng.below(NAMES.length)] as string);
  }
  return parts.join('/');
}

/** One call, drawn. */
async function call({ promises: sys }: Proc, prng: Prng): Promise<unknown> {
  switch (prng.below(14)) {
    case 0:
    case 1:
      return sys.mkdir(path(prng), 0o755);
    case 2:
      return sys.rmdir(path(prng));
    case 3:
      return sys.close(await sys.open(path(prng), c.O_CREAT | c.O_RDWR, 0o644));
    case 4:
      return sys.unlink(path(prng));
    case 5:
      return sys.link(path(prng), path(prng));
    case 6:
      return sys.symlink(path(prng), path(prng));
    case 7:
      return sys.stat(path(prng));
    default:
      return sys.rename(path(prng), path(prng));
  }
}

async function work(p: Proc, prng: Prng, problems: string[]): Promise<void> {
  for (let i = 0; i < CALLS; i++) {
    try {
      await call(p, prng);
    } catch (error) {
      if (!(error instanceof SysError && ALLOWED.has(error.code))) {
        problems.push(String(error));
        return;
      }
    }
  }
  p.exit();
}

/** What is wrong with the tree. */
function check(mp: Mount): string[] {
  const problems: string[] = [];
  const names = new Map<Node, number>();
  const root = mp.root.data as Node;
  const visit = (dir: Node, where: string): void => {
    let subdirectories = 0;
    for (const [name, node] of dir.entries) {
      const count = (names.get(node) ?? 0) + 1;
      names.set(node, count);
      if (node.type !== 'VDIR') {
        continue;
      }
      subdirectories++;
      if (count > 1) {
        problems.push(`${where}/${name} is reached twice`);
        continue;
      }
      if (node.parent !== dir) {
        problems.push(`${where}/${name} has another parent`);
      }
      visit(node, `${where}/${name}`);
    }
    if (dir.nlink !== subdirectories + 2) {
      problems.push(`${where} has ${dir.nlink} links and ${subdirectories} directories`);
    }
  };
  visit(root, '');
  for (const [node, count] of names) {
    if (node.type !== 'VDIR' && node.nlink !== count) {
      problems.push(`file ${node.ino} has ${node.nlink} links and ${count} names`);
    }
  }
  for (const node of sleepyNodes(mp)) {
    if (node !== root && !names.has(node)) {
      problems.push(`${node.type} ${node.ino} (${node.nlink} links) is nowhere and not gone`);
    }
  }
  for (const vp of mp.vnodes) {
    if (vp.usecount !== (vp === mp.root ? 1 : 0)) {
      problems.push(`vnode ${(vp.data as Node).ino} has ${vp.usecount} references left`);
    }
  }
  return problems;
}

/** @returns what went wrong */
export async function raceRun(seed: string): Promise<string[]> {
  const prng = new Prng(seed);
  const naps = new Prng(`naps ${seed}`);
  const kernel = boot({
    host: simulatedHost({ seed }),
    components: [...Object.values(components), sleepyfs(() => naps.below(4))],
    console: () => {},
  });
  const k = insideOf(kernel);
  const problems: string[] = [];
  try {
    const maker = kernel.newproc();
    maker.sys.mkdir('/m', 0o755);
    maker.sys.mount('sleepyfs', '/m', 0, undefined);
    for (const name of NAMES) {
      maker.sys.mkdir(`/m/${name}`, 0o755);
    }
    const procs = Array.from({ length: PROCS }, () => kernel.newproc({ cwd: '/m' }));
    await Promise.all(procs.map((p, i) => work(p, new Prng(`${prng.next32()} ${i}`), problems)));
    if (kernel.running) {
      problems.push(...check(vfsOf(k).mounts.find(({ onname }) => onname === '/m') as Mount));
      maker.sys.unmount('/m', 0);
    } else {
      problems.push(kernel.dead, kernel.dmesg());
    }
  } finally {
    kernel.halt();
  }
  return problems;
}
