/**
 * Signals: numbers, names, what they do by default, and the flags of their system calls.
 *
 * NetBSD: sys/sys/signal.h, sys/sys/signalvar.h, sys/sys/siginfo.h, signal(7), sigaction(2).
 */

/** One more than the greatest signal. */
export const NSIG = 64;

export const SIGHUP = 1;
export const SIGINT = 2;
export const SIGQUIT = 3;
export const SIGILL = 4;
export const SIGTRAP = 5;
export const SIGABRT = 6;
export const SIGEMT = 7;
export const SIGFPE = 8;
export const SIGKILL = 9;
export const SIGBUS = 10;
export const SIGSEGV = 11;
export const SIGSYS = 12;
export const SIGPIPE = 13;
export const SIGALRM = 14;
export const SIGTERM = 15;
export const SIGURG = 16;
export const SIGSTOP = 17;
export const SIGTSTP = 18;
export const SIGCONT = 19;
export const SIGCHLD = 20;
export const SIGTTIN = 21;
export const SIGTTOU = 22;
export const SIGIO = 23;
export const SIGXCPU = 24;
export const SIGXFSZ = 25;
export const SIGVTALRM = 26;
export const SIGPROF = 27;
export const SIGWINCH = 28;
export const SIGINFO = 29;
export const SIGUSR1 = 30;
export const SIGUSR2 = 31;
export const SIGPWR = 32;
export const SIGIOT = SIGABRT;
/** The real-time signals, both included. */
export const SIGRTMIN = 33;
export const SIGRTMAX = 63;

// sigaction(2): dispositions and flags.
export const SIG_DFL = 0;
export const SIG_IGN = 1;
export const SIG_HOLD = 3;
export const SIG_ERR = -1;
export const SA_ONSTACK = 0x0001;
export const SA_RESTART = 0x0002;
export const SA_RESETHAND = 0x0004;
export const SA_NOCLDSTOP = 0x0008;
export const SA_NODEFER = 0x0010;
export const SA_NOCLDWAIT = 0x0020;
export const SA_SIGINFO = 0x0040;
export const SA_NOKERNINFO = 0x0080;
export const SA_ALLBITS = 0x00ff;

// sigprocmask(2).
export const SIG_BLOCK = 1;
export const SIG_UNBLOCK = 2;
export const SIG_SETMASK = 3;

// sigaltstack(2).
export const SS_ONSTACK = 0x0001;
export const SS_DISABLE = 0x0004;
export const SS_ALLBITS = 0x0005;
export const MINSIGSTKSZ = 8192;
export const SIGSTKSZ = MINSIGSTKSZ + 32768;

// How an event is told.
export const SIGEV_NONE = 0;
export const SIGEV_SIGNAL = 1;
export const SIGEV_THREAD = 2;
export const SIGEV_SA = 3;

// siginfo codes of SIGILL.
export const ILL_ILLOPC = 1;
export const ILL_ILLOPN = 2;
export const ILL_ILLADR = 3;
export const ILL_ILLTRP = 4;
export const ILL_PRVOPC = 5;
export const ILL_PRVREG = 6;
export const ILL_COPROC = 7;
export const ILL_BADSTK = 8;

// Of SIGFPE.
export const FPE_INTDIV = 1;
export const FPE_INTOVF = 2;
export const FPE_FLTDIV = 3;
export const FPE_FLTOVF = 4;
export const FPE_FLTUND = 5;
export const FPE_FLTRES = 6;
export const FPE_FLTINV = 7;
export const FPE_FLTSUB = 8;

// Of SIGSEGV.
export const SEGV_MAPERR = 1;
export const SEGV_ACCERR = 2;

// Of SIGBUS.
export const BUS_ADRALN = 1;
export const BUS_ADRERR = 2;
export const BUS_OBJERR = 3;

// Of SIGTRAP.
export const TRAP_BRKPT = 1;
export const TRAP_TRACE = 2;

// Of SIGCHLD.
export const CLD_EXITED = 1;
export const CLD_KILLED = 2;
export const CLD_DUMPED = 3;
export const CLD_TRAPPED = 4;
export const CLD_STOPPED = 5;
export const CLD_CONTINUED = 6;

