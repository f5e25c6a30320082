import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

/** A million where there is time for it, else a tenth, in as much less memory. */
const SLEEPERS = process.env['RUMP_TEST_LONG'] === '1' ? 1_000_000 : 100_000;
const BYTES_MAX = (2 * 1024 ** 3 * SLEEPERS) / 1_000_000 + 100 * 1024 ** 2;

for (const host of ['simulated', 'native']) {
  test.serial(`${host}: ${SLEEPERS} lwps asleep at once`, async (t) => {
    t.timeout(300_000);
    const scene = fileURLToPath(new URL('sleepers_scene.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--expose-gc',
      '--max-old-space-size=2048',
      scene,
      String(SLEEPERS),
      host,
    ]);
    const { asleep, woken, left, used, rss } = JSON.parse(stdout) as Record<string, number>;
    t.is(asleep, SLEEPERS);
    t.is(woken, SLEEPERS);
    t.is(left, 0);
    t.true((used as number) < BYTES_MAX, `${used} bytes`);
    t.log(
      `${Math.round((used as number) / 1024 ** 2)} MiB in use, ${Math.round((rss as number) / 1024 ** 2)} resident`,
    );
  });
}
