import test from 'ava';
import { SYSCALLS } from '../../lib/sys/syscalls.master.ts';
import {
  isCallable,
  SYS_NSYSENT,
  syscallByCall,
  syscallByName,
  syscallByNumber,
} from '../../lib/sys/syscalls.ts';
import type { Arg, SysentRow } from '../../lib/sys/sysent.ts';

const rows: readonly SysentRow[] = SYSCALLS;

/**
 * Numbers as NetBSD's programs use them, written down from another source than the table: SYS_* of
 * <sys/syscall.h>.
 */
const KNOWN: Readonly<Record<string, number>> = {
  exit: 1,
  fork: 2,
  read: 3,
  write: 4,
  open: 5,
  close: 6,
  getpid: 20,
  setuid: 23,
  getuid: 24,
  recvmsg: 27,
  access: 33,
  kill: 37,
  getppid: 39,
  dup: 41,
  pipe: 42,
  ioctl: 54,
  execve: 59,
  umask: 60,
  __vfork14: 282,
  getgroups: 79,
  dup2: 90,
  fcntl: 92,
  fsync: 95,
  setpriority: 96,
  getpriority: 100,
  readv: 120,
  rename: 128,
  mkdir: 136,
  setsid: 147,
  pread: 173,
  ntp_adjtime: 176,
  setgid: 181,
  pathconf: 191,
  getrlimit: 194,
  mmap: 197,
  __syscall: 198,
  lseek: 199,
  __sysctl: 202,
  reboot: 208,
  poll: 209,
  semop: 222,
  timer_create: 235,
  modctl: 246,
  __sigaltstack14: 281,
  __sigprocmask14: 293,
  __getcwd: 296,
  issetugid: 305,
  _lwp_self: 311,
  kqueue: 344,
  sched_yield: 350,
  statvfs1: 357,
  __getdents30: 390,
  __socket30: 394,
  __mount50: 410,
  __select50: 417,
  __gettimeofday50: 418,
  __clock_gettime50: 427,
  __nanosleep50: 430,
  __kevent50: 435,
  __stat50: 439,
  __getrusage50: 445,
  __wait450: 449,
  __mknod50: 450,
  pipe2: 453,
  paccept: 456,
  openat: 468,
  clock_nanosleep: 477,
  ___lwp_park60: 478,
  fdiscard: 480,
  wait6: 481,
  clock_getcpuclockid2: 482,
};

/** Eight-byte argument slots that foreign clients were seen to send. */
const SLOTS: Readonly<Record<string, number>> = {
  getpid: 0,
  read: 3,
  write: 3,
  open: 3,
  lseek: 4,
  pread: 5,
  pwrite: 5,
  ftruncate: 3,
  __sysctl: 6,
};

const REFERENCE = /^(len|lenp|socklenp|salen|max|maxbytes|by) (.+)$/;

/** The arguments of a row that measure argument `name`. */
const measures = (row: SysentRow, name: string): Arg[] =>
  row.args.filter(([, type]) => new RegExp(`^(len|lenp|socklenp|max|maxbytes) ${name}$`).test(type));

test('numbers are the indexes of the table, without a gap', (t) => {
  t.deepEqual(
    rows.map((row) => row.number),
    rows.map((_, i) => i),
  );
  t.is(rows.length, SYS_NSYSENT);
  t.true(rows.length > 482);
});

test('names are unique, and so are the calls that can be made', (t) => {
  t.is(new Set(rows.map((row) => row.name)).size, rows.length);
  const calls = rows.filter(isCallable).map((row) => row.call);
  t.is(new Set(calls).size, calls.length);
});

test('known names have their numbers', (t) => {
  for (const [name, number] of Object.entries(KNOWN)) {
    t.is(syscallByName(name)?.number, number, name);
  }
});

test('rows are found by number, name and call', (t) => {
  t.is(syscallByNumber(449)?.call, 'wait4');
  t.is(syscallByNumber(SYS_NSYSENT), undefined);
  t.is(syscallByNumber(-1), undefined);
  t.is(syscallByName('wait4'), undefined);
  t.is(syscallByCall('wait4').number, 449);
  t.is(syscallByCall('vfork').number, 282);
  t.is(syscallByCall('getlogin').number, 49);
  t.is(syscallByCall('sigtimedwait').number, 431);
  t.is(syscallByCall('creat'), undefined);
  t.is(syscallByCall('obs_vread'), undefined);
});

