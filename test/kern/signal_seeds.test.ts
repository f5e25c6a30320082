import test from 'ava';
import { signalRun } from './signal_seeds.ts';
import { seedCount } from './support.ts';

/** One seed to replay, or as many as asked for. */
const { RUMP_TEST_SEED } = process.env;

test('signals from seeds: none lost, doubled or slept through', (t) => {
  const seeds =
    RUMP_TEST_SEED === undefined
      ? Array.from({ length: seedCount(300) }, (_, i) => String(i))
      : [RUMP_TEST_SEED];
  for (const seed of seeds) {
    const problems = signalRun(seed);
    if (problems.length > 0) {
      t.log(`replay: RUMP_TEST_SEED=${seed} npx ava dist/test/kern/signal_seeds.test.js`);
      t.deepEqual(problems, []);
      return;
    }
  }
  t.pass();
});
