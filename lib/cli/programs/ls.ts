/** NetBSD: ls(1). */
import { constants } from '../../api/index.ts';
import { below, type FileStat, forEachOperand, isDirectory, linkText, namesIn } from '../files.ts';
import { getopt } from '../getopt.ts';
import { strmode } from '../mode.ts';
import { groupName, userName } from '../names.ts';
import type { Program, Self } from '../program.ts';
import { table } from '../table.ts';

const { S_IFCHR, S_IFBLK, S_IFLNK, S_IFMT } = constants;

interface Shown {
  readonly name: string;
  readonly path: string;
  readonly stat: FileStat;
}

/** "Nov 26 12:11", or with the year what is not of the last half-year. Times are UTC. */
function when(sec: number, nowSec: number): string {
  const date = new Date(sec * 1000);
  const month = date.toLocaleString('en-US', { month: 'short', timeZone: 'UTC' });
  const day = String(date.getUTCDate()).padStart(2);
  const recent = Math.abs(nowSec - sec) < 182 * 86400;
  const rest = recent ? date.toISOString().slice(11, 16) : ` ${date.getUTCFullYear()}`;
  return `${month} ${day} ${rest}`;
}

function sizeOf({ mode, size, rdev }: FileStat): string {
  const type = mode & S_IFMT;
  return type === S_IFCHR || type === S_IFBLK ? `0x${rdev.toString(16)}` : String(size);
}

async function long(self: Self, files: readonly Shown[], inodes: 'with inodes' | 'plain'): Promise<string> {
  const now = (await self.sys.gettimeofday()).sec;
  const names = new Map<Shown, string>();
  for (const file of files) {
    const link = (file.stat.mode & S_IFMT) === S_IFLNK;
    names.set(file, link ? `${file.name} -> ${await linkText(self, file.path)}` : file.name);
  }
  const left = (value: (file: Shown) => string) => ({ title: '', align: 'left' as const, value });
  const right = (value: (file: Shown) => string) => ({ title: '', align: 'right' as const, value });
  const columns = [
    ...(inodes === 'plain' ? [] : [right(({ stat }) => String(stat.ino))]),
    left(({ stat }) => strmode(stat.mode)),
    right(({ stat }) => String(stat.nlink)),
    left(({ stat }) => userName(stat.uid) ?? String(stat.uid)),
    left(({ stat }) => groupName(stat.gid) ?? String(stat.gid)),
    right(({ stat }) => sizeOf(stat)),
    left(({ stat }) => when(stat.mtim.sec, now)),
    left((file) => names.get(file) as string),
  ];
  // The table begins with a line of titles, and there are none.
  return table(columns, files).replace(/^.*\n/, '');
}

async function show(
  self: Self,
  files: readonly Shown[],
  options: ReadonlyMap<string, string>,
): Promise<void> {
  const inodes = options.has('i') ? 'with inodes' : 'plain';
  if (options.has('l')) {
    await self.out(await long(self, files, inodes));
    return;
  }
  const text = files.map(({ name, stat }) => `${options.has('i') ? `${stat.ino} ` : ''}${name}\n`);
  await self.out(text.join(''));
}

async function listDirectory(
  self: Self,
  dir: string,
  options: ReadonlyMap<string, string>,
  title: 'with title' | 'alone',
): Promise<void> {
  const names = (await namesIn(self, dir)).filter((name) => options.has('a') || !name.startsWith('.'));
  const files: Shown[] = [];
  for (const name of names) {
    const path = below(dir, name);
    files.push({ name, path, stat: await self.sys.lstat(path) });
  }
  if (title === 'with title') {
    await self.out(`${dir}:\n`);
  }
  await show(self, files, options);
  if (options.has('R')) {
    for (const { name, path, stat } of files) {
      if (isDirectory(stat) && name !== '.' && name !== '..') {
        await self.out('\n');
        await listDirectory(self, path, options, 'with title');
      }
    }
  }
}

export const ls: Program = {
  name: 'ls',
  synopsis: '[-1adilR] [file ...]',
  summary: 'list directories',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, '1adilR');
    const paths = operands.length === 0 ? ['.'] : operands;
    const files: Shown[] = [];
    const directories: string[] = [];
    const status = await forEachOperand(self, paths, async (path) => {
      const lstat = await self.sys.lstat(path);
      const link = (lstat.mode & S_IFMT) === S_IFLNK && !options.has('l');
      const stat = link ? await self.sys.stat(path).catch(() => lstat) : lstat;
      if (isDirectory(stat) && !options.has('d')) {
        directories.push(path);
      } else {
        files.push({ name: path, path, stat: lstat });
      }
    });
    await show(self, files, options);
    const title = paths.length > 1 || options.has('R') ? 'with title' : 'alone';
    const later = await forEachOperand(self, directories, async (dir) => {
      if (dir !== directories[0] || files.length > 0) {
        await self.out('\n');
      }
      await listDirectory(self, dir, options, title);
    });
    return Math.max(status, later);
  },
};
