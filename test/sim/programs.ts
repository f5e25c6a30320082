/** What processes do: programs that make system calls, one after the other, as the seed has it. */
import type { Lwp } from '../../lib/kern/lwp.ts';
import { lwpCreate } from '../../lib/kern/lwpcreate.ts';
import { KernelDead } from '../../lib/kern/panic.ts';
import type { Proc } from '../../lib/kern/proc.ts';
import { syscallAsync, syscallSync } from '../../lib/kern/syscall.ts';
import { LW_WEXIT } from '../../lib/sys/constants/lwp.ts';
import { SSTOP } from '../../lib/sys/constants/proc.ts';
import { RLIMIT_NOFILE } from '../../lib/sys/constants/resource.ts';
import {
  SA_RESTART,
  SIG_BLOCK,
  SIG_DFL,
  SIG_IGN,
  SIG_SETMASK,
  SIG_UNBLOCK,
  SIGALRM,
  SIGCHLD,
  SIGCONT,
  SIGHUP,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  SIGTSTP,
  SIGUSR1,
  SIGUSR2,
} from '../../lib/sys/constants/signal.ts';
import { ITIMER_REAL } from '../../lib/sys/constants/time.ts';
import { WCONTINUED, WNOHANG, WUNTRACED } from '../../lib/sys/constants/wait.ts';
import { EBUSY, ENOMEM, Errno, ESRCH } from '../../lib/sys/errno.ts';
import { SIGSET_EMPTY, sigset } from '../../lib/sys/sigset.ts';
import type { CallName } from '../../lib/sys/syscalls.ts';
import { rowOf } from '../kern/support.ts';
import { CONTENTIONS } from './contend.ts';
import type { World } from './world.ts';

/** Most processes alive at once, zombies included. */
const PROCS_MAX = 12;
/** An unimplemented call that may sleep: the run puts `contend` there. */
export const CONTEND_CALL: CallName = 'nfssvc';

export type Request = readonly [call: CallName, ...args: unknown[]];

const SIGNALS = [
  0,
  SIGHUP,
  SIGKILL,
  SIGTERM,
  SIGUSR1,
  SIGUSR1,
  SIGUSR2,
  SIGCHLD,
  SIGSTOP,
  SIGSTOP,
  SIGTSTP,
  SIGCONT,
  SIGCONT,
];

/** Somebody to signal: never process 0, init or the process that leads the run, which is 2. */
function target(w: World): number {
  const pids = [...w.k.procs.values()].map((p) => p.pid).filter((pid) => pid > 2);
  if (pids.length === 0) {
    return 12_345;
  }
  const pid = w.oneOf(pids);
  const group = w.k.procs.get(pid)?.pgrp.id ?? 0;
  return w.random.below(6) === 0 && group > 2 ? -group : pid;
}

/** Signals that programs catch, block and wait for. */
const CAUGHT = [SIGUSR1, SIGUSR1, SIGUSR2, SIGCHLD, SIGALRM, SIGTERM, SIGHUP, SIGCONT, SIGTSTP];

/**
 * What a program does on a signal: nothing much, or a call of its own. It runs as whichever lwp took the
 * signal.
 */
function handled(w: World, l: Lwp): () => void {
  const call = w.oneOf<Request | null>([
    null,
    ['getpid'],
    ['sched_yield'],
    ['nanosleep', { sec: 0, nsec: 500 }, null],
    ['kill', l.proc.pid, SIGUSR2],
    ['exit', 9],
  ]);
  let left = 1;
  return () => {
    w.say(`${l.proc.pid} handles a signal`);
    w.expect(w.k.curlwp === null, 'a handler runs inside the kernel');
    // Once: a handler that sends the signal it handles would go on for ever.
    if (call === null || --left < 0) {
      return;
    }
    if (call[0] === 'exit') {
      w.model.exiting(l.proc, 9);
    } else if (call[0] === 'kill') {
      w.model.signalled([l.proc], SIGUSR2);
    }
    try {
      syscallSync(l, rowOf(call[0]), ...call.slice(1));
    } catch (error) {
      // That lwp may be inside another call, or gone.
      w.expect(
        error instanceof Errno || error instanceof KernelDead,
        `${call[0]} of a handler: ${String(error)}`,
      );
    }
  };
}

function action(handler: (() => void) | number): object {
  return { handler, mask: SIGSET_EMPTY, flags: SA_RESTART };
}

