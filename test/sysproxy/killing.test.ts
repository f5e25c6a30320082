/**
 * Clients killed at random points of a load: no process, descriptor or lock of theirs is left. RUMP_TEST_SECONDS says
 * for how long (`npm run test:fuzz`: a minute).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { boot, constants as c, type Proc } from '../../lib/api/index.ts';
import { insideOf } from '../conformance/harness.ts';
import { assertWhole } from '../conformance/invariants.ts';
import { Chance } from './fuzz_content.ts';

const SECONDS = Number(process.env['RUMP_TEST_SECONDS'] ?? 3);
const VICTIM = fileURLToPath(new URL('victim.js', import.meta.url));

test('killed in the middle of whatever', async (t) => {
  t.timeout((SECONDS + 120) * 1000);
  const dir = mkdtempSync(join(tmpdir(), 'rump-killing-'));
  const kernel = boot();
  const listener = await kernel.listen(`unix://${join(dir, 'socket')}`, { uid: 0, gid: 0 });
  const children = new Set<ChildProcess>();
  t.teardown(async () => {
    for (const child of children) {
      child.kill('SIGKILL');
    }
    await listener.close();
    kernel.halt();
    rmSync(dir, { recursive: true });
  });
  const spawnOne = async (): Promise<void> => {
    const child = spawn(process.execPath, [VICTIM, listener.url], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.add(child);
    child.once('exit', () => children.delete(child));
    await new Promise((resolve) => child.stdout.once('data', resolve));
  };
  const chance = new Chance(Number(process.env['RUMP_TEST_SEED'] ?? 1));
  await Promise.all([spawnOne(), spawnOne(), spawnOne()]);
  let killed = 0;
  for (const until = Date.now() + SECONDS * 1000; Date.now() < until; ) {
    await sleep(chance.below(60));
    chance.of([...children])?.kill('SIGKILL');
    killed++;
    await spawnOne();
  }
  for (const child of children) {
    child.kill('SIGKILL');
  }
  for (let i = 0; kernel.ps().length > 2 && i < 4000; i++) {
    await sleep(5);
  }
  t.log(`${killed} killed, ${kernel.stats().syscalls} calls`);
  t.deepEqual(
    kernel.ps().filter(({ pid }) => pid > 1),
    [],
  );
  t.is(listener.clients, 0);
  assertWhole(t, insideOf(kernel));
  nobodyLocks(kernel.newproc());
});

/** Of files that clients had locked in both ways, none is. */
function nobodyLocks(root: Proc): void {
  const { sys, fs } = root;
  const fd = sys.open('/tmp/shared', c.O_RDWR);
  sys.flock(fd, c.LOCK_EX | c.LOCK_NB);
  for (const name of fs.readdirSync('/tmp')) {
    if (name.endsWith('-record')) {
      const record = sys.open(`/tmp/${name}`, c.O_RDWR);
      sys.fcntl(record, c.F_SETLK, { type: c.F_WRLCK, start: 0, len: 0, whence: c.SEEK_SET });
      sys.close(record);
    }
    fs.unlinkSync(`/tmp/${name}`);
  }
  root.exit();
}
