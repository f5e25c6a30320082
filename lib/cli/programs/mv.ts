/** NetBSD: mv(1), rm(1), ln(1). */
import { SysError } from '../../api/index.ts';
import { baseName, below, forEachOperand, isDirectory, statOrNull, walk } from '../files.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program, Self } from '../program.ts';
import { cp } from './cp.ts';

/** Remove a tree. @throws SysError */
export async function removeTree(self: Self, path: string): Promise<void> {
  await walk(self, path, {
    after: (each, stat) => (isDirectory(stat) ? self.sys.rmdir(each) : self.sys.unlink(each)),
  });
}

/** The last of the operands, and whether it is a directory to put things into. @throws UsageError */
async function targetOf(self: Self, operands: readonly string[]): Promise<{ to: string; into: boolean }> {
  const to = operands.at(-1);
  if (operands.length < 2 || to === undefined) {
    throw new UsageError('two names are needed at least');
  }
  const target = await statOrNull(self, to);
  const into = target !== null && isDirectory(target);
  if (operands.length > 2 && !into) {
    throw new UsageError(`${to} is no directory`);
  }
  return { to, into };
}

export const mv: Program = {
  name: 'mv',
  synopsis: '[-f] source target | source ... directory',
  summary: 'rename files, or move them between file systems',
  runs: 'child',
  async main(self, args) {
    const { operands } = getopt(args, 'f');
    const { to, into } = await targetOf(self, operands);
    return forEachOperand(self, operands.slice(0, -1), async (from) => {
      const name = into ? below(to, baseName(from)) : to;
      try {
        await self.sys.rename(from, name);
      } catch (error) {
        if (!(error instanceof SysError && error.code === 'EXDEV')) {
          throw error;
        }
        if ((await cp.main(self, ['-pR', from, name])) === 0) {
          await removeTree(self, from);
        }
      }
    });
  },
};

export const rm: Program = {
  name: 'rm',
  synopsis: '[-dfRr] file ...',
  summary: 'remove files; -R: directories and all in them; -d: empty directories',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'dfRr');
    if (operands.length === 0 && !options.has('f')) {
      throw new UsageError('remove what?');
    }
    return forEachOperand(self, operands, async (path) => {
      if (options.has('f') && (await statOrNull(self, path, 'lstat')) === null) {
        return;
      }
      if (options.has('r') || options.has('R')) {
        await removeTree(self, path);
      } else if (options.has('d') && isDirectory(await self.sys.lstat(path))) {
        await self.sys.rmdir(path);
      } else {
        await self.sys.unlink(path);
      }
    });
  },
};

export const ln: Program = {
  name: 'ln',
  synopsis: '[-fs] source target | source ... directory',
  summary: 'give files other names; -s: by symbolic links',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'fs');
    const { to, into } = await targetOf(self, operands);
    return forEachOperand(self, operands.slice(0, -1), async (from) => {
      const name = into ? below(to, baseName(from)) : to;
      if (options.has('f') && (await statOrNull(self, name, 'lstat')) !== null) {
        await self.sys.unlink(name);
      }
      await (options.has('s') ? self.sys.symlink(from, name) : self.sys.link(from, name));
    });
  },
};
