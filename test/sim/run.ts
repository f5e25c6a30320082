/**
 * A whole run from one seed: a kernel boots on a simulated host, processes and kernel threads work against
 * each other while the host is slow and fails now and then, everything is told to go, and nothing may be
 * left.
 *
 * The same seed gives the same run. Between any two turns the kernel's tables are checked against each other,
 * and what callers are told against a model of what the calls promise.
 */

import type { Kernel } from '../../lib/kern/kernel.ts';
import { kthreadCreate } from '../../lib/kern/kthread.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import type { Proc } from '../../lib/kern/proc.ts';
import { pump } from '../../lib/kern/sched.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { psignal } from '../../lib/kern/sig.ts';
import { kpause, wakeup } from '../../lib/kern/synch.ts';
import { type SimulatedHost, simulatedHost } from '../../lib/rumpuser/sim.ts';
import type { Fault } from '../../lib/rumpuser/sim_faults.ts';
import { SIGALRM, SIGCONT, SIGHUP, SIGKILL } from '../../lib/sys/constants/signal.ts';
import { WNOHANG } from '../../lib/sys/constants/wait.ts';
import { ECHILD, EDEADLK, EINTR, EIO, ENOMEM, Errno } from '../../lib/sys/errno.ts';
import type { CallName } from '../../lib/sys/syscalls.ts';
import { bootOn, newproc, rowOf, runAll, shutdown, sys } from '../kern/support.ts';
import { CONTENTIONS, checkWakeups, contend } from './contend.ts';
import { checkKernel } from './invariants.ts';
import { CONTEND_CALL, runProgram, startThread } from './programs.ts';
import { World } from './world.ts';

/** Turns of a run before everything is told to go. */
const TURNS_MAX = 150;
/** Turns within which everything must have gone. */
const CLOSING_TURNS_MAX = 2000;

const FAULTS: readonly Fault[] = [
  { call: 'getrandom', probability: 0.5, delayNs: 1_000_000 },
  { call: 'monotonicNs', probability: 0.01, delayNs: 700 },
  { call: 'clockGettime', probability: 0.1, delayNs: 2_000 },
  { call: 'bio', probability: 0.2, delayNs: 3_000 },
  { call: 'bio', probability: 0.1, fail: EIO },
];

export interface Run {
  readonly seed: number;
  readonly problems: readonly string[];
  readonly transcript: readonly string[];
}

type AnyHandler = (l: Lwp, ...args: unknown[]) => unknown;

/** Replace the handler of a call by one made from it. */
function wrap(k: Kernel, call: CallName, made: (handler: AnyHandler) => AnyHandler): void {
  const { number } = rowOf(call);
  const table = k.sysent as unknown as AnyHandler[];
  table[number] = made(table[number] as AnyHandler);
}

/** Let the model see what the process calls do, at the moment they do it. */
function observe(w: World): void {
  const { k, model } = w;
  wrap(k, 'fork', (fork) => (l) => {
    const pid = fork(l) as number;
    model.forked(pid, l.proc.pid);
    w.newborn.push(k.procs.get(pid) as Proc);
    return pid;
  });
  wrap(
    k,
    'wait4',
    (wait4) =>
      function* (l, ...args) {
        try {
          const waited = (yield* wait4(l, ...args) as Generator<never, { pid: number; status: number }>) as {
            pid: number;
            status: number;
          };
          if (waited.pid !== 0) {
            model.waited(l.proc, waited.pid, waited.status);
          }
          return waited;
        } catch (error) {
          if (error === ECHILD) {
            model.childless(l.proc);
          }
          throw error;
        }
      },
  );
  wrap(k, 'kill', (kill) => (l, pid, signo) => {
    const to = Number(pid);
    const procs = [...k.procs.values()].filter((p) => (to > 0 ? p.pid === to : p.pgrp.id === -to));
    model.signalled(procs, Number(signo));
    return kill(l, pid, signo);
  });
  wrap(k, '_lwp_kill', (kill) => (l, lid, signo) => {
    model.signalled([l.proc], Number(signo));
    return kill(l, lid, signo);
  });
  wrap(k, 'setitimer', (setitimer) => (l, ...args) => {
    model.signalled([l.proc], SIGALRM);
    return setitimer(l, ...args);
  });
  k.hooks.procVfsRelease = (p) => {
    model.orphaned(p.pid);
    if (p.parent?.nocldwait === true) {
      model.forget(p.pid);
    }
    // An orphaned group is hung up in the same breath.
    model.signalled(k.procs.values(), SIGHUP);
    model.signalled(k.procs.values(), SIGCONT);
  };
}

