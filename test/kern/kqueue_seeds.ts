/**
 * A seeded run over kqueues: threads of one process add, change and delete events of every kind, make them
 * happen, collect them, close what is watched and what watches, and fork children that exit, in whatever order
 * the seed decides. A second kqueue watches the first.
 *
 * Held to: nobody sleeps in kevent by an event; at rest what holds is collected and nothing else; an exit is
 * told once to each that watched it; a one-shot event comes once; when everything is closed nothing is left.
 */
import type { Kernel } from '../../lib/kern/kernel.ts';
import type { Knote } from '../../lib/kern/knote.ts';
import type { Kqueue } from '../../lib/kern/kqueue.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import { lwpCreate } from '../../lib/kern/lwpcreate.ts';
import type { Pipe } from '../../lib/kern/pipe.ts';
import { syscallAsync } from '../../lib/kern/syscall.ts';
import type { Prng } from '../../lib/rumpuser/prng.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import {
  EV_ADD,
  EV_CLEAR,
  EV_DELETE,
  EV_DISABLE,
  EV_DISPATCH,
  EV_ENABLE,
  EV_ERROR,
  EV_ONESHOT,
  EVFILT_PROC,
  EVFILT_READ,
  EVFILT_SIGNAL,
  EVFILT_TIMER,
  EVFILT_USER,
  EVFILT_WRITE,
  KN_DISABLED,
  KN_QUEUED,
  NOTE_EXIT,
  NOTE_TRIGGER,
} from '../../lib/sys/constants/event.ts';
import { O_NONBLOCK, O_NOSIGPIPE } from '../../lib/sys/constants/fcntl.ts';
import { LSSLEEP } from '../../lib/sys/constants/lwp.ts';
import { SIG_IGN, SIGUSR1, SIGUSR2 } from '../../lib/sys/constants/signal.ts';
import { EAGAIN, EBADF, EINTR, EINVAL, ENOENT, EPIPE, ESRCH } from '../../lib/sys/errno.ts';
import { sigset } from '../../lib/sys/sigset.ts';
import type { CallName } from '../../lib/sys/syscalls.ts';
import type { Kevent } from '../../lib/sys/types.ts';
import { bootOn, newproc, rowOf, runAll, runReady, shutdown, sys } from './support.ts';

const THREADS_MAX = 6;
const CALLS = 18;
const EXPECTED: readonly unknown[] = [EAGAIN, EBADF, EINTR, EINVAL, ENOENT, EPIPE, ESRCH];

type Args = readonly unknown[];
type Choice = readonly [call: CallName, args: Args, answer: (value: unknown) => void];

class Run {
  readonly k: Kernel;
  readonly random: Prng;
  readonly problems: string[] = [];
  readonly main: Lwp;
  /** Reading and writing end of each pipe. */
  readonly ends: (readonly [r: number, w: number])[] = [];
  readonly pipes: Pipe[] = [];
  /** The second watches the first. */
  readonly kqs: number[] = [];
  readonly children: number[] = [];
  readonly inside = new Map<Lwp, string>();
  /** Exits told, by kqueue and process. */
  readonly exits = new Map<string, number>();
  closing = false;

  constructor(seed: string) {
    const host = simulatedHost({ seed });
    this.k = bootOn(host);
    this.random = host.prng('kqueues');
    this.main = newproc(this.k);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.random.below(items.length)] as T;
  }

  kqueue(fd: number): Kqueue {
    return (this.main.proc.fd.get(fd).ops as unknown as { kq: Kqueue }).kq;
  }
}

const FLAGS = [0, EV_CLEAR, EV_ONESHOT, EV_DISPATCH, EV_CLEAR | EV_DISABLE];

/** A change that the seed decides. */
function change(run: Run, kq: number): Kevent {
  const { random } = run;
  const verb = run.pick([EV_ADD, EV_ADD, EV_ADD, EV_DELETE, EV_ENABLE, EV_DISABLE]);
  const flags = verb === EV_ADD ? EV_ADD | run.pick(FLAGS) : verb;
  const base = { flags, fflags: 0, data: 0, udata: null };
  const [r, w] = run.pick(run.ends);
  switch (random.below(7)) {
    case 0:
      return { ...base, ident: r, filter: EVFILT_READ };
    case 1:
      return { ...base, ident: w, filter: EVFILT_WRITE };
    case 2:
      return { ...base, ident: random.below(2), filter: EVFILT_TIMER, data: 1 + random.below(4) };
    case 3:
      return {
        ...base,
        ident: random.below(2),
        filter: EVFILT_USER,
        fflags: run.pick([0, NOTE_TRIGGER, NOTE_TRIGGER]),
      };
    case 4:
      return { ...base, ident: run.pick([SIGUSR1, SIGUSR2]), filter: EVFILT_SIGNAL };
    case 5:
      return { ...base, ident: run.pick([0, ...run.children]), filter: EVFILT_PROC, fflags: NOTE_EXIT };
    default:
      // One kqueue in the other; the other way round would be a circle.
      return { ...base, ident: run.kqs[0] as number, filter: kq === run.kqs[1] ? EVFILT_READ : EVFILT_WRITE };
  }
}

