/** Pipes: bytes that are there, bytes that somebody sleeps for, and large writes. */
import { boot } from '../lib/api/index.ts';
import { genericHandlers } from '../lib/kern/generic.ts';
import type { Lwp } from '../lib/kern/lwp.ts';
import { lwpCreate } from '../lib/kern/lwpcreate.ts';
import { isMaySleep, type MaySleep, type Soon } from '../lib/kern/maysleep.ts';
import { setrunnable } from '../lib/kern/runnable.ts';
import type { BenchRow } from './bench.ts';

const OPS = 1000;
const LARGE = 65536;

/** The call of an lwp that lives in the kernel, as the dispatcher makes it. */
function* call<T>(answer: Soon<T>): MaySleep<T> {
  return isMaySleep(answer) ? yield* answer : answer;
}

/** A process that makes synchronous calls, and a second lwp of it that runs `body` for ever. */
function two(body: (l: Lwp, fds: readonly number[]) => MaySleep<void>) {
  const kernel = boot();
  const { sys, lwp } = kernel.newproc();
  const fds = [...sys.pipe(), ...sys.pipe()];
  const other = lwpCreate(lwp.proc);
  other.coroutine = body(other, fds);
  setrunnable(other);
  return { sys, fds: fds as [number, number, number, number], teardown: () => kernel[Symbol.dispose]() };
}

function here() {
  const kernel = boot();
  const { sys } = kernel.newproc();
  const [r, w] = sys.pipe();
  const byte = new Uint8Array(1);
  return {
    fn: () => {
      for (let i = 0; i < OPS; i++) {
        sys.write(w, byte);
        sys.read(r, byte);
      }
    },
    ops: OPS,
    teardown: () => kernel[Symbol.dispose](),
  };
}

function pingpong() {
  const byte = new Uint8Array(1);
  const its = new Uint8Array(1);
  const { sys, fds, teardown } = two(function* (l, [r1 = 0, , , w2 = 0]) {
    for (;;) {
      yield* call(genericHandlers.read(l, r1, its));
      yield* call(genericHandlers.write(l, w2, its));
    }
  });
  const [, w1, r2] = fds;
  return {
    fn: () => {
      for (let i = 0; i < OPS; i++) {
        sys.write(w1, byte);
        sys.read(r2, byte);
      }
    },
    ops: OPS,
    teardown,
  };
}

function stream() {
  const sent = new Uint8Array(LARGE);
  const got = new Uint8Array(LARGE);
  const { sys, fds, teardown } = two(function* (l, [r = 0]) {
    for (;;) {
      yield* call(genericHandlers.read(l, r, got));
    }
  });
  const [, w] = fds;
  return {
    fn: () => {
      for (let i = 0; i < OPS; i++) {
        sys.write(w, sent);
      }
    },
    ops: OPS,
    teardown,
  };
}

export const rows: readonly BenchRow[] = [
  {
    name: 'pipe, 1 byte written and read',
    target: { ns: 200 },
    others: 'rump 249 ns, Linux 318 ns',
    setup: here,
  },
  {
    name: 'pipe, ping-pong of two lwps, round trip',
    target: { ns: 1500 },
    others: 'rump 59 us on two threads, 3.4 us pinned; Linux 50 us, 1.8 us pinned',
    setup: pingpong,
  },
  {
    name: 'pipe, 64 KiB written by one lwp and read by another',
    // 5 GB/s.
    target: { ns: LARGE / 5 },
    others: 'rump 0.93 GB/s, 10.6 pinned; Linux 0.98 GB/s, 9.5 pinned',
    setup: stream,
  },
];