/** From now on the host is short of lwps now and then, and counts those it has given out. */
function starve(w: World): void {
  const random = w.host.prng('enomem');
  const create = w.host.lwpCreate.bind(w.host);
  const destroy = w.host.lwpDestroy.bind(w.host);
  Object.defineProperty(w.host, 'lwpCreate', {
    value: () => {
      if (random.below(40) === 0) {
        throw ENOMEM;
      }
      w.hostLwps++;
      return create();
    },
  });
  Object.defineProperty(w.host, 'lwpDestroy', {
    value: (handle: number) => {
      w.hostLwps--;
      destroy(handle);
    },
  });
}

function startThreads(w: World): void {
  const { k, random } = w;
  for (let i = 0; i < 3; i++) {
    const rounds = 2 + random.below(6);
    try {
      w.busy++;
      kthreadCreate(k, `sim${i}`, function* (l) {
        for (let n = 0; n < rounds && !w.closing; n++) {
          yield* contend(w, l, random.below(CONTENTIONS));
          yield* kpause(l, 'simthread', 0, random.below(4000));
        }
        w.busy--;
      });
    } catch (error) {
      w.busy--;
      w.expect(error === ENOMEM, `a thread could not be made: ${String(error)}`);
    }
  }
}

/** A synchronous call of the process that leads the run: it drives the scheduler instead of the pump. */
function lead(w: World, l: Lwp): void {
  const before = w.host.monotonicNs();
  const nsec = w.random.below(3000);
  try {
    switch (w.random.below(5)) {
      case 0:
        spawn(w, l);
        break;
      case 1:
        sys(l, 'wait4', -1, w.oneOf([0, WNOHANG]));
        break;
      case 2:
        sys(l, CONTEND_CALL, w.random.below(3), 0);
        break;
      default:
        sys(l, 'nanosleep', { sec: 0, nsec }, null);
        w.expect(w.host.monotonicNs() >= before + nsec, 'a synchronous sleep ended early');
    }
  } catch (error) {
    w.expect(
      [ECHILD, EDEADLK, EINTR, ENOMEM].includes(error as Errno),
      `a synchronous call failed with ${String(error)}`,
    );
    w.say(`lead ${error instanceof Errno ? error.code : String(error)}`);
  }
}

function spawn(w: World, l: Lwp): void {
  try {
    sys(l, 'fork');
  } catch (error) {
    w.expect(error === ENOMEM, `fork failed with ${String(error)}`);
  }
}

function turn(w: World, l: Lwp): void {
  const { k, host } = w;
  for (const p of w.newborn.splice(0)) {
    if (p.lwps !== null) {
      runProgram(w, p.lwps, 4 + w.random.below(12));
    }
  }
  for (const action of w.later.splice(0)) {
    action();
  }
  if (w.random.below(8) === 0) {
    // Numbers come round again: those still in use must be passed over.
    k.nextpid = 1;
  }
  if (w.random.below(8) === 0) {
    const procs = [...k.procs.values()].filter((p) => p.pid > l.proc.pid && p.alive);
    if (procs.length > 0) {
      startThread(w, w.oneOf(procs));
    }
  }
  if (w.random.below(6) === 0) {
    lead(w, l);
  } else if (k.runnable === 0 && (k.callouts.waking > 0 || host.busy())) {
    host.idle(k.callouts.nextNs);
    pump(k);
  } else {
    pump(k);
  }
  check(w);
}

function check(w: World): void {
  if (w.k.state === 'dead') {
    w.problem(w.k.deadReason);
    return;
  }
  checkKernel(w.k, (holds, otherwise) => w.expect(holds, otherwise));
  checkWakeups(w);
}

