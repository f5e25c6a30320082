import test from 'ava';
import { kqueueRun } from './kqueue_seeds.ts';
import { seedCount } from './support.ts';

/** One seed to replay, or as many as asked for. */
const { RUMP_TEST_SEED } = process.env;

test('kqueues from seeds: events are told, once, and nothing is left of them', (t) => {
  const seeds =
    RUMP_TEST_SEED === undefined
      ? Array.from({ length: seedCount(300) }, (_, i) => String(i))
      : [RUMP_TEST_SEED];
  for (const seed of seeds) {
    const problems = kqueueRun(seed);
    if (problems.length > 0) {
      t.log(`replay: RUMP_TEST_SEED=${seed} npx ava dist/test/kern/kqueue_seeds.test.js`);
      t.deepEqual(problems, []);
      return;
    }
  }
  t.pass();
});