test('a superseded row names the call that supersedes it', (t) => {
  for (const row of rows.filter((r) => r.support === 'compat')) {
    const now = syscallByCall(row.call);
    const note = row.note ?? '';
    t.is(note.includes('; now '), now !== undefined, row.name);
    t.true(now === undefined || note.endsWith(`; now ${now.name} (${now.number})`), `${row.name}: ${note}`);
  }
});

test('foreign callers’ argument slots have the count that was seen on the wire', (t) => {
  for (const [name, slots] of Object.entries(SLOTS)) {
    t.is(syscallByName(name)?.args.length, slots, name);
  }
});

test('no row takes more than eight registers', (t) => {
  t.deepEqual(
    rows.filter((row) => row.args.length > 8).map((row) => row.name),
    [],
  );
});

test('arguments of a row have different names', (t) => {
  for (const row of rows) {
    t.is(new Set(row.args.map(([name]) => name)).size, row.args.length, row.name);
  }
});

test('a measure names another argument that has one', (t) => {
  const MEASURED: Readonly<Record<string, RegExp>> = {
    len: /^(buf[<>]\??|iov[<>]|string>|by .*|(in|inout)\[\]\?? .*|ptr\[\] .*|(in|out) (msgbuf|cpuset_t))$/,
    lenp: /^buf>\??$/,
    socklenp: /^buf>\?$/,
    salen: /^(in|in\?|out|out\?) sockaddr$/,
    max: /^(out\[\] .*|out msgbuf)$/,
    maxbytes: /^out\[\] .*$/,
    by: /^(int|unsigned long|string)$/,
  };
  for (const row of rows) {
    for (const [name, type] of row.args) {
      const [, kind, target] = REFERENCE.exec(type) ?? [];
      if (kind === undefined) {
        continue;
      }
      const found = row.args.find(([other]) => other === target);
      t.not(target, name, `${row.name}.${name}`);
      t.regex(found?.[1] ?? 'nothing', MEASURED[kind] as RegExp, `${row.name}.${name}: ${type}`);
    }
  }
});

test('what has a length has exactly one measure', (t) => {
  for (const row of rows) {
    for (const [name, type] of row.args) {
      if (/^(buf[<>]\??|iov[<>]|string>|(in|inout|out|ptr)\[\]\??( .*)?)$/.test(type)) {
        t.is(measures(row, name).length, 1, `${row.name}.${name}: ${type}`);
      }
    }
  }
});

test('padding stands before a 64-bit argument', (t) => {
  for (const row of rows) {
    row.args.forEach(([, type], i) => {
      if (type === 'pad') {
        t.regex(row.args[i + 1]?.[1] ?? 'nothing', /^(off_t|dev_t|long)$/, row.name);
      }
    });
  }
});

test('an array that is the result is counted', (t) => {
  for (const row of rows) {
    const arrays = row.args.filter(([, type]) => type.startsWith('out[]'));
    t.true(arrays.length <= 1, row.name);
    t.true(arrays.length === 0 || row.result === 'count' || row.result === 'void', row.name);
  }
});

test('support levels are justified', (t) => {
  for (const row of rows) {
    const needsNote = ['partial', 'no', 'compat', 'obsolete'].includes(row.support);
    t.true(!needsNote || (row.note ?? '').length > 0, row.name);
    t.is(row.support === 'obsolete', /^(obs|unimpl)_/.test(row.name), row.name);
    t.true(row.support !== 'obsolete' || row.args.length === 0, row.name);
    t.true(row.component !== 'compat' || ['compat', 'obsolete'].includes(row.support), row.name);
  }
});

test('the second register is described where NetBSD uses it', (t) => {
  const second = rows.filter((row) => row.second !== undefined).map((row) => [row.call, row.second]);
  t.deepEqual(second, [
    ['fork', 'child'],
    ['getpid', 'ppid'],
    ['getuid', 'euid'],
    ['getgid', 'egid'],
    ['vfork', 'child'],
    ['vfork', 'child'],
  ]);
});

test('what waits may sleep, what only looks may not', (t) => {
  const sleeps = (call: string): boolean | undefined => syscallByCall(call)?.sleeps;
  for (const call of [
    'exit',
    'wait4',
    'wait6',
    'nanosleep',
    'clock_nanosleep',
    'read',
    'write',
    'poll',
    'kevent',
  ]) {
    t.true(sleeps(call), call);
  }
  for (const call of ['getpid', 'getuid', 'kill', 'fork', 'dup', 'gettimeofday', 'setrlimit', 'getgroups']) {
    t.false(sleeps(call), call);
  }
});
