/** Files here and on the host: the same operations, the same results. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { differential, type Subject } from './differential.ts';

/** Seeds, of so many operations each. The long form is named by RUMP_TEST_OPS: operations in all. */
const OPS = 5000;
const { RUMP_TEST_SEED, RUMP_TEST_OPS = '20000' } = process.env;

// Changing credentials is for the superuser; the tests of one file run one after the other in a process of their own.
const onlyRoot = process.geteuid?.() === 0 ? test.serial : test.serial.skip;

/** @param subject the file system, for an empty directory of the host's */
function sameAsHost(t: ExecutionContext, subject: (dir: string) => Subject): void {
  const seeds =
    RUMP_TEST_SEED === undefined
      ? Array.from({ length: Math.ceil(Number(RUMP_TEST_OPS) / OPS) }, (_, i) => i)
      : [Number(RUMP_TEST_SEED)];
  for (const seed of seeds) {
    const top = fs.mkdtempSync(join(fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'rump-'));
    fs.chmodSync(top, 0o755);
    const inside = join(top, 'in');
    const here = join(top, 'here');
    fs.mkdirSync(inside);
    fs.mkdirSync(here);
    try {
      const difference = differential(seed, OPS, inside, subject(here));
      if (difference !== null) {
        t.log(difference);
        t.fail(`replay: RUMP_TEST_SEED=${seed} npx ava dist/test/vfs/differential.test.js`);
      }
    } finally {
      fs.rmSync(top, { recursive: true, force: true });
    }
  }
  t.pass();
}

onlyRoot('tmpfs does what the host does, whoever asks', (t) => {
  sameAsHost(t, () => ({ type: 'tmpfs' }));
});

onlyRoot('hostfs does what the host does, whoever asks', (t) => {
  sameAsHost(t, (path) => ({ type: 'hostfs', args: { path } }));
});
