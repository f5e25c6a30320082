import type { ExecutionContext } from 'ava';
import test from 'ava';
import { seedCount } from '../kern/support.ts';
import { hostfsRaceRun } from './hostfs_races.ts';

/** One seed to replay, or as many as asked for. */
const { RUMP_TEST_SEED } = process.env;

async function runSeeds(t: ExecutionContext, host: 'sound' | 'faulty'): Promise<void> {
  const seeds =
    RUMP_TEST_SEED === undefined
      ? Array.from({ length: seedCount(100) }, (_, i) => String(i))
      : [RUMP_TEST_SEED];
  for (const seed of seeds) {
    const problems = await hostfsRaceRun(seed, host);
    if (problems.length > 0) {
      t.log(`replay: RUMP_TEST_SEED=${seed} npx ava dist/test/vfs/hostfs_races.test.js`);
      t.deepEqual(problems, []);
      return;
    }
  }
  t.pass();
}

test('two mounts of one host directory and everybody at once', (t) => runSeeds(t, 'sound'));

test('the same on a host that fails now and then', (t) => runSeeds(t, 'faulty'));
