/** A thread that waits in a kernel, which others use from other processes meanwhile. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { boot, constants as c } from '../../lib/api/index.ts';

const VISITOR = fileURLToPath(new URL('visitor.js', import.meta.url));

function directory(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'rump-waiting-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** A kernel with a FIFO, and a visitor that has come and will do something soon. */
async function visited(t: ExecutionContext, scene: string) {
  const kernel = boot({ console: () => {} });
  const listener = await kernel.listen(`unix://${join(directory(t), 'socket')}`, { uid: 0, gid: 0 });
  const child = spawn(process.execPath, [VISITOR, listener.url, scene], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await listener.close();
    kernel.halt();
  });
  const proc = kernel.newproc();
  proc.sys.mkfifo('/tmp/fifo', 0o600);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return { kernel, proc, ended };
}

for (const [scene, said] of [
  ['write', 'hello'],
  ['large', 'same'],
  ['others', '20 others'],
] as const) {
  test(`a synchronous call waits for a visitor: ${scene}`, async (t) => {
    const { kernel, proc, ended } = await visited(t, scene);
    const { sys } = proc;
    const fd = sys.open('/tmp/fifo', c.O_RDONLY);
    const bytes = new Uint8Array(64);
    t.is(Buffer.from(bytes.subarray(0, sys.read(fd, bytes))).toString(), said);
    t.is(sys.read(fd, bytes), 0);
    t.is(await ended, 0);
    while (kernel.ps().some(({ comm }) => comm === 'visitor' || comm === 'other')) {
      await sleep(5);
    }
    t.throws(() => sys.open('/tmp/fifo', c.O_RDONLY), { code: 'EDEADLK' });
  });
}

test('times go on, and calls that wait for them', async (t) => {
  const { kernel, proc } = await visited(t, 'stay');
  for (const nsec of [1, 100_000, 1_500_000, 60_000_000]) {
    const before = process.hrtime.bigint();
    proc.sys.nanosleep({ sec: 0, nsec });
    t.true(process.hrtime.bigint() - before >= nsec);
  }
  t.true(kernel.ps().some(({ comm }) => comm === 'visitor'));
});

test('the last visitor goes: nobody can wake the call any more', async (t) => {
  const { proc } = await visited(t, 'leave');
  t.throws(() => proc.sys.open('/tmp/fifo', c.O_RDONLY), { code: 'EDEADLK' });
});

test('a visitor ends the kernel: the call that waits is told', async (t) => {
  const { proc } = await visited(t, 'halt');
  t.throws(() => proc.sys.open('/tmp/fifo', c.O_RDONLY), { name: 'KernelDead' });
});

test('a Worker that waits for visitors can be terminated', async (t) => {
  const socket = join(directory(t), 'socket');
  const worker = new Worker(
    `import('${new URL('../../lib/api/index.js', import.meta.url)}').then(async ({ boot, constants: c }) => {
      const { parentPort } = require('node:worker_threads');
      const kernel = boot();
      const proc = kernel.newproc();
      proc.sys.mkfifo('/tmp/fifo', 0o600);
      const come = new Promise((resolve) => {
        kernel.listen('unix://${socket}', { onclient: resolve }).then(({ url }) => parentPort.postMessage(url));
      });
      await come;
      parentPort.postMessage('waits');
      proc.sys.open('/tmp/fifo', c.O_RDONLY);
    });`,
    { eval: true },
  );
  const told = () => new Promise<string>((resolve) => worker.once('message', resolve));
  const child = spawn(process.execPath, [VISITOR, await told(), 'stay'], { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  t.is(await told(), 'waits');
  await sleep(20);
  t.is(await worker.terminate(), 1);
});
