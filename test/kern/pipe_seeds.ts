/**
 * A seeded run over pipes, poll and kqueue: lwps of one process call whatever the seed decides, some are
 * interrupted, some find their descriptors closed. What was told and what was moved is compared with what
 * must hold.
 */
import type { Kernel } from '../../lib/kern/kernel.ts';
import type { Kqueue } from '../../lib/kern/kqueue.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import { lwpCreate } from '../../lib/kern/lwpcreate.ts';
import type { Pipe } from '../../lib/kern/pipe.ts';
import { psignal } from '../../lib/kern/sig.ts';
import { syscallAsync } from '../../lib/kern/syscall.ts';
import type { Prng } from '../../lib/rumpuser/prng.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { EV_ADD, EV_CLEAR, EVFILT_READ, EVFILT_WRITE } from '../../lib/sys/constants/event.ts';
import { F_SETFL, O_NONBLOCK, O_NOSIGPIPE } from '../../lib/sys/constants/fcntl.ts';
import { PIPE_BUF } from '../../lib/sys/constants/limits.ts';
import { LSSLEEP } from '../../lib/sys/constants/lwp.ts';
import { POLLIN, POLLOUT } from '../../lib/sys/constants/poll.ts';
import { SA_RESTART, SIGUSR1 } from '../../lib/sys/constants/signal.ts';
import { EAGAIN, EBADF, EINTR, EINVAL, EPIPE } from '../../lib/sys/errno.ts';
import { sigset } from '../../lib/sys/sigset.ts';
import type { CallName } from '../../lib/sys/syscalls.ts';
import { bootOn, newproc, rowOf, runAll, shutdown, sys } from './support.ts';

const LWPS = 9;
const CALLS = 16;
const SIZES = [1, 100, 300, 500, PIPE_BUF, PIPE_BUF, PIPE_BUF + 1, 5000, 16_000, 16_384, 16_385, 70_000];
const EXPECTED: readonly unknown[] = [EAGAIN, EBADF, EINTR, EINVAL, EPIPE];
/** A write is known by the value of its bytes. */
const WRITES_MAX = 255;

interface Written {
  readonly size: number;
  /** What the call said went in; null when it failed, perhaps after a part. */
  count: number | null;
}

class Run {
  readonly k: Kernel;
  readonly random: Prng;
  readonly problems: string[] = [];
  readonly main: Lwp;
  readonly fds: number[] = [];
  readonly pipes: Pipe[] = [];
  /** By pipe: the writes, by the value of their bytes; and all that came out, in order. */
  readonly writes: Written[][] = [];
  readonly out: number[][] = [];
  readonly pipeOf = new Map<number, number>();
  kq = -1;
  closing = false;
  /** Lwps in a call. */
  inside = new Map<Lwp, string>();

  constructor(seed: string) {
    const host = simulatedHost({ seed });
    this.k = bootOn(host);
    this.random = host.prng('pipes');
    this.main = newproc(this.k);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.random.below(items.length)] as T;
  }
}

/** Every byte that came out is of a write, small writes are in one piece, and the counts agree. */
function checkBytes(run: Run): void {
  for (const [p, out] of run.out.entries()) {
    const writes = run.writes[p] as Written[];
    const counts = new Array<number>(WRITES_MAX + 1).fill(0);
    const pieces = new Array<number>(WRITES_MAX + 1).fill(0);
    out.forEach((value, i) => {
      counts[value] = (counts[value] as number) + 1;
      if (value !== out[i - 1]) {
        pieces[value] = (pieces[value] as number) + 1;
      }
    });
    const left = run.pipes[p]?.count ?? 0;
    for (const [value, { size, count }] of writes.entries()) {
      const came = counts[value] as number;
      if (came > (count ?? size) || (left === 0 && run.pipes[p]?.reading === true && came < (count ?? 0))) {
        run.problems.push(`pipe ${p}: write ${value} of ${count} of ${size} bytes came out as ${came}`);
      }
      if (size <= PIPE_BUF && (pieces[value] as number) > 1) {
        run.problems.push(`pipe ${p}: write ${value} of ${size} bytes came out in ${pieces[value]} pieces`);
      }
    }
  }
}

/** At rest, nobody sleeps whose reason to sleep has gone. */
function checkSleepers(run: Run): void {
  for (const [p, pipe] of run.pipes.entries()) {
    if (pipe.readers.length > 0 && (pipe.available > 0 || !pipe.writing)) {
      run.problems.push(`pipe ${p}: ${pipe.readers.length} readers sleep by ${pipe.available} bytes`);
    }
    if (pipe.writers.length > 0 && (pipe.room >= PIPE_BUF || !pipe.reading)) {
      run.problems.push(`pipe ${p}: ${pipe.writers.length} writers sleep by room for ${pipe.room}`);
    }
    if ((pipe.loan !== null) !== pipe.lender.length > 0) {
      run.problems.push(`pipe ${p}: a loan without a lender, or the other way round`);
    }
  }
  const fdp = run.main.proc.fd;
  if (fdp.has(run.kq)) {
    const { kq } = fdp.get(run.kq).ops as unknown as { kq: Kqueue };
    if (kq.sleepers.length > 0 && kq.ready()) {
      run.problems.push('kqueue: somebody sleeps by an event');
    }
  }
  for (const [l, call] of run.inside) {
    if (l.stat !== LSSLEEP) {
      run.problems.push(`${l} is in ${call} and does not sleep`);
    }
  }
}

