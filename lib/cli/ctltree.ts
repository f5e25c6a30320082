/**
 * Trees, between the host and a kernel: directories, files, and symbolic links as such. What cannot be copied is said,
 * and the rest is copied all the same.
 *
 * The kernel is not trusted: nothing is written through a link on the host, and names lead nowhere else.
 */
import { lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { constants, nameDecode } from '../api/index.ts';
import { fileIn, fileOut, hostName } from './ctlfile.ts';
import { messageOf } from './exits.ts';
import { below, entriesOf, isDirectory, linkText, statOrNull } from './files.ts';
import type { Self } from './program.ts';

const { S_IFLNK, S_IFMT, S_IFREG } = constants;

/** @returns the exit status: 1 when something could not be copied */
async function attempt(self: Self, copy: () => Promise<number>): Promise<number> {
  try {
    return await copy();
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOTCONN') {
      throw error;
    }
    await self.err(messageOf(error));
    return 1;
  }
}

/** From the host. @returns the exit status */
export async function treeIn(self: Self, from: string, to: string): Promise<number> {
  const { sys } = self;
  const stat = lstatSync(hostName(from));
  if (stat.isSymbolicLink()) {
    if ((await statOrNull(self, to, 'lstat')) !== null) {
      await sys.unlink(to);
    }
    await sys.symlink(nameDecode(readlinkSync(hostName(from), { encoding: 'buffer' })), to);
    return 0;
  }
  if (stat.isFile()) {
    return await fileIn(self, from, to);
  }
  if (!stat.isDirectory()) {
    throw new Error(`${from} is neither a file, a directory nor a link: not copied`);
  }
  if ((await statOrNull(self, to)) === null) {
    await sys.mkdir(to, (stat.mode & 0o777) | 0o700);
  }
  let status = 0;
  for (const bytes of readdirSync(hostName(from), { encoding: 'buffer' })) {
    const name = nameDecode(bytes);
    status |= await attempt(self, () => treeIn(self, below(from, name), below(to, name)));
  }
  await sys.chmod(to, stat.mode & 0o777);
  return status;
}

/** To the host. @returns the exit status */
export async function treeOut(self: Self, from: string, to: string): Promise<number> {
  const stat = await self.sys.lstat(from);
  const there = lstatSync(hostName(to), { throwIfNoEntry: false });
  if (there?.isSymbolicLink() === true) {
    unlinkSync(hostName(to));
  }
  if ((stat.mode & S_IFMT) === S_IFLNK) {
    if (there?.isFile() === true) {
      unlinkSync(hostName(to));
    }
    symlinkSync(hostName(await linkText(self, from)), hostName(to));
    return 0;
  }
  if ((stat.mode & S_IFMT) === S_IFREG) {
    return await fileOut(self, from, to, stat);
  }
  if (!isDirectory(stat)) {
    throw new Error(`${from} is neither a file, a directory nor a link: not copied`);
  }
  if (there?.isDirectory() !== true) {
    mkdirSync(hostName(to));
  }
  let status = 0;
  for (const name of await entriesOf(self, from)) {
    status |= await attempt(self, async () => {
      if (name.includes('/')) {
        throw new Error(`${from}: ${name} is no name`);
      }
      return await treeOut(self, below(from, name), below(to, name));
    });
  }
  return status;
}
