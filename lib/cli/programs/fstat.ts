/** NetBSD: fstat(1), sysctl(7) kern.file2; sys/sys/file.h (DTYPE_*), sys/sys/vnode_if.h. */
import {
  constants,
  KINFO_FILE,
  KINFO_PROC2,
  type KinfoFile,
  type KinfoProc,
  kinfoDecode,
} from '../../api/index.ts';
import { getopt, UsageError } from '../getopt.ts';
import { userName } from '../names.ts';
import type { Program, Self } from '../program.ts';
import { sysctlBytes } from '../sysctl.ts';
import { type Column, table } from '../table.ts';

const { CTL_KERN, KERN_FILE_BYPID, KERN_FILE2, KERN_PROC2, KERN_PROC_ALL } = constants;
const { FREAD, FWRITE, O_APPEND, O_NONBLOCK, O_SYNC } = constants;

const EVERYBODY = -1;
const MANY = 0x7fffffff;

/** By DTYPE_*. */
const KINDS: readonly (string | undefined)[] = [undefined, 'vnode', 'socket', 'pipe', 'kqueue', 'misc'];
/** By the type of the vnode. */
const VNODES: readonly (string | undefined)[] = [
  ...[undefined, 'file', 'directory', 'block', 'character', 'link', 'socket', 'fifo', 'revoked'],
];

/** A letter for each flag, in this order. */
const FLAGS: readonly (readonly [flag: number, letter: string])[] = [
  [FREAD, 'r'],
  [FWRITE, 'w'],
  [O_APPEND, 'a'],
  [O_NONBLOCK, 'n'],
  [O_SYNC, 's'],
];

type Row = KinfoFile & { readonly owner: KinfoProc };

const COLUMNS: readonly Column<Row>[] = [
  { title: 'USER', align: 'left', value: ({ owner }) => userName(owner.uid) ?? String(owner.uid) },
  { title: 'CMD', align: 'left', value: ({ owner }) => owner.comm },
  { title: 'PID', align: 'right', value: ({ pid }) => String(pid) },
  { title: 'FD', align: 'right', value: ({ fd }) => String(fd) },
  { title: 'KIND', align: 'left', value: (file) => VNODES[file.vtype] ?? KINDS[file.ftype] ?? '?' },
  { title: 'OFFSET', align: 'right', value: ({ foffset }) => String(foffset) },
  { title: 'REFS', align: 'right', value: ({ count }) => String(count) },
  { title: 'FLAGS', align: 'left', value: flagsOf },
];

/** `e`: closed at exec. */
function flagsOf({ flag, ofileflags }: Row): string {
  const letters = FLAGS.filter(([bit]) => (flag & bit) !== 0).map(([, letter]) => letter);
  return [...letters, ...(ofileflags === 0 ? [] : ['e'])].join('');
}

/** The processes there are, by number. @throws SysError */
async function owners(self: Self): Promise<Map<number, KinfoProc>> {
  const { size } = KINFO_PROC2;
  const bytes = await sysctlBytes(self, [CTL_KERN, KERN_PROC2, KERN_PROC_ALL, 0, size, MANY]);
  const procs = Array.from({ length: bytes.length / size }, (_, i) => kinfoDecode(bytes.subarray(i * size)));
  return new Map(procs.map((p) => [p.pid, p]));
}

/** What is open, by process and number. @throws SysError */
async function openFiles(self: Self, pid: number): Promise<Row[]> {
  const { size } = KINFO_FILE;
  const bytes = await sysctlBytes(self, [CTL_KERN, KERN_FILE2, KERN_FILE_BYPID, pid, size, MANY]);
  const by = await owners(self);
  return Array.from({ length: bytes.length / size }, (_, i) => KINFO_FILE.decode(bytes.subarray(i * size)))
    .flatMap((file) => {
      // One that came or went between the two questions is none's.
      const owner = by.get(file.pid);
      return owner === undefined ? [] : [{ ...file, owner }];
    })
    .sort((a, b) => a.pid - b.pid || a.fd - b.fd);
}

/** @throws UsageError */
function number(text: string, what: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new UsageError(`${text}: not a ${what} number`);
  }
  return Number(text);
}

export const fstat: Program = {
  name: 'fstat',
  synopsis: '[-p pid] [-u uid]',
  summary: 'who has which files open (flags: read, write, append, nonblocking, sync, closed at exec)',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'p:u:');
    if (operands.length > 0) {
      throw new UsageError(`unexpected argument ${operands[0]}`);
    }
    const [pid, uid] = [options.get('p'), options.get('u')];
    const user = uid === undefined ? undefined : number(uid, 'user');
    const files = await openFiles(self, pid === undefined ? EVERYBODY : number(pid, 'process'));
    const found = files.filter(({ owner }) => user === undefined || owner.uid === user);
    await self.out(table(COLUMNS, found));
    return found.length > 0 ? 0 : 1;
  },
};