function choose(run: Run): Choice {
  const { random } = run;
  const nothing = (): void => {};
  const [r, w] = run.pick(run.ends);
  switch (random.below(12)) {
    case 0:
    case 1:
      return ['write', [w, new Uint8Array(1 + random.below(200))], nothing];
    case 2:
      return ['read', [r, new Uint8Array(1 + random.below(300))], nothing];
    case 3:
      return ['fork', [], (child) => childLives(run, child as number)];
    case 4:
      return ['nanosleep', [{ sec: 0, nsec: random.below(4e6) }], nothing];
    case 5:
      return random.below(8) === 0
        ? ['close', [run.pick([r, w, ...run.kqs])], nothing]
        : ['kill', [run.main.proc.pid, run.pick([SIGUSR1, SIGUSR2])], nothing];
    default: {
      const kq = run.pick(run.kqs);
      const changes = Array.from({ length: random.below(3) }, () => change(run, kq));
      const timeout = run.pick([null, { sec: 0, nsec: 0 }, { sec: 0, nsec: 2e6 }, { sec: 0, nsec: 5e6 }]);
      return ['kevent', [kq, changes, run.pick([0, 1, 2, 8]), timeout], (value) => told(run, kq, value)];
    }
  }
}

/** Events were collected. */
function told(run: Run, kq: number, value: unknown): void {
  for (const { filter, ident, flags, fflags } of value as Kevent[]) {
    if (filter === EVFILT_PROC && (flags & EV_ERROR) === 0) {
      const which = `${kq} ${ident}`;
      const times = (run.exits.get(which) ?? 0) + 1;
      run.exits.set(which, times);
      if (times > 1 || (fflags & NOTE_EXIT) === 0) {
        run.problems.push(`kqueue ${which}: an exit told ${times} times, with ${fflags}`);
      }
    }
  }
}

/** A child sleeps for a while and exits; nobody waits for it. */
function childLives(run: Run, pid: number): void {
  run.children.push(pid);
  const l = run.k.procs.get(pid)?.lwps as Lwp;
  l.proc.nozombie = true;
  if ((l.proc.fd.knotes?.size ?? 0) !== 0) {
    run.problems.push('a child has inherited knotes');
  }
  const naps = [{ sec: 0, nsec: run.random.below(6e6) }];
  syscallAsync(l, rowOf('nanosleep'), naps, () => {
    if (run.k.state === 'running' && l.proc.alive) {
      syscallAsync(l, rowOf('exit'), [0], () => {});
    }
  });
}

function live(run: Run, l: Lwp, left: number): void {
  if (left === 0 || run.k.state !== 'running') {
    return;
  }
  const [call, args, answer] = choose(run);
  run.inside.set(l, call);
  syscallAsync(l, rowOf(call), args, (value, error) => {
    run.inside.delete(l);
    if (run.closing) {
      return;
    }
    if (error === undefined) {
      answer(value);
    } else if (!EXPECTED.includes(error)) {
      run.problems.push(`${call}: ${String(error)}`);
    }
    live(run, l, left - 1);
  });
}

/** The kqueues that are still open. */
function open(run: Run): number[] {
  return run.kqs.filter((fd) => run.main.proc.fd.has(fd));
}

/** At rest, nobody sleeps by an event. */
function checkSleepers(run: Run): void {
  for (const [l, call] of run.inside) {
    if (l.stat !== LSSLEEP) {
      run.problems.push(`${l} is in ${call} and does not sleep`);
    }
  }
  for (const fd of open(run)) {
    const kq = run.kqueue(fd);
    if (kq.sleepers.length > 0 && kq.ready()) {
      run.problems.push(`kqueue ${fd}: somebody sleeps by an event`);
    }
  }
}

/** Does the reason of a knote that fires as long as it lasts hold now, by what is watched itself? */
function holds(run: Run, kn: Knote): boolean | null {
  const at = run.ends.findIndex(([r, w]) => kn.ident === (kn.filter === EVFILT_READ ? r : w));
  const pipe = run.pipes[at];
  if (pipe === undefined || (kn.flags & (EV_CLEAR | EV_ONESHOT | EV_DISPATCH)) !== 0) {
    return null;
  }
  if (kn.filter === EVFILT_READ) {
    return pipe.available > 0 || !pipe.writing;
  }
  return kn.filter === EVFILT_WRITE ? pipe.room >= 512 || !pipe.reading : null;
}