// Of SIGIO.
export const POLL_IN = 1;
export const POLL_OUT = 2;
export const POLL_MSG = 3;
export const POLL_ERR = 4;
export const POLL_PRI = 5;
export const POLL_HUP = 6;

// Who sent it, for any signal.
export const SI_USER = 0;
export const SI_QUEUE = -1;
export const SI_TIMER = -2;
export const SI_ASYNCIO = -3;
export const SI_MESGQ = -4;
export const SI_LWP = -5;
export const SI_NOINFO = 32767;

/**
 * What a signal does when nobody catches it. `core`: terminates too, after a core dump where there can be
 * one.
 */
export type SignalAction = 'terminate' | 'core' | 'stop' | 'continue' | 'ignore';

export interface SignalInfo {
  /** Without the prefix, as kill(1) takes it: `HUP`. */
  readonly name: string;
  readonly action: SignalAction;
  /**
   * `cantmask`: cannot be blocked, caught or ignored; `noreset`: SA_RESETHAND does not reset it; `tolwp`:
   * goes to the lwp that caused it; `toall`: every lwp sees it; `tty`: a stop sent by the terminal.
   */
  readonly traits: readonly ('cantmask' | 'noreset' | 'tolwp' | 'toall' | 'tty')[];
}

function signal(name: string, action: SignalAction, ...traits: SignalInfo['traits']): SignalInfo {
  return Object.freeze({ name, action, traits: Object.freeze(traits) });
}

const realTime: readonly SignalInfo[] = Array.from({ length: SIGRTMAX - SIGRTMIN + 1 }, (_, i) =>
  signal(i === 0 ? 'RTMIN' : i === SIGRTMAX - SIGRTMIN ? 'RTMAX' : `RTMIN+${i}`, 'terminate'),
);

/** By number; 0 is no signal. */
export const SIGNALS: readonly (SignalInfo | undefined)[] = Object.freeze([
  undefined,
  signal('HUP', 'terminate'),
  signal('INT', 'terminate'),
  signal('QUIT', 'core'),
  signal('ILL', 'core', 'noreset', 'tolwp'),
  signal('TRAP', 'core', 'noreset', 'tolwp'),
  signal('ABRT', 'core'),
  signal('EMT', 'core', 'tolwp'),
  signal('FPE', 'core', 'tolwp'),
  signal('KILL', 'terminate', 'cantmask', 'toall'),
  signal('BUS', 'core', 'tolwp'),
  signal('SEGV', 'core', 'tolwp'),
  signal('SYS', 'core', 'tolwp'),
  signal('PIPE', 'terminate'),
  signal('ALRM', 'terminate'),
  signal('TERM', 'terminate'),
  signal('URG', 'ignore'),
  signal('STOP', 'stop', 'cantmask', 'toall'),
  signal('TSTP', 'stop', 'tty', 'toall'),
  signal('CONT', 'continue', 'toall'),
  signal('CHLD', 'ignore'),
  signal('TTIN', 'stop', 'tty', 'toall'),
  signal('TTOU', 'stop', 'tty', 'toall'),
  signal('IO', 'ignore'),
  signal('XCPU', 'terminate'),
  signal('XFSZ', 'terminate'),
  signal('VTALRM', 'terminate'),
  signal('PROF', 'terminate'),
  signal('WINCH', 'ignore'),
  signal('INFO', 'ignore'),
  signal('USR1', 'terminate'),
  signal('USR2', 'terminate'),
  signal('PWR', 'ignore', 'noreset'),
  ...realTime,
]);

const numbers: ReadonlyMap<string, number> = new Map(
  SIGNALS.flatMap((info, signo) => (info === undefined ? [] : [[info.name, signo] as const])),
);

/** `SIGHUP` for 1. Undefined for what is no signal. */
export function signame(signo: number): string | undefined {
  const info = SIGNALS[signo];
  return info === undefined ? undefined : `SIG${info.name}`;
}

/**
 * The number of a name, with or without `SIG`, in any case, as kill(1) takes it. Undefined when there is
 * none.
 */
export function signumber(name: string): number | undefined {
  const short = name.toUpperCase().replace(/^SIG/, '');
  return short === 'IOT' ? SIGABRT : numbers.get(short);
}
