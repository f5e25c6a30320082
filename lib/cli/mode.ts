/**
 * Modes as people write and read them: 755, u+x,go-w and drwxr-xr-x.
 *
 * NetBSD: setmode(3), strmode(3).
 */
import { constants } from '../api/index.ts';
import { UsageError } from './getopt.ts';

const { S_IFMT, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFSOCK, S_ISGID, S_ISTXT, S_ISUID } =
  constants;

const TYPES: ReadonlyMap<number, string> = new Map([
  [S_IFDIR, 'd'],
  [S_IFCHR, 'c'],
  [S_IFBLK, 'b'],
  [S_IFLNK, 'l'],
  [S_IFIFO, 'p'],
  [S_IFSOCK, 's'],
]);

/** Ten letters. NetBSD: strmode(3) */
export function strmode(mode: number): string {
  const letters = [...'rwxrwxrwx'].map((letter, i) => ((mode & (0o400 >> i)) === 0 ? '-' : letter));
  const special = (at: number, bit: number, set: string): void => {
    if ((mode & bit) !== 0) {
      letters[at] = letters[at] === 'x' ? set : set.toUpperCase();
    }
  };
  special(2, S_ISUID, 's');
  special(5, S_ISGID, 's');
  special(8, S_ISTXT, 't');
  return (TYPES.get(mode & S_IFMT) ?? '-') + letters.join('');
}

const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007, a: 0o7777 };
const WHAT: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, s: 0o6000, t: 0o1000 };

/** What `text` makes of a mode. @throws UsageError */
export function changedMode(text: string, mode: number): number {
  if (/^[0-7]{1,4}$/.test(text)) {
    return Number.parseInt(text, 8);
  }
  return text.split(',').reduce((bits, clause) => changeBy(clause, bits, mode), mode & 0o7777);
}

function changeBy(clause: string, bits: number, mode: number): number {
  const match = /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(clause);
  if (match === null) {
    throw new UsageError(`${clause}: not a mode`);
  }
  const [, who = '', operation, what = ''] = match;
  const mask = [...(who === '' ? 'a' : who)].reduce((sum, letter) => sum | (WHO[letter] as number), 0);
  const searchable = (mode & S_IFMT) === S_IFDIR || (mode & 0o111) !== 0;
  const wanted = [...what].reduce(
    (sum, letter) => sum | (letter === 'X' ? (searchable ? 0o111 : 0) : (WHAT[letter] as number)),
    0,
  );
  switch (operation) {
    case '+':
      return bits | (wanted & mask);
    case '-':
      return bits & ~(wanted & mask);
    default:
      return (bits & ~mask) | (wanted & mask);
  }
}