/** Tell everyone to go, and wait until they have. */
function close(w: World, l: Lwp): void {
  const { k } = w;
  w.closing = true;
  for (let turns = 0; turns < CLOSING_TURNS_MAX && w.problems.length === 0; turns++) {
    inKernel(k, () => {
      w.notEmpty.broadcast();
      w.notFull.broadcast();
      wakeup(k, w.channel);
      for (const p of k.procs.values()) {
        if (p.pid > l.proc.pid) {
          w.model.signalled([p], SIGKILL);
          psignal(p, SIGKILL);
        }
      }
    });
    for (const action of w.later.splice(0)) {
      action();
    }
    w.newborn.length = 0;
    runAll(k);
    check(w);
    try {
      while (w.problems.length === 0) {
        if ((sys(l, 'wait4', -1, WNOHANG) as { pid: number }).pid === 0) {
          break;
        }
      }
    } catch (error) {
      w.expect(error === ECHILD, `waiting for the last failed with ${String(error)}`);
      if (w.busy === 0 && k.procs.size === 3) {
        return;
      }
    }
  }
  w.expect(w.problems.length > 0, `${w.busy} programs and ${k.procs.size} processes did not go`);
}

/** Nothing may be left of anyone. */
function checkEmpty(w: World, lwps: number): void {
  const { k } = w;
  w.expect(k.procs.size === 2, `${k.procs.size} processes are left`);
  // The leader was there before the counting began.
  w.expect(w.hostLwps === -1, `the host has ${w.hostLwps + 1} lwps too many`);
  w.expect(k.nlwps === lwps, `${k.nlwps} lwps are left, not ${lwps}`);
  w.expect(
    k.pgrps.size === 2 && k.sessions.size === 2,
    `${k.pgrps.size} groups, ${k.sessions.size} sessions left`,
  );
  w.expect(k.callouts.size === 0, `${k.callouts.size} callouts are left`);
  w.expect(k.runnable === 0 && k.softPending === 0 && k.hyperwaiting === 0, 'something is still to run');
  w.expect(w.armed === w.disarmed, `${w.armed} callouts armed, ${w.disarmed} fired or stopped`);
  w.expect(w.softintsAsked === w.softintsRun, 'soft interrupts got lost');
  w.expect(w.produced - w.consumed === w.buffer.length, 'items got lost');
  w.expect(w.model.unwaited.length === 0, `nobody was told of ${w.model.unwaited.join()}`);
  w.expect(
    [...k.uids.keys()].every((uid) => uid === 0),
    'a user without processes is still counted',
  );
}

/** Play seed `seed`. */
export function runSeed(seed: number): Run {
  const host: SimulatedHost = simulatedHost({ seed, faults: FAULTS, files: { '/disk': new Uint8Array(64) } });
  const k = bootOn(host, { ncpu: 1 + (seed % 3) });
  const w = new World(k, host);
  const lwps = k.nlwps;
  try {
    const l = newproc(k, 'lead');
    l.proc.nozombie = true;
    sys(l, 'setsid');
    observe(w);
    wrap(k, CONTEND_CALL, () => (me, which) => contend(w, me, which as number));
    starve(w);
    startThreads(w);
    for (let i = 0; i < 4; i++) {
      spawn(w, l);
    }
    for (let i = 0; i < TURNS_MAX && w.problems.length === 0; i++) {
      if (w.busy === 0 && w.newborn.length === 0 && w.random.below(4) === 0) {
        break;
      }
      turn(w, l);
    }
    if (w.problems.length === 0) {
      close(w, l);
    }
    if (w.problems.length === 0) {
      sys(l, 'exit', 0);
      checkEmpty(w, lwps);
    }
  } catch (error) {
    w.problem(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const panicked = k.panicstr;
  if (panicked !== null) {
    w.problem(`panic: ${panicked}`);
  }
  try {
    shutdown(k);
  } catch (error) {
    w.problem(`shutdown: ${String(error)}`);
  }
  return { seed, problems: w.problems, transcript: w.transcript };
}
