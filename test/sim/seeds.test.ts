import test from 'ava';
import { seedCount } from '../kern/support.ts';
import { type Run, runSeed } from './run.ts';

/** What a failing seed says: what was wrong, and the one command that plays it again. */
function report({ seed, problems, transcript }: Run): string {
  return [
    `seed ${seed}: ${problems[0]}`,
    ...transcript.slice(-40),
    `replay: RUMP_TEST_SEED=${seed} npx ava dist/test/sim/seeds.test.js`,
  ].join('\n');
}

/** Only this one, when RUMP_TEST_SEED says so; else so many from 0 on. */
function seeds(quick: number): number[] {
  const one = process.env['RUMP_TEST_SEED'];
  return one === undefined ? Array.from({ length: seedCount(quick) }, (_, i) => i) : [Number(one)];
}

test('processes, threads, locks and signals stay in order, whatever the order', async (t) => {
  t.timeout(600_000);
  for (const seed of seeds(500)) {
    const run = runSeed(seed);
    if (run.problems.length > 0) {
      t.fail(report(run));
      return;
    }
    // The event loop goes round: what a finished kernel had asked of it goes.
    await null;
  }
  t.pass();
});

test('a seed plays the same run every time, and another seed another', (t) => {
  const all = new Set<string>();
  const some = seeds(20).slice(0, 20);
  for (const seed of some) {
    const first = runSeed(seed).transcript.join('\n');
    t.is(runSeed(seed).transcript.join('\n'), first);
    all.add(first);
  }
  t.is(all.size, some.length);
});
