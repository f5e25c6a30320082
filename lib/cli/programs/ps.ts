/** NetBSD: ps(1), sysctl(7) kern.proc2. */
import { constants, KINFO_PROC2, type KinfoProc, kinfoDecode } from '../../api/index.ts';
import { getopt, UsageError } from '../getopt.ts';
import { userName } from '../names.ts';
import type { Program, Self } from '../program.ts';
import { sysctlBytes } from '../sysctl.ts';
import { type Column as TableColumn, table } from '../table.ts';

const { CTL_KERN, KERN_PROC2, KERN_PROC_ALL, KERN_PROC_PID, KERN_PROC_UID } = constants;
const { LSIDL, LSONPROC, LSRUN, LSSLEEP, SDYING, SSTOP, SZOMB } = constants;
const { EPROC_SLEADER, L_SINTR, L_SYSTEM, NZERO, P_WEXIT } = constants;

type Column = TableColumn<KinfoProc>;

const PID: Column = { title: 'PID', align: 'right', value: (p) => String(p.pid) };
const PPID: Column = { title: 'PPID', align: 'right', value: (p) => String(p.ppid) };
const PGID: Column = { title: 'PGID', align: 'right', value: (p) => String(p.pgid) };
const SID: Column = { title: 'SID', align: 'right', value: (p) => String(p.sid) };
const UID: Column = { title: 'UID', align: 'right', value: (p) => String(p.uid) };
const USER: Column = { title: 'USER', align: 'left', value: (p) => userName(p.uid) ?? String(p.uid) };
const PRI: Column = { title: 'PRI', align: 'right', value: (p) => String(p.priority) };
const NI: Column = { title: 'NI', align: 'right', value: (p) => String(p.nice - NZERO) };
const NLWP: Column = { title: 'NLWP', align: 'right', value: (p) => String(p.nlwps) };
const STAT: Column = { title: 'STAT', align: 'left', value: stateOf };
const WCHAN: Column = { title: 'WCHAN', align: 'left', value: (p) => p.wmesg || '-' };
const TIME: Column = { title: 'TIME', align: 'right', value: timeOf };
const COMMAND: Column = { title: 'COMMAND', align: 'left', value: commandOf };

const SHORT: readonly Column[] = [PID, PPID, PGID, UID, STAT, WCHAN, TIME, COMMAND];
const LONG: readonly Column[] = [UID, PID, PPID, PGID, SID, PRI, NI, NLWP, STAT, WCHAN, TIME, COMMAND];
const USERS: readonly Column[] = [USER, PID, PPID, PGID, STAT, WCHAN, TIME, COMMAND];

/** The letters of NetBSD's ps: state, then what is special. */
function stateOf(p: KinfoProc): string {
  let state = letterOf(p);
  if (p.nice !== NZERO) {
    state += p.nice < NZERO ? '<' : 'N';
  }
  if ((p.flag & P_WEXIT) !== 0 && p.realstat !== SZOMB) {
    state += 'E';
  }
  if (isSystem(p)) {
    state += 'K';
  }
  if ((p.eflag & EPROC_SLEADER) !== 0) {
    state += 's';
  }
  return p.nlwps > 1 ? `${state}l` : state;
}

function letterOf(p: KinfoProc): string {
  switch (p.realstat) {
    case SZOMB:
      return 'Z';
    case SSTOP:
      return 'T';
    case SDYING:
      return 'D';
    default:
  }
  switch (p.stat) {
    case LSONPROC:
      return 'O';
    case LSRUN:
      return 'R';
    case LSIDL:
      return 'N';
    case LSSLEEP:
      return (p.flag & L_SINTR) === 0 ? 'D' : 'S';
    default:
      return '?';
  }
}

function isSystem(p: KinfoProc): boolean {
  return (p.flag & L_SYSTEM) !== 0;
}

/** Minutes, seconds and hundredths of kernel work. */
function timeOf(p: KinfoProc): string {
  const hundredths = Math.floor(p.rtime.sec * 100 + p.rtime.usec / 10_000);
  const minutes = Math.floor(hundredths / 6000);
  const seconds = ((hundredths % 6000) / 100).toFixed(2).padStart(5, '0');
  return `${minutes}:${seconds}`;
}

function commandOf(p: KinfoProc): string {
  if (p.realstat === SZOMB) {
    return `(${p.comm})`;
  }
  return isSystem(p) ? `[${p.comm}]` : p.comm;
}

/** The processes that `op` and `arg` of kern.proc2 select. @throws SysError */
async function processes(self: Self, op: number, arg: number): Promise<KinfoProc[]> {
  const { size } = KINFO_PROC2;
  // The count is an upper bound; the size of the buffer is what counts.
  const bytes = await sysctlBytes(self, [CTL_KERN, KERN_PROC2, op, arg, size, 0x7fffffff]);
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, i) =>
    kinfoDecode(bytes.subarray(i * size, (i + 1) * size)),
  );
}

/** @throws UsageError */
function number(text: string, what: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new UsageError(`${text}: not a ${what} number`);
  }
  return Number(text);
}

export const ps: Program = {
  name: 'ps',
  synopsis: '[-Aaelux] [-p pid] [-U uid]',
  summary: 'processes: of this user, -a of all users',
  runs: 'child',
  async main(self, args) {
    // As everywhere, the dash of the first options may be left out.
    const dashed = /^[a-zA-Z]+$/.test(args[0] ?? '') ? [`-${args[0]}`, ...args.slice(1)] : args;
    const { options, operands } = getopt(dashed, 'Aaeluxp:U:');
    if (operands.length > 0) {
      throw new UsageError(`unexpected argument ${operands[0]}`);
    }
    const [pid, uid] = [options.get('p'), options.get('U')];
    let found: KinfoProc[];
    if (pid !== undefined) {
      found = await processes(self, KERN_PROC_PID, number(pid, 'process'));
    } else if (['A', 'a', 'e'].some((letter) => options.has(letter))) {
      found = await processes(self, KERN_PROC_ALL, 0);
    } else {
      const mine = uid === undefined ? await self.sys.geteuid() : number(uid, 'user');
      found = await processes(self, KERN_PROC_UID, mine);
    }
    const columns = options.has('l') ? LONG : options.has('u') ? USERS : SHORT;
    await self.out(
      table(
        columns,
        found.sort((a, b) => a.pid - b.pid),
      ),
    );
    return found.length > 0 ? 0 : 1;
  },
};