type Args = readonly unknown[];

/** A call that the seed decides, and what to do with its answer. */
function choose(run: Run): readonly [CallName, Args, (value: unknown) => void] {
  const { random } = run;
  const fd = run.pick(run.fds);
  const p = run.pipeOf.get(fd) as number;
  const nothing = (): void => {};
  switch (random.below(14)) {
    case 0:
    case 1:
    case 2:
    case 3: {
      const writes = run.writes[p] as Written[];
      const size = run.pick(SIZES);
      if (writes.length === WRITES_MAX) {
        return ['getpid', [], nothing];
      }
      const bytes = new Uint8Array(size).fill(writes.length);
      const written: Written = { size, count: null };
      writes.push(written);
      return ['write', [fd, bytes], (count) => (written.count = count as number)];
    }
    case 4:
    case 5:
    case 6:
    case 7: {
      const bytes = new Uint8Array(run.pick(SIZES));
      return ['read', [fd, bytes], (count) => run.out[p]?.push(...bytes.subarray(0, count as number))];
    }
    case 8: {
      const fds = run.fds.map((one) => ({ fd: one, events: run.pick([POLLIN, POLLOUT]), revents: 0 }));
      return ['poll', [fds, run.pick([-1, 0, 1, 20])], nothing];
    }
    case 9:
    case 10:
    case 11: {
      const kev = {
        ident: fd,
        filter: run.pick([EVFILT_READ, EVFILT_WRITE]),
        flags: EV_ADD | run.pick([0, EV_CLEAR]),
        fflags: 0,
        data: 0,
        udata: null,
      };
      const timeout = run.pick([null, { sec: 0, nsec: 0 }, { sec: 0, nsec: 2e6 }]);
      return ['kevent', [run.kq, run.pick([[], [kev]]), run.pick([1, 3]), timeout], nothing];
    }
    case 12:
      return ['nanosleep', [{ sec: 0, nsec: random.below(5e6) }], nothing];
    default:
      if (random.below(6) === 0) {
        return ['close', [random.below(4) === 0 ? run.kq : fd], nothing];
      }
      return ['fcntl', [fd, F_SETFL, O_NOSIGPIPE | run.pick([0, 0, O_NONBLOCK])], nothing];
  }
}

function live(run: Run, l: Lwp, left: number): void {
  if (left === 0 || run.closing || run.k.state !== 'running') {
    return;
  }
  const [call, args, answer] = choose(run);
  run.inside.set(l, call);
  syscallAsync(l, rowOf(call), args, (value, error) => {
    run.inside.delete(l);
    if (error === undefined) {
      answer(value);
    } else if (!EXPECTED.includes(error)) {
      run.problems.push(`${call}: ${String(error)}`);
    }
    live(run, l, left - 1);
    if (run.random.below(5) === 0) {
      psignal(run.main.proc, SIGUSR1);
    }
  });
}

/** @returns what went wrong: nothing, when all is well */
export function pipeRun(seed: string): string[] {
  const run = new Run(seed);
  const { k, main, random } = run;
  for (let p = 0; p < 2; p++) {
    const [r, w] = sys(main, 'pipe2', O_NOSIGPIPE) as [number, number];
    run.fds.push(r, w);
    run.pipeOf.set(r, p);
    run.pipeOf.set(w, p);
    run.writes.push([]);
    run.out.push([]);
    run.pipes.push((main.proc.fd.get(r).ops as unknown as { pipe: Pipe }).pipe);
  }
  run.kq = sys(main, 'kqueue') as number;
  sys(main, 'sigaction', SIGUSR1, { handler: () => {}, mask: sigset(), flags: run.pick([0, SA_RESTART]) });
  for (let i = 0; i < LWPS; i++) {
    live(run, lwpCreate(main.proc), 1 + random.below(CALLS));
  }
  runAll(k);
  checkSleepers(run);
  checkBytes(run);
  run.closing = true;
  for (const fd of [...run.fds, run.kq]) {
    if (main.proc.fd.has(fd)) {
      sys(main, 'close', fd);
    }
  }
  runAll(k);
  for (const [l, call] of run.inside) {
    run.problems.push(`${l} is still in ${call} when everything is closed`);
  }
  if (
    k.nbigpipe !== 0 ||
    (main.proc.fd.knotes?.size ?? 0) !== 0 ||
    run.pipes.some((pipe) => pipe.buffer !== null)
  ) {
    run.problems.push('something is left of what was closed');
  }
  if (k.state !== 'running') {
    run.problems.push(k.deadReason);
  }
  shutdown(k);
  return run.problems;
}
