/**
 * A seeded run over signals: the threads of one process send, block, wait for and catch signals, fork children
 * that exit, wait for them and set timers, in whatever order the seed decides. What was sent is compared with
 * what arrived.
 *
 * Held to: a queued signal arrives once, by a handler or by sigtimedwait, or still waits; one that is sent to
 * nobody in particular is not lost as long as somebody may take it; a handler runs with its own signal
 * blocked; masks are what their owners made them; nobody sleeps by a signal he could take or a child he could
 * reap; each child is reaped once.
 */
import type { Kernel } from '../../lib/kern/kernel.ts';
import { LW_UPCALL, type Lwp } from '../../lib/kern/lwp.ts';
import { lwpCreate } from '../../lib/kern/lwpcreate.ts';
import { sigdeliverable, sigwaiting } from '../../lib/kern/sigacts.ts';
import { syscallAsync } from '../../lib/kern/syscall.ts';
import type { Prng } from '../../lib/rumpuser/prng.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { LSSLEEP } from '../../lib/sys/constants/lwp.ts';
import { SSTOP, SZOMB } from '../../lib/sys/constants/proc.ts';
import {
  SA_RESTART,
  SIG_BLOCK,
  SIG_SETMASK,
  SIG_UNBLOCK,
  SIGALRM,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGRTMIN,
  SIGSTOP,
  SIGUSR1,
  SIGUSR2,
} from '../../lib/sys/constants/signal.ts';
import { ITIMER_REAL } from '../../lib/sys/constants/time.ts';
import { WCONTINUED, WIFCONTINUED, WIFSTOPPED, WNOHANG, WUNTRACED } from '../../lib/sys/constants/wait.ts';
import { EAGAIN, ECANCELED, ECHILD, EINTR, ESRCH } from '../../lib/sys/errno.ts';
import { sigfirst, sigisempty, sigismember, sigset } from '../../lib/sys/sigset.ts';
import type { CallName } from '../../lib/sys/syscalls.ts';
import type { Siginfo, Sigset } from '../../lib/sys/types.ts';
import { bootOn, newproc, rowOf, runAll, shutdown, sys } from './support.ts';

const THREADS_MAX = 5;
const CALLS = 14;
const RT = SIGRTMIN + 1;
const CAUGHT = [SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD, SIGRTMIN, RT] as const;
const EXPECTED: readonly unknown[] = [EAGAIN, EINTR, ECHILD, ECANCELED, ESRCH];

type Args = readonly unknown[];
type Choice = readonly [call: CallName, args: Args, answer: (value: unknown) => void];

class Run {
  readonly k: Kernel;
  readonly random: Prng;
  readonly problems: string[] = [];
  readonly main: Lwp;
  /** The mask each thread believes it has. */
  readonly masks = new Map<Lwp, Sigset>();
  readonly inside = new Map<Lwp, string>();
  /** Values of queued signals: sent, and how often each has arrived. */
  sent = 0;
  readonly arrived = new Map<number, number>();
  /** Ordinary signals: how many were sent, and how many came. */
  readonly posted = new Map<number, number>();
  readonly came = new Map<number, number>();
  forked = 0;
  closing = false;
  readonly reaped: number[] = [];
  readonly children: number[] = [];
  /** Options of the waits under way. */
  readonly waits = new Map<Lwp, number>();

  constructor(seed: string) {
    const host = simulatedHost({ seed });
    this.k = bootOn(host);
    this.random = host.prng('signals');
    this.main = newproc(this.k);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.random.below(items.length)] as T;
  }

  set(): Sigset {
    return sigset(...CAUGHT.filter(() => this.random.below(3) === 0));
  }

  got(info: Siginfo): void {
    const { signo, value } = info;
    this.came.set(signo, (this.came.get(signo) ?? 0) + 1);
    if (signo >= SIGRTMIN) {
      this.arrived.set(Number(value), (this.arrived.get(Number(value)) ?? 0) + 1);
    }
  }
}

