/**
 * Fuzzing the sysproxy server. RUMP_TEST_FRAMES says how many frames (`npm run test:fuzz`: a million), RUMP_TEST_SEED
 * where to begin; a seed that fails is printed with the command that replays it.
 */
import test from 'ava';
import { campaign } from './fuzz.ts';

const FRAMES = Number(process.env['RUMP_TEST_FRAMES'] ?? 20_000);
const FIRST = Number(process.env['RUMP_TEST_SEED'] ?? 1);
/** Frames of one kernel. */
const EACH = 5000;

test('frames that are wrong in every way', async (t) => {
  t.timeout(30 * 60_000);
  let frames = 0;
  let calls = 0;
  const began = process.memoryUsage().rss;
  let settled = 0;
  for (let seed = FIRST; frames < FRAMES; seed++) {
    const report = await campaign(seed, Math.min(EACH, FRAMES));
    frames += report.frames;
    calls += report.calls;
    t.deepEqual(
      report.wrong,
      [],
      `replay: RUMP_TEST_SEED=${seed} RUMP_TEST_FRAMES=${EACH} npx ava dist/test/sysproxy/fuzz.test.js`,
    );
    if (settled === 0 && frames >= FRAMES / 4) {
      settled = process.memoryUsage().rss;
    }
    if (report.wrong.length > 0) {
      return;
    }
  }
  const mb = (bytes: number): number => Math.round(bytes / 1e6);
  const now = process.memoryUsage().rss;
  t.log(`${frames} frames, ${calls} calls; resident ${mb(began)}, ${mb(settled)}, ${mb(now)} MB`);
  t.true(calls > frames / 20, 'the frames do something');
  t.true(now < settled + 400e6, `memory grows: ${mb(settled)} to ${mb(now)} MB`);
});
