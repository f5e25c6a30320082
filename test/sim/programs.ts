/** What processes do: programs that make system calls, one after the other, as the seed has it. */
import type { Lwp } from '../../lib/kern/lwp.ts';
import { lwpCreate } from '../../lib/kern/lwpcreate.ts';
import type { Proc } from '../../lib/kern/proc.ts';
import { syscallAsync } from '../../lib/kern/syscall.ts';
import { LW_WEXIT } from '../../lib/sys/constants/lwp.ts';
import { SSTOP } from '../../lib/sys/constants/proc.ts';
import { RLIMIT_NOFILE } from '../../lib/sys/constants/resource.ts';
import {
  SIGCHLD,
  SIGCONT,
  SIGHUP,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  SIGTSTP,
  SIGUSR1,
} from '../../lib/sys/constants/signal.ts';
import { WCONTINUED, WNOHANG, WUNTRACED } from '../../lib/sys/constants/wait.ts';
import { EBUSY, ENOMEM, Errno, ESRCH } from '../../lib/sys/errno.ts';
import type { CallName } from '../../lib/sys/syscalls.ts';
import { rowOf } from '../kern/support.ts';
import { CONTENTIONS } from './contend.ts';
import type { World } from './world.ts';

/** Most processes alive at once, zombies included. */
const PROCS_MAX = 12;
/** An unimplemented call that may sleep: the run puts `contend` there. */
export const CONTEND_CALL: CallName = 'nfssvc';

export type Request = readonly [call: CallName, ...args: unknown[]];

const SIGNALS = [0, SIGHUP, SIGKILL, SIGTERM, SIGUSR1, SIGCHLD, SIGSTOP, SIGSTOP, SIGTSTP, SIGCONT, SIGCONT];

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

/** The next call of a program of `l`. */
function nextRequest(w: World, l: Lwp): Request {
  const { random } = w;
  switch (random.below(18)) {
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
        w.say(`${who} ${call} ${args.join(',')} = ${outcome(value, error)}`);
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

function outcome(value: unknown, error: unknown): string {
  if (error !== undefined) {
    return error instanceof Errno ? error.code : String(error);
  }
  return typeof value === 'object' && value !== null
    ? JSON.stringify('pid' in value && 'status' in value ? [value.pid, value.status] : value)
    : String(value);
}
