/** NetBSD: mkdir(1), rmdir(1), touch(1), mkfifo(1). */
import { constants } from '../../api/index.ts';
import { forEachOperand, statOrNull } from '../files.ts';
import { getopt, UsageError } from '../getopt.ts';
import { changedMode } from '../mode.ts';
import type { Program, Self } from '../program.ts';

const { AT_FDCWD, O_CREAT, O_WRONLY, UTIME_NOW, UTIME_OMIT } = constants;

function wanted(operands: readonly string[]): void {
  if (operands.length === 0) {
    throw new UsageError('no name given');
  }
}

/** Make a directory and those above it that are not there. @throws SysError */
async function mkdirs(self: Self, path: string, mode: number): Promise<void> {
  const parts = path.split('/').filter((part) => part !== '');
  for (let i = 1; i <= parts.length; i++) {
    const each = (path.startsWith('/') ? '/' : '') + parts.slice(0, i).join('/');
    if ((await statOrNull(self, each)) === null) {
      await self.sys.mkdir(each, i === parts.length ? mode : 0o777);
    }
  }
}

export const mkdir: Program = {
  name: 'mkdir',
  synopsis: '[-p] [-m mode] directory ...',
  summary: 'make directories; -p: those above them too',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'pm:');
    wanted(operands);
    const mode = changedMode(options.get('m') ?? '777', 0o777);
    return forEachOperand(self, operands, async (path) => {
      await (options.has('p') ? mkdirs(self, path, mode) : self.sys.mkdir(path, mode));
      if (options.has('m')) {
        await self.sys.chmod(path, mode);
      }
    });
  },
};

export const rmdir: Program = {
  name: 'rmdir',
  synopsis: 'directory ...',
  summary: 'remove empty directories',
  runs: 'child',
  async main(self, args) {
    const { operands } = getopt(args, '');
    wanted(operands);
    return forEachOperand(self, operands, (path) => self.sys.rmdir(path));
  },
};

export const mkfifo: Program = {
  name: 'mkfifo',
  synopsis: '[-m mode] name ...',
  summary: 'make FIFOs',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'm:');
    wanted(operands);
    const mode = changedMode(options.get('m') ?? '666', 0o666);
    return forEachOperand(self, operands, (path) => self.sys.mkfifo(path, mode));
  },
};

export const touch: Program = {
  name: 'touch',
  synopsis: '[-acm] file ...',
  summary: 'set the times of files to now, and make those that are not there',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'acm');
    wanted(operands);
    const time = (letter: string, other: string) => ({
      sec: 0,
      nsec: options.has(other) && !options.has(letter) ? UTIME_OMIT : UTIME_NOW,
    });
    return forEachOperand(self, operands, async (path) => {
      if ((await statOrNull(self, path)) === null) {
        if (!options.has('c')) {
          await self.sys.close(await self.sys.open(path, O_WRONLY | O_CREAT, 0o666));
        }
        return;
      }
      await self.sys.utimensat(AT_FDCWD, path, [time('a', 'm'), time('m', 'a')], 0);
    });
  },
};
