/** Sleeping and waking: between lwps of one kernel, and very many at once. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { boot } from '../lib/api/index.ts';
import { Condvar } from '../lib/kern/condvar.ts';
import { kthreadCreate } from '../lib/kern/kthread.ts';
import type { Lwp } from '../lib/kern/lwp.ts';
import type { MaySleep } from '../lib/kern/maysleep.ts';
import { pump } from '../lib/kern/sched.ts';
import type { BenchRow } from './bench.ts';

const OPS = 1000;

/** Two kernel threads that wake each other in turn; one operation is there and back. */
function pingpong() {
  const kernel = boot();
  const k = kernel.newproc().lwp.kernel;
  const ball = [new Condvar('ping'), new Condvar('pong')] as const;
  const start = new Condvar('start');
  let left = 0;
  let turn = 0;
  function* player(l: Lwp, me: 0 | 1): MaySleep<void> {
    for (;;) {
      while (left === 0) {
        yield* start.wait(l, null);
      }
      while (left > 0 && turn !== me) {
        yield* ball[me].wait(l, null);
      }
      if (left > 0) {
        turn = 1 - me;
        left -= me;
        ball[me === 0 ? 1 : 0].signal();
      }
    }
  }
  kthreadCreate(k, 'ping', (l) => player(l, 0));
  kthreadCreate(k, 'pong', (l) => player(l, 1));
  return {
    fn: () => {
      left = OPS;
      turn = 0;
      start.broadcast();
      while (left > 0) {
        pump(k);
      }
      ball[0].broadcast();
      ball[1].broadcast();
      pump(k);
    },
    ops: OPS,
    teardown: () => kernel[Symbol.dispose](),
  };
}

/** Resident bytes that a million sleepers add to a process of their own. */
function sleepersBytes(): number {
  const script = fileURLToPath(new URL('./sleepers.js', import.meta.url));
  return Number(
    execFileSync(process.execPath, ['--expose-gc', '--max-old-space-size=4096', script, '1000000'], {
      encoding: 'utf8',
    }),
  );
}

export const rows: readonly BenchRow[] = [
  {
    name: 'two lwps wake each other, round trip',
    others: 'rump, through a pipe: 59 us on two threads, 3.4 us pinned',
    setup: pingpong,
  },
  {
    name: '1,000,000 sleeping lwps, memory of the process',
    target: { bytes: 2 * 1024 ** 3 },
    others: 'rump: a host thread each',
    setup: () => ({ measure: sleepersBytes }),
  },
];
