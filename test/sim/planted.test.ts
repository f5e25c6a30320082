/**
 * A planted bug: a consumer checks whether there is something, loses the CPU, and goes to sleep on what it
 * knew before. First come, first served never shows it. A seed does, and shows it again.
 */
import test from 'ava';
import type { Lwp } from '../../lib/kern/lwp.ts';
import type { MaySleep } from '../../lib/kern/maysleep.ts';
import { preempt } from '../../lib/kern/sched.ts';
import { FOREVER, PCATCH } from '../../lib/kern/sleepq.ts';
import { ltsleep, wakeup } from '../../lib/kern/synch.ts';
import type { Rumpuser } from '../../lib/rumpuser/rumpuser.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { EDEADLK } from '../../lib/sys/errno.ts';
import { bootOn, driveTo, fifoHost, newproc, seedCount, shutdown, thread } from '../kern/support.ts';

type Check = 'checks before it yields' | 'checks again';

/** Producer and consumer on one kernel. @returns what they did, in order; the last line is how it ended */
function play(host: Rumpuser, check: Check): string {
  const k = bootOn(host, { ncpu: 1 });
  const lines: string[] = [];
  const box = { full: false };
  function* consumer(l: Lwp): MaySleep<void> {
    const empty = !box.full;
    lines.push(`consumer sees ${empty ? 'nothing' : 'something'}`);
    yield* preempt(l);
    if (check === 'checks again' ? !box.full : empty) {
      lines.push('consumer sleeps');
      yield* ltsleep(l, box, PCATCH, 'box', FOREVER, null);
    }
    lines.push('consumer has it');
  }
  thread(
    k,
    function* (l) {
      for (let i = 0; i < 3; i++) {
        lines.push(`producer works ${i}`);
        yield* preempt(l);
      }
      box.full = true;
      lines.push('producer is done');
      wakeup(k, box);
    },
    { priority: 43 },
  );
  const l = newproc(k);
  driveTo(l, consumer);
  lines.push(l.error === EDEADLK ? 'deadlock' : 'fine');
  shutdown(k);
  return lines.join('\n');
}

const deadlocks = (transcript: string) => transcript.endsWith('deadlock');

test('first come, first served never shows the bug', (t) => {
  for (let seed = 0; seed < 20; seed++) {
    t.false(deadlocks(play(fifoHost({ seed }), 'checks before it yields')));
  }
});

test('seeds find it, each the same way every time, and find nothing once it is repaired', (t) => {
  const found: number[] = [];
  for (let seed = 0; seed < seedCount(300); seed++) {
    if (deadlocks(play(simulatedHost({ seed }), 'checks before it yields'))) {
      found.push(seed);
    }
    t.false(deadlocks(play(simulatedHost({ seed }), 'checks again')));
  }
  t.true(found.length > 3, `${found.length} seeds`);
  for (const seed of found.slice(0, 5)) {
    const first = play(simulatedHost({ seed }), 'checks before it yields');
    t.true(deadlocks(first));
    for (let again = 0; again < 5; again++) {
      t.is(play(simulatedHost({ seed }), 'checks before it yields'), first);
    }
  }
  t.log(`${found.length} seeds of ${seedCount(300)}, the first is ${found[0]}`);
});