/** A handler: whoever runs it has its signal blocked. */
function handler(run: Run, flags: number) {
  return (signo: number, info: Siginfo): void => {
    run.got(info);
    const threads: Lwp[] = [];
    for (let l = run.main.proc.lwps; l !== null; l = l.siblingNext) {
      threads.push(l);
    }
    const running = threads.filter((l) => (l.flag & LW_UPCALL) !== 0);
    if (running.length !== 1 || !sigismember(running[0]?.sigctx.mask as Sigset, signo)) {
      run.problems.push(`the handler of ${signo} (${flags}) runs without it blocked`);
    }
  };
}

/** A call that the seed decides, and what to do with its answer. */
function choose(run: Run, l: Lwp): Choice {
  const { random, main } = run;
  const { pid } = main.proc;
  const nothing = (): void => {};
  const mask = run.masks.get(l) as Sigset;
  switch (random.below(14)) {
    case 0: {
      const signo = run.pick([SIGUSR1, SIGUSR2]);
      run.posted.set(signo, (run.posted.get(signo) ?? 0) + 1);
      return ['kill', [pid, signo], nothing];
    }
    case 1:
    case 2: {
      const info = { signo: run.pick([SIGRTMIN, RT]), code: -1, errno: 0, value: BigInt(run.sent++) };
      return ['sigqueueinfo', [pid, info], nothing];
    }
    case 3:
    case 4: {
      const how = run.pick([SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK]);
      const set = run.set();
      const next = sigset(
        ...CAUGHT.filter((signo) => {
          const [had, named] = [sigismember(mask, signo), sigismember(set, signo)];
          return how === SIG_SETMASK ? named : how === SIG_BLOCK ? had || named : had && !named;
        }),
      );
      return ['sigprocmask', [how, set], () => run.masks.set(l, next)];
    }
    case 5:
      return ['sigsuspend', [run.set()], nothing];
    case 6:
    case 7: {
      const timeout = run.pick([null, { sec: 0, nsec: 0 }, { sec: 0, nsec: 2e6 }]);
      return ['sigtimedwait', [run.set(), timeout], (value) => run.got((value as { info: Siginfo }).info)];
    }
    case 8:
      return ['nanosleep', [{ sec: 0, nsec: random.below(5e6) }], nothing];
    case 9: {
      const value = { sec: 0, usec: random.below(3000) };
      const interval = { sec: 0, usec: 0 };
      return ['setitimer', [ITIMER_REAL, { value, interval }], nothing];
    }
    case 10:
      return ['fork', [], (child) => childLives(run, child as number)];
    case 11:
      return run.children.length === 0
        ? ['getpid', [], nothing]
        : ['kill', [run.pick(run.children), run.pick([SIGSTOP, SIGCONT, SIGCONT])], nothing];
    default: {
      const options = run.pick([0, WNOHANG, WUNTRACED, WUNTRACED | WCONTINUED]);
      run.waits.set(l, options);
      return ['wait4', [-1, options], (value) => waited(run, value as { pid: number; status: number })];
    }
  }
}

function waited(run: Run, { pid, status }: { pid: number; status: number }): void {
  if (pid !== 0 && !WIFSTOPPED(status) && !WIFCONTINUED(status)) {
    run.reaped.push(pid);
  }
}

/** A child sleeps for a while and exits, unless it is stopped: then it does so when it goes on. */
function childLives(run: Run, pid: number): void {
  run.forked++;
  run.children.push(pid);
  const l = run.k.procs.get(pid)?.lwps as Lwp;
  const exit = (): void => syscallAsync(l, rowOf('exit'), [run.random.below(4)], () => {});
  const naps = [{ sec: 0, nsec: run.random.below(4e6) }];
  syscallAsync(l, rowOf('nanosleep'), naps, (_value, error) => {
    if (run.k.state === 'running' && l.proc.alive && error === undefined) {
      exit();
    }
  });
}

function live(run: Run, l: Lwp, left: number): void {
  if (left === 0 || run.k.state !== 'running') {
    return;
  }
  const [call, args, answer] = choose(run, l);
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
    const { mask } = l.sigctx;
    const wanted = run.masks.get(l) as Sigset;
    if (CAUGHT.some((signo) => sigismember(mask, signo) !== sigismember(wanted, signo))) {
      run.problems.push(`${l} comes back from ${call} with another mask`);
    }
    live(run, l, left - 1);
  });
}