/** The next call of a program of `l`. */
function nextRequest(w: World, l: Lwp): Request {
  const { random } = w;
  switch (random.below(22)) {
    case 0:
    case 1:
      return w.k.procs.size < PROCS_MAX ? ['fork'] : ['getppid'];
    case 2:
    case 3:
      return ['wait4', -1, w.oneOf([0, WNOHANG, WUNTRACED, WUNTRACED | WCONTINUED | WNOHANG])];
    case 4:
    case 5:
      return ['kill', target(w), w.oneOf(SIGNALS)];
    case 6:
    case 7:
      return ['nanosleep', { sec: 0, nsec: random.below(5000) }, null];
    case 8:
      return ['setpgid', w.oneOf([0, Math.abs(target(w))]), w.oneOf([0, Math.abs(target(w))])];
    case 9:
      return ['setsid'];
    case 10:
      return ['sched_yield'];
    case 11:
      return w.oneOf<Request>([['dup', 0], ['close', random.below(8)], ['getpid']]);
    case 12:
      return w.oneOf<Request>([
        ['setrlimit', RLIMIT_NOFILE, { cur: 8, max: 16 }],
        ['seteuid', random.below(3)],
        ['setgid', random.below(3)],
        ['setuid', random.below(3)],
      ]);
    case 13:
      return random.below(3) === 0 ? ['_lwp_exit'] : ['exit', random.below(256)];
    case 14:
    case 15:
      return [
        'sigaction',
        w.oneOf(CAUGHT),
        w.oneOf([handled(w, l), handled(w, l), SIG_DFL, SIG_IGN].map(action)),
      ];
    case 16:
      return [
        'sigprocmask',
        w.oneOf([SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK]),
        sigset(w.oneOf(CAUGHT), w.oneOf(CAUGHT)),
      ];
    case 17:
      return w.oneOf<Request>([
        ['sigsuspend', sigset(w.oneOf(CAUGHT))],
        ['sigtimedwait', sigset(w.oneOf(CAUGHT)), { sec: 0, nsec: random.below(5000) }],
        ['sigpending'],
        ['_lwp_kill', 1 + random.below(4), w.oneOf(CAUGHT)],
        [
          'setitimer',
          ITIMER_REAL,
          { interval: { sec: 0, usec: 0 }, value: { sec: 0, usec: random.below(6) } },
        ],
      ]);
    default:
      return [CONTEND_CALL, random.below(CONTENTIONS), l.lid];
  }
}

/** Run a program of `calls` system calls as `l`, then exit. */
export function runProgram(w: World, l: Lwp, calls: number): void {
  w.busy++;
  let left = calls;
  const who = `${l.proc.pid}.${l.lid}`;
  const end = (): void => {
    w.busy--;
    w.say(`${who} is gone`);
  };
  const step = (): void => {
    if ((l.flag & LW_WEXIT) !== 0) {
      end();
      return;
    }
    const request: Request = left-- > 0 && !w.closing ? nextRequest(w, l) : ['exit', 7];
    const [call, ...args] = request;
    if (call === 'exit') {
      w.model.exiting(l.proc, args[0] as number);
    } else if (call === '_lwp_exit') {
      w.model.exiting(l.proc, 0);
    }
    try {
      syscallAsync(l, rowOf(call), args, (value, error) => {
        if (w.k.state === 'dead') {
          return;
        }
        w.say(`${who} ${call} ${args.map(shown).join(',')} = ${outcome(value, error)}`);
        w.expect(l.proc.stat !== SSTOP, `${who} came back from ${call} while stopped`);
        w.expect(error === undefined || error instanceof Errno, `${call} failed with ${String(error)}`);
        between(w, l.proc, step);
      });
    } catch (error) {
      // Killed, or running to take a signal, while it was not looking.
      if (error === EBUSY) {
        w.later.push(step);
      } else if (error === ESRCH) {
        end();
      } else {
        throw error;
      }
    }
  };
  step();
}

/** Another lwp of `p`, with a short program. */
export function startThread(w: World, p: Proc): void {
  try {
    runProgram(w, lwpCreate(p), 1 + w.random.below(3));
  } catch (error) {
    if (error !== ESRCH && error !== ENOMEM) {
      throw error;
    }
  }
}

/** Outside the kernel, between two calls: go on, think for a while, or start a thread. */
function between(w: World, p: Proc, step: () => void): void {
  if (w.random.below(8) === 0 && p.alive) {
    startThread(w, p);
  }
  if (w.random.below(4) === 0) {
    w.later.push(step);
  } else {
    step();
  }
}

function shown(arg: unknown): string {
  return typeof arg === 'object'
    ? JSON.stringify(arg, (_key, value) => (typeof value === 'bigint' ? String(value) : value))
    : String(arg);
}

function outcome(value: unknown, error: unknown): string {
  if (error !== undefined) {
    return error instanceof Errno ? error.code : String(error);
  }
  const waited = typeof value === 'object' && value !== null && 'pid' in value && 'status' in value;
  return shown(waited ? [value.pid, value.status] : value);
}
