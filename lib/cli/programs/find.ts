/** NetBSD: find(1), du(1), tee(1), in small. */
import { constants } from '../../api/index.ts';
import { baseName, type FileStat, forEachOperand, isDirectory, walk, writeAll } from '../files.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';
import { pieces } from '../stdin.ts';

const { O_APPEND, O_CREAT, O_TRUNC, O_WRONLY, S_IFMT } = constants;

/** Letters of -type. */
const TYPES: Readonly<Record<string, number>> = {
  f: constants.S_IFREG,
  d: constants.S_IFDIR,
  l: constants.S_IFLNK,
  p: constants.S_IFIFO,
  c: constants.S_IFCHR,
  b: constants.S_IFBLK,
  s: constants.S_IFSOCK,
};

type Condition = (path: string, stat: FileStat) => boolean;

/** A pattern of the shell: *, ?, [...]. */
function pattern(text: string): RegExp {
  const source = text
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source.replaceAll('[!', '[^')}$`, 's');
}

/** @throws UsageError */
function conditionOf(name: string, value: string | undefined): Condition {
  if (value === undefined) {
    throw new UsageError(`${name} needs a value`);
  }
  switch (name) {
    case '-name': {
      const wanted = pattern(value);
      return (path) => wanted.test(baseName(path));
    }
    case '-type': {
      const type = TYPES[value];
      if (type === undefined) {
        throw new UsageError(`-type ${value}: no type of file`);
      }
      return (_path, { mode }) => (mode & S_IFMT) === type;
    }
    case '-user':
      return (_path, { uid }) => uid === Number(value);
    case '-size': {
      const match = /^([-+]?)(\d+)(c?)$/.exec(value);
      if (match === null) {
        throw new UsageError(`-size ${value}: not a size`);
      }
      const [, sign, number, bytes] = match;
      return (_path, { size }) => {
        const units = bytes === 'c' ? size : Math.ceil(size / 512);
        return sign === '+'
          ? units > Number(number)
          : sign === '-'
            ? units < Number(number)
            : units === Number(number);
      };
    }
    default:
      throw new UsageError(`${name}: no condition that is known`);
  }
}

export const find: Program = {
  name: 'find',
  synopsis: '[path ...] [-name pattern] [-type bcdflps] [-user uid] [-size [+-]n[c]]',
  summary: 'files below paths that all conditions hold for',
  runs: 'child',
  async main(self, args) {
    if (args[0] === '--help') {
      getopt(args, '');
    }
    const at = args.findIndex((arg) => arg.startsWith('-'));
    const paths = at < 0 ? args : args.slice(0, at);
    const conditions: Condition[] = [];
    for (let i = at; i >= 0 && i < args.length; i += 2) {
      conditions.push(conditionOf(args[i] as string, args[i + 1]));
    }
    return forEachOperand(self, paths.length === 0 ? ['.'] : paths, (path) =>
      walk(self, path, {
        before: async (each, stat) => {
          if (conditions.every((holds) => holds(each, stat))) {
            await self.out(`${each}\n`);
          }
        },
      }),
    );
  },
};

export const du: Program = {
  name: 'du',
  synopsis: '[-as] [file ...]',
  summary: 'room that directories take with all in them, in KiB; -a: files too; -s: sums alone',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'as');
    return forEachOperand(self, operands.length === 0 ? ['.'] : operands, async (top) => {
      // Blocks of each directory that is open in the walk; a file of several names counts once.
      const sums: number[] = [0];
      const seen = new Set<string>();
      await walk(self, top, {
        before: async (_path, stat) => {
          if (isDirectory(stat)) {
            sums.push(0);
          }
        },
        after: async (path, stat) => {
          const id = `${stat.dev} ${stat.ino}`;
          const blocks = (isDirectory(stat) ? (sums.pop() as number) : 0) + (seen.has(id) ? 0 : stat.blocks);
          seen.add(id);
          sums[sums.length - 1] = (sums.at(-1) as number) + blocks;
          if (options.has('s') ? path === top : isDirectory(stat) || options.has('a') || path === top) {
            await self.out(`${Math.ceil(blocks / 2)}\t${path}\n`);
          }
        },
      });
    });
  },
};

export const tee: Program = {
  name: 'tee',
  synopsis: '[-a] [file ...]',
  summary: 'copy standard input to standard output and to files; -a: behind what is in them',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'a');
    const fds: number[] = [];
    const status = await forEachOperand(self, operands, async (path) => {
      fds.push(
        await self.sys.open(path, O_WRONLY | O_CREAT | (options.has('a') ? O_APPEND : O_TRUNC), 0o666),
      );
    });
    for await (const piece of pieces(self)) {
      await self.out(piece);
      for (const fd of fds) {
        await writeAll(self, fd, piece);
      }
    }
    return status;
  },
};
