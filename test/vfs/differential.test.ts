/** Files here and on the host: the same operations, the same results. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { differential } from './differential.ts';

/** Seeds, of so many operations each. The long form is named by RUMP_TEST_OPS: operations in all. */
const OPS = 5000;
const { RUMP_TEST_SEED, RUMP_TEST_OPS = '20000' } = process.env;

// Changing credentials is for the superuser; the tests of one file run one after the other in a process of their own.
const onlyRoot = process.geteuid?.() === 0 ? test.serial : test.serial.skip;

onlyRoot('tmpfs does what the host does, whoever asks', (t) => {
  const seeds =
    RUMP_TEST_SEED === undefined
      ? Array.from({ length: Math.ceil(Number(RUMP_TEST_OPS) / OPS) }, (_, i) => i)
      : [Number(RUMP_TEST_SEED)];
  for (const seed of seeds) {
    const top = fs.mkdtempSync(join(fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'rump-'));
    fs.chmodSync(top, 0o755);
    const inside = join(top, 'in');
    fs.mkdirSync(inside);
    try {
      const difference = differential(seed, OPS, inside);
      if (difference !== null) {
        t.log(difference);
        t.fail(`replay: RUMP_TEST_SEED=${seed} npx ava dist/test/vfs/differential.test.js`);
        return;
      }
    } finally {
      fs.rmSync(top, { recursive: true, force: true });
    }
  }
  t.pass();
});
