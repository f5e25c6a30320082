/**
 * What files promise, they promise on every file system: a test is written once and runs on each, in an empty
 * directory of its own that anybody may write to.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { NewprocOptions, Proc, PromiseCalls } from '../../lib/api/index.ts';
import { constants as c, components } from '../../lib/api/index.ts';
import { sleepyfs } from '../vfs/sleepyfs.ts';
import { conformance, type World, type WorldOptions } from './harness.ts';

export interface Files extends World {
  readonly fs: FileSystem;
  /** The directory: where every process of the test begins. */
  readonly dir: string;
  /** A process of the superuser's, and its calls. */
  readonly root: Proc;
  readonly sys: PromiseCalls;
  /** The calls of another process. */
  readonly as: (who: NewprocOptions) => PromiseCalls;
  /** Make a file with this text; read one. */
  readonly put: (path: string, text?: string, mode?: number) => Promise<void>;
  readonly text: (path: string) => Promise<string>;
  /** Names in a directory, sorted, without "." and "..". */
  readonly names: (path: string) => Promise<string[]>;
}

export const FILE_SYSTEMS = ['rumpfs', 'tmpfs', 'sleepyfs', 'hostfs'] as const;
export type FileSystem = (typeof FILE_SYSTEMS)[number];

/** How often an operation of sleepyfs lets others run first. */
const NAPS = 1;

export function fileConformance(
  title: string,
  body: (t: ExecutionContext, files: Files) => Promise<void> | void,
  options: WorldOptions & { readonly on?: readonly FileSystem[] } = {},
): void {
  for (const fs of options.on ?? FILE_SYSTEMS) {
    conformance(
      `${fs}: ${title}`,
      async (t, world) => {
        await body(t, filesOf(t, world, fs));
      },
      {
        // Giving files of the host to somebody else is for the superuser there too.
        ...(fs === 'hostfs' && process.geteuid?.() !== 0 ? { hosts: ['simulated'] } : {}),
        ...options,
        boot: { components: [...Object.values(components), sleepyfs(() => NAPS)], ...options.boot },
      },
    );
  }
}

/** A directory of the world's host that is empty. */
function hostDirectory(t: ExecutionContext, { host }: World): string {
  if (host === 'simulated') {
    return '/tmp';
  }
  const path = mkdtempSync(join(tmpdir(), 'rump-files-'));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}

function filesOf(t: ExecutionContext, world: World, fs: FileSystem): Files {
  const dir = '/tmp/here';
  // Files of the host are mounted by processes of this program alone.
  const maker = world.kernel.newproc();
  maker.sys.mkdir(dir, 0o777);
  if (fs !== 'rumpfs') {
    maker.sys.mount(fs, dir, 0, fs === 'hostfs' ? { path: hostDirectory(t, world) } : undefined);
  }
  maker.sys.chmod(dir, 0o777);
  maker.exit();
  const root = world.newproc({ cwd: dir, comm: 'root' });
  const sys = world.call(root);
  return {
    ...world,
    fs,
    dir,
    root,
    sys,
    as: (who) => world.call(world.newproc({ cwd: dir, gid: who.uid ?? 0, ...who })),
    async put(path, text = '', mode = 0o644) {
      const fd = await sys.open(path, c.O_WRONLY | c.O_CREAT | c.O_TRUNC, mode);
      await sys.write(fd, Buffer.from(text));
      await sys.close(fd);
    },
    async text(path) {
      const fd = await sys.open(path, c.O_RDONLY);
      const { size } = await sys.fstat(fd);
      const buf = Buffer.alloc(size);
      await sys.read(fd, buf);
      await sys.close(fd);
      return buf.toString();
    },
    names: (path) => namesIn(sys, path),
  };
}

async function namesIn(sys: PromiseCalls, path: string): Promise<string[]> {
  const fd = await sys.open(path, c.O_RDONLY | c.O_DIRECTORY);
  const names: string[] = [];
  const buf = Buffer.alloc(512);
  for (let n = await sys.getdents(fd, buf); n > 0; n = await sys.getdents(fd, buf)) {
    names.push(...direntNames(buf.subarray(0, n)));
  }
  await sys.close(fd);
  return names.filter((name) => name !== '.' && name !== '..').sort();
}

/** Names in what getdents(2) has filled in. */
export function direntNames(buf: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at < buf.length; at += buf.readUInt16LE(at + 8)) {
    names.push(buf.toString('utf8', at + 13, at + 13 + buf.readUInt16LE(at + 10)));
  }
  return names;
}