/** At rest, what is collected is what holds. */
function checkEvents(run: Run): void {
  for (const fd of open(run)) {
    const wanted = [...run.kqueue(fd)].filter(
      (kn) => (kn.status & KN_DISABLED) === 0 && holds(run, kn) === true,
    );
    const events = sys(run.main, 'kevent', fd, [], 64, { sec: 0, nsec: 0 }) as Kevent[];
    told(run, fd, events);
    const seen = new Set(events.map(({ filter, ident }) => `${filter} ${ident}`));
    if (seen.size !== events.length) {
      run.problems.push(`kqueue ${fd}: an event was collected twice at a time`);
    }
    for (const { filter, ident } of wanted) {
      if (!seen.has(`${filter} ${ident}`)) {
        run.problems.push(`kqueue ${fd}: filter ${filter} of ${ident} holds and is not told`);
      }
    }
    for (const kn of run.kqueue(fd)) {
      if (holds(run, kn) === false && seen.has(`${kn.filter} ${kn.ident}`)) {
        run.problems.push(`kqueue ${fd}: filter ${kn.filter} of ${kn.ident} is told and does not hold`);
      }
      if ((kn.flags & EV_ONESHOT) !== 0 && seen.has(`${kn.filter} ${kn.ident}`)) {
        run.problems.push(`kqueue ${fd}: one-shot filter ${kn.filter} of ${kn.ident} was told and is there`);
      }
      if (kn.filter === EVFILT_PROC && !run.k.procs.has(kn.ident) && (kn.status & KN_DISABLED) === 0) {
        run.problems.push(`kqueue ${fd}: the exit of ${kn.ident} is not told`);
      }
      if ((kn.status & KN_DISABLED) !== 0 && (kn.status & KN_QUEUED) !== 0) {
        run.problems.push(`kqueue ${fd}: filter ${kn.filter} of ${kn.ident} is disabled and queued`);
      }
    }
  }
}

/** @returns what went wrong: nothing, when all is well */
export function kqueueRun(seed: string): string[] {
  const run = new Run(seed);
  const { k, main, random } = run;
  for (let p = 0; p < 2; p++) {
    const [r, w] = sys(main, 'pipe2', O_NOSIGPIPE | O_NONBLOCK) as [number, number];
    run.ends.push([r, w]);
    run.pipes.push((main.proc.fd.get(r).ops as unknown as { pipe: Pipe }).pipe);
  }
  run.kqs.push(sys(main, 'kqueue') as number, sys(main, 'kqueue') as number);
  const [inner, outer] = run.kqs as [number, number];
  const nested = { ident: inner, filter: EVFILT_READ, flags: EV_ADD, fflags: 0, data: 0, udata: null };
  sys(main, 'kevent', outer, [nested], 0, null);
  for (const signo of [SIGUSR1, SIGUSR2]) {
    const handler = run.pick([SIG_IGN, () => {}]);
    sys(main, 'sigaction', signo, { handler, mask: sigset(), flags: 0 });
  }
  for (let i = 2 + random.below(THREADS_MAX - 1); i > 0; i--) {
    live(run, lwpCreate(main.proc), 1 + random.below(CALLS));
  }
  settle(run);
  checkSleepers(run);
  checkEvents(run);
  run.closing = true;
  for (const fd of [...run.kqs, ...run.ends.flat()]) {
    if (main.proc.fd.has(fd)) {
      sys(main, 'close', fd);
    }
  }
  runAll(k);
  for (const [l, call] of run.inside) {
    run.problems.push(`${l} is still in ${call} when everything is closed`);
  }
  const watching = run.pipes.some(({ rsel, wsel }) => rsel.klist?.first || wsel.klist?.first);
  if (
    k.nkqtimers !== 0 ||
    (main.proc.fd.knotes?.size ?? 0) !== 0 ||
    watching ||
    [...k.procs.values()].some(({ klist }) => klist?.first)
  ) {
    run.problems.push('something is left of what was closed');
  }
  if (k.state !== 'running') {
    run.problems.push(k.deadReason);
  }
  shutdown(k);
  return run.problems;
}

/** Run until nothing happens any more but periodic timers, which nobody stops. */
function settle(run: Run): void {
  const { k } = run;
  runReady(k);
  for (let turns = 0; turns < 400 && k.callouts.waking > 0; turns++) {
    k.host.idle(k.callouts.nextNs);
    runReady(k);
  }
}
