/** NetBSD: chmod(1), chown(8), stat(1). */
import { constants } from '../../api/index.ts';
import { forEachOperand, linkText, walk } from '../files.ts';
import { getopt, UsageError } from '../getopt.ts';
import { changedMode, strmode } from '../mode.ts';
import type { Program, Self } from '../program.ts';

const { S_IFLNK, S_IFMT } = constants;

/** The operands, and with -R what is below them. */
function eachFile(
  self: Self,
  operands: readonly string[],
  recursive: boolean,
  fn: (path: string) => Promise<void>,
): Promise<number> {
  return forEachOperand(self, operands, (path) =>
    recursive ? walk(self, path, { before: (each) => fn(each) }) : fn(path),
  );
}

export const chmod: Program = {
  name: 'chmod',
  synopsis: '[-hR] mode file ...',
  summary: 'change modes: 644, u+x,go-w',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'hR');
    const [mode, ...files] = operands;
    if (mode === undefined || files.length === 0) {
      throw new UsageError('a mode and a file are needed');
    }
    changedMode(mode, 0);
    return eachFile(self, files, options.has('R'), async (path) => {
      const stat = await self.sys.lstat(path);
      if (options.has('h')) {
        await self.sys.lchmod(path, changedMode(mode, stat.mode));
      } else if ((stat.mode & S_IFMT) !== S_IFLNK || !options.has('R')) {
        await self.sys.chmod(path, changedMode(mode, (await self.sys.stat(path)).mode));
      }
    });
  },
};

const LEAVE = -1;

/** "7", "7:8", ":8". @throws UsageError */
function ownerOf(text: string): { uid: number; gid: number } {
  const match = /^(\d*)(?::(\d*))?$/.exec(text);
  if (match === null || text === '' || text === ':') {
    throw new UsageError(`${text}: users and groups are numbers here`);
  }
  const id = (digits = ''): number => (digits === '' ? LEAVE : Number(digits));
  return { uid: id(match[1]), gid: id(match[2]) };
}

export const chown: Program = {
  name: 'chown',
  synopsis: '[-hR] user[:group] | :group file ...',
  summary: 'change owners and groups, by number',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'hR');
    const [owner, ...files] = operands;
    if (owner === undefined || files.length === 0) {
      throw new UsageError('an owner and a file are needed');
    }
    const { uid, gid } = ownerOf(owner);
    const call = options.has('h') || options.has('R') ? 'lchown' : 'chown';
    return eachFile(self, files, options.has('R'), (path) => self.sys[call](path, uid, gid));
  },
};

export const stat: Program = {
  name: 'stat',
  synopsis: '[-L] file ...',
  summary: 'all that is known of files; -L: of what links lead to',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'L');
    if (operands.length === 0) {
      throw new UsageError('of what?');
    }
    return forEachOperand(self, operands, async (path) => {
      const st = await (options.has('L') ? self.sys.stat(path) : self.sys.lstat(path));
      const link = (st.mode & S_IFMT) === S_IFLNK ? ` -> ${await linkText(self, path)}` : '';
      const time = ({ sec, nsec }: { sec: number; nsec: number }): string =>
        `${new Date(sec * 1000).toISOString().slice(0, 19)}.${String(nsec).padStart(9, '0')}`;
      await self.out(
        `  file: ${path}${link}\n  mode: ${strmode(st.mode)} (0${st.mode.toString(8)})\n` +
          `   ids: ${st.uid}:${st.gid}   links: ${st.nlink}   flags: 0x${st.flags.toString(16)}\n` +
          `  size: ${st.size}   blocks: ${st.blocks}   device: ${st.dev}   inode: ${st.ino}\n` +
          `access: ${time(st.atim)}\nmodify: ${time(st.mtim)}\n` +
          `change: ${time(st.ctim)}\n birth: ${time(st.birthtim)}\n`,
      );
    });
  },
};
