import test from 'ava';
import { seedCount } from '../kern/support.ts';
import { raceRun } from './race_seeds.ts';

/** One seed to replay, or as many as asked for. */
const { RUMP_TEST_SEED } = process.env;

test('names made, renamed and removed at the same time leave one tree', async (t) => {
  const seeds =
    RUMP_TEST_SEED === undefined
      ? Array.from({ length: seedCount(200) }, (_, i) => String(i))
      : [RUMP_TEST_SEED];
  for (const seed of seeds) {
    const problems = await raceRun(seed);
    if (problems.length > 0) {
      t.log(`replay: RUMP_TEST_SEED=${seed} npx ava dist/test/vfs/race_seeds.test.js`);
      t.deepEqual(problems, []);
      return;
    }
  }
  t.pass();
});