/** At rest, nobody sleeps whose reason to sleep has gone. */
function checkSleepers(run: Run): void {
  const zombies = [...run.k.procs.values()].filter(
    (p) => p.parent === run.main.proc && p.stat === SZOMB,
  ).length;
  for (const [l, call] of run.inside) {
    if (l.stat !== LSSLEEP) {
      run.problems.push(`${l} is in ${call} and does not sleep`);
    }
    if (sigdeliverable(l) !== 0) {
      run.problems.push(`${l} sleeps in ${call} by signal ${sigdeliverable(l)}`);
    }
    const { wait } = l.sigctx;
    if (wait !== null && !sigisempty(sigwaiting(l, wait))) {
      run.problems.push(`${l} waits for signal ${sigfirst(sigwaiting(l, wait))}, which is there`);
    }
    const options = run.waits.get(l) ?? 0;
    const untold = [...run.k.procs.values()].filter(
      (p) =>
        p.parent === run.main.proc &&
        ((p.stat === SSTOP && !p.waited && (options & WUNTRACED) !== 0) ||
          (p.continued && (options & WCONTINUED) !== 0)),
    ).length;
    if (call === 'wait4' && untold > 0) {
      run.problems.push(`${l} waits for children: ${untold} have stopped or gone on`);
    }
    if (call === 'wait4' && (zombies > 0 || run.reaped.length === run.forked)) {
      run.problems.push(`${l} waits for children: ${zombies} could be reaped of ${run.forked}`);
    }
  }
}

function checkSignals(run: Run): void {
  const p = run.main.proc;
  const pending = [SIGRTMIN, RT].flatMap((signo) => p.siginfo?.get(signo) ?? []).map(({ value }) => value);
  for (let value = 0; value < run.sent; value++) {
    const times = (run.arrived.get(value) ?? 0) + pending.filter((v) => Number(v) === value).length;
    if (times !== 1) {
      run.problems.push(`queued signal ${value} arrived ${times} times`);
    }
  }
  for (const [signo, sent] of run.posted) {
    const came = (run.came.get(signo) ?? 0) + (sigismember(p.sigpend, signo) ? 1 : 0);
    if (came === 0 || came > sent) {
      run.problems.push(`signal ${signo} was sent ${sent} times and came ${came} times`);
    }
  }
  if (new Set(run.reaped).size !== run.reaped.length) {
    run.problems.push(`reaped twice: ${run.reaped.join()}`);
  }
}

/** @returns what went wrong: nothing, when all is well */
export function signalRun(seed: string): string[] {
  const run = new Run(seed);
  const { k, main, random } = run;
  for (const signo of CAUGHT) {
    const flags = run.pick([0, SA_RESTART]);
    sys(main, 'sigaction', signo, { handler: handler(run, flags), mask: sigset(), flags });
  }
  main.proc.nozombie = true;
  // It stands by: else it would take whatever nobody else does.
  sys(main, 'sigprocmask', SIG_BLOCK, sigset(...CAUGHT));
  const threads = Array.from({ length: 2 + random.below(THREADS_MAX - 1) }, () => lwpCreate(main.proc));
  for (const l of threads) {
    run.masks.set(l, sigset());
    live(run, l, 1 + random.below(CALLS));
  }
  runAll(k);
  checkSleepers(run);
  checkSignals(run);
  // The end of the process ends every call, and whoever is left of its family belongs to init.
  run.closing = true;
  for (const pid of run.children) {
    if (k.procs.has(pid)) {
      sys(main, 'kill', pid, SIGKILL);
    }
  }
  syscallAsync(main, rowOf('exit'), [0], () => {});
  runAll(k);
  for (const [l, call] of run.inside) {
    if (l.coroutine !== null) {
      run.problems.push(`${l} is still in ${call} when its process has exited`);
    }
  }
  const left = [...k.procs.values()].filter((p) => p !== k.proc0 && p !== k.initproc);
  if (left.length > 0 || k.callouts.waking > 0) {
    run.problems.push(
      `left: ${left.map((p) => `${p.pid} ${p.stat} ${p.nlwps}`).join()}, ${k.callouts.waking} callouts`,
    );
  }
  if (k.state !== 'running') {
    run.problems.push(k.deadReason);
  }
  shutdown(k);
  return run.problems;
}
