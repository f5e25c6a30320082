/** The fs of a process does the same whichever way its calls take: here, through the gate, over a connection. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { attached } from '../../../lib/api/gate/attach.ts';
import { GateSession } from '../../../lib/api/gate/session.ts';
import { boot, connect } from '../../../lib/api/index.ts';
import { SCRIPTS } from './scripts.ts';
import { clear, FORMS, type Form, type Fs, run } from './twin.ts';

type Way = 'gate' | 'sysproxy';

const WAYS: Readonly<Record<Way, readonly Form[]>> = { gate: FORMS, sysproxy: ['callback', 'promise'] };

const kernel = boot({ console: () => {} });
const dir = mkdtempSync(join(tmpdir(), 'rump-'));
const ways: Partial<Record<Way, Fs>> = {};
const closing: (() => unknown)[] = [];

test.before(async () => {
  const listener = await kernel.listen(`unix://${join(dir, 'sock')}`, { uid: 0, gid: 0 });
  const remote = await connect(listener.url);
  ways.sysproxy = remote.fs;
  const shared = kernel.share();
  const session = new GateSession(shared.gate, 0, () => kernel.drain());
  ways.gate = attached(session, shared).fs;
  closing.push(
    () => remote.close(),
    () => listener.close(),
    () => session.close(),
  );
});

test.after.always(async () => {
  for (const close of closing) {
    await close();
  }
  kernel.halt();
  rmSync(dir, { recursive: true });
});

for (const way of ['gate', 'sysproxy'] as const) {
  for (const form of WAYS[way]) {
    for (const [title, script] of Object.entries(SCRIPTS)) {
      // What has no promise is called synchronously by `run`, which a connection cannot do.
      const steps = script.filter(
        ([op]) => way === 'gate' || form === 'callback' || (op in kernel.fs.promises && op !== 'open'),
      );
      test.serial(`${way}, ${form}: ${title}`, async (t) => {
        const here = { fs: kernel.fs, dir: kernel.fs.mkdtempSync('/tmp/here-') };
        const there = { fs: ways[way] as Fs, dir: kernel.fs.mkdtempSync('/tmp/there') };
        const expected = await run(here, form, steps);
        const got = await run(there, form, steps);
        for (const [i, step] of steps.entries()) {
          t.deepEqual(got[i], expected[i], `step ${i}: ${step[0]} ${String(step.slice(1).map(String))}`);
        }
        clear(here);
        clear({ fs: kernel.fs, dir: there.dir });
      });
    }
  }
}
