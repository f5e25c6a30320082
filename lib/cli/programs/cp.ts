/** NetBSD: cp(1). */
import { constants } from '../../api/index.ts';
import {
  baseName,
  below,
  copyContent,
  entriesOf,
  type FileStat,
  forEachOperand,
  isDirectory,
  linkText,
  statOrNull,
} from '../files.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program, Self } from '../program.ts';

const { AT_FDCWD, AT_SYMLINK_NOFOLLOW, S_IFLNK, S_IFMT } = constants;

/** Keep what -p keeps. */
async function keep(self: Self, to: string, stat: FileStat): Promise<void> {
  const { sys } = self;
  await sys.lchown(to, stat.uid, stat.gid);
  if ((stat.mode & S_IFMT) !== S_IFLNK) {
    await sys.chmod(to, stat.mode & 0o7777);
  }
  await sys.utimensat(AT_FDCWD, to, [stat.atim, stat.mtim], AT_SYMLINK_NOFOLLOW);
}

/** Copy a file, or with -R a tree. @throws SysError UsageError */
async function copy(
  self: Self,
  from: string,
  to: string,
  options: ReadonlyMap<string, string>,
): Promise<void> {
  const { sys } = self;
  const recursive = options.has('R') || options.has('r');
  const stat = recursive ? await sys.lstat(from) : await sys.stat(from);
  const target = await statOrNull(self, to);
  if (target !== null && target.dev === stat.dev && target.ino === stat.ino) {
    throw new UsageError(`${from} and ${to} are the same file`);
  }
  if (isDirectory(stat)) {
    if (!recursive) {
      throw new UsageError(`${from} is a directory, and -R was not given`);
    }
    if (target === null) {
      await sys.mkdir(to, (stat.mode & 0o777) | 0o700);
    }
    for (const name of await entriesOf(self, from)) {
      await copy(self, below(from, name), below(to, name), options);
    }
    await sys.chmod(to, stat.mode & 0o777);
  } else if ((stat.mode & S_IFMT) === S_IFLNK) {
    if ((await statOrNull(self, to, 'lstat')) !== null) {
      await sys.unlink(to);
    }
    await sys.symlink(await linkText(self, from), to);
  } else {
    await copyContent(self, from, to, stat.mode);
  }
  if (options.has('p')) {
    await keep(self, to, stat);
  }
}

export const cp: Program = {
  name: 'cp',
  synopsis: '[-pRr] source target | source ... directory',
  summary: 'copy files; -R: and directories; -p: with owner, mode and times',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'pRr');
    const to = operands.at(-1);
    if (operands.length < 2 || to === undefined) {
      throw new UsageError('copy what, and where to?');
    }
    const sources = operands.slice(0, -1);
    const target = await statOrNull(self, to);
    const into = target !== null && isDirectory(target);
    if (sources.length > 1 && !into) {
      throw new UsageError(`${to} is no directory`);
    }
    return forEachOperand(self, sources, (from) =>
      copy(self, from, into ? below(to, baseName(from)) : to, options),
    );
  },
};
