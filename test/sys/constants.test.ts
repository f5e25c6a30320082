import test from 'ava';
import * as c from '../../lib/sys/constants/index.ts';

test('values are NetBSD’s, also where Linux differs', (t) => {
  const known: readonly (readonly [number, number])[] = [
    [c.O_CREAT, 0x200],
    [c.O_NONBLOCK, 4],
    [c.O_CLOEXEC, 0x400000],
    [c.F_SETLK, 8],
    [c.AT_FDCWD, -100],
    [c.SIGCHLD, 20],
    [c.SIGUSR1, 30],
    [c.SIG_BLOCK, 1],
    [c.WUNTRACED, 2],
    [c.WEXITED, 0x20],
    [c.CLOCK_MONOTONIC, 3],
    [c.RLIMIT_NOFILE, 8],
    [c.RLIM_NLIMITS, 12],
    [c.RB_HALT, 8],
    [c.RB_POWERDOWN, 0x808],
    [c.EVFILT_TIMER, 6],
    [c.EV_EOF, 0x8000],
    [c.NOTE_EXIT, 0x80000000],
    [c.AF_INET6, 24],
    [c.SOL_SOCKET, 0xffff],
    [c.SO_RCVBUF, 0x1002],
    [c.CTL_HW, 6],
    [c.KERN_HOSTNAME, 10],
    [c.KERN_PROC2, 47],
    [c.HW_NCPU, 3],
    [c.CTL_QUERY, -2],
    [c.PROC_CURPROC, 0x7fffffff],
    [c.NGROUPS_MAX, 16],
    [c.PIPE_BUF, 512],
    [c.MAXLOGNAME, 16],
    [c.MAXHOSTNAMELEN, 256],
    [c.PID_MAX, 30000],
    [c.PCATCH, 0x100],
    [c.PZERO, 22],
    [c.MAXPRI_KERNEL_RT, 223],
    [c.LSSLEEP, 3],
    [c.LW_WEXIT, 0x100000],
    [c.S_IFMT, 0o170000],
    [c.DEFFILEMODE, 0o666],
    [c.MNT_VISFLAGMASK, 0xff90ffff],
    [c._PC_PIPE_BUF, 6],
  ];
  known.forEach(([value, expected], i) => {
    t.is(value, expected, `entry ${i}`);
  });
});

test('a version spells itself', (t) => {
  t.is(c.versionString(c.__NetBSD_Version__), '7.99.34');
  t.is(c.versionString(1_000_000_000), '10.0');
  t.is(c.versionString(901_000_000), '9.1');
});

test('every signal has a name, an action, and is found by its name', (t) => {
  t.is(c.SIGNALS.length, c.NSIG);
  for (let signo = 1; signo < c.NSIG; signo++) {
    const name = c.signame(signo) ?? '';
    t.is(c.signumber(name), signo, name);
    t.is(c.signumber(name.slice(3).toLowerCase()), signo, name);
  }
  t.is(c.signame(0), undefined);
  t.is(c.signame(c.NSIG), undefined);
  t.is(c.signumber('SIGNONE'), undefined);
  t.is(c.signumber('IOT'), c.SIGABRT);
});

test('a signal constant has the number of its name', (t) => {
  const named = Object.entries(c).filter(
    ([name]) => /^SIG[A-Z0-9]+$/.test(name) && c.signumber(name) !== undefined,
  );
  t.true(named.length >= 33);
  for (const [name, value] of named) {
    t.is(c.signumber(name), value as number, name);
  }
});

test('default actions follow signal(7)', (t) => {
  const by = (action: c.SignalAction): number[] =>
    c.SIGNALS.flatMap((info, signo) => (info?.action === action && signo < c.SIGRTMIN ? [signo] : []));
  t.deepEqual(by('core'), [3, 4, 5, 6, 7, 8, 10, 11, 12]);
  t.deepEqual(by('stop'), [c.SIGSTOP, c.SIGTSTP, c.SIGTTIN, c.SIGTTOU]);
  t.deepEqual(by('continue'), [c.SIGCONT]);
  t.deepEqual(by('ignore'), [c.SIGURG, c.SIGCHLD, c.SIGIO, c.SIGWINCH, c.SIGINFO, c.SIGPWR]);
  const cantmask = c.SIGNALS.flatMap((info, signo) => (info?.traits.includes('cantmask') ? [signo] : []));
  t.deepEqual(cantmask, [c.SIGKILL, c.SIGSTOP]);
});

test('a status word says one thing only', (t) => {
  const kinds = (status: number): string[] =>
    Object.entries({
      exited: c.WIFEXITED,
      signaled: c.WIFSIGNALED,
      stopped: c.WIFSTOPPED,
      continued: c.WIFCONTINUED,
    }).flatMap(([kind, is]) => (is(status) ? [kind] : []));
  for (const exitStatus of [0, 1, 127, 255]) {
    const status = c.W_EXITCODE(exitStatus, 0);
    t.deepEqual(kinds(status), ['exited']);
    t.is(c.WEXITSTATUS(status), exitStatus);
  }
  for (let signo = 1; signo < c.NSIG; signo++) {
    t.deepEqual(kinds(c.W_EXITCODE(0, signo)), ['signaled']);
    t.is(c.WTERMSIG(c.W_EXITCODE(0, signo | c.WCOREFLAG)), signo);
    t.true(c.WCOREDUMP(c.W_EXITCODE(0, signo | c.WCOREFLAG)));
    t.deepEqual(kinds(c.W_STOPCODE(signo)), ['stopped']);
    t.is(c.WSTOPSIG(c.W_STOPCODE(signo)), signo);
  }
  t.deepEqual(kinds(c.W_CONTCODE()), ['continued']);
});

test('file flags and their kernel form are each other’s inverse', (t) => {
  t.is(c.FFLAGS(c.O_RDONLY), c.FREAD);
  t.is(c.FFLAGS(c.O_WRONLY), c.FWRITE);
  t.is(c.FFLAGS(c.O_RDWR), c.FREAD | c.FWRITE);
  t.is(c.OFLAGS(c.FFLAGS(c.O_RDWR | c.O_APPEND)), c.O_RDWR | c.O_APPEND);
});

test('a mode has one file type', (t) => {
  const types = [c.S_ISDIR, c.S_ISCHR, c.S_ISBLK, c.S_ISREG, c.S_ISFIFO, c.S_ISLNK, c.S_ISSOCK, c.S_ISWHT];
  const modes = [c.S_IFDIR, c.S_IFCHR, c.S_IFBLK, c.S_IFREG, c.S_IFIFO, c.S_IFLNK, c.S_IFSOCK, c.S_IFWHT];
  modes.forEach((mode, i) => {
    t.deepEqual(
      types.map((is) => is(mode | c.ALLPERMS)),
      modes.map((_, j) => i === j),
    );
  });
});

test('every limit has a name', (t) => {
  t.is(c.RLIMIT_NAMES.length, c.RLIM_NLIMITS);
  t.is(c.RLIMIT_NAMES[c.RLIMIT_NOFILE], 'descriptors');
});
