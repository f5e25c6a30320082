/** The idler of the native host: what keeps a process alive, and rings from other threads. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { NativeIdler } from '../../lib/rumpuser/idler.ts';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import { nativeBinding } from '../../lib/rumpuser/native_binding.ts';
import { hammer } from './native_thread.ts';

const SCENE = fileURLToPath(new URL('idle_scene.js', import.meta.url));

for (const [scene, output, status] of [
  ['nothing', '', 0],
  ['armed', 'pump', 0],
  ['armed again and again', 'pump', 0],
  ['withdrawn', '', 0],
  ['ended an idle', 'idle', 0],
  ['finished', '', 0],
  ['rung', 'pump', 0],
  ['deferred', 'pump', 0],
  ['exit while armed', '', 3],
  ['pump that throws', 'thrown pump', 0],
] as const) {
  test(`a process ends by itself when there is nothing to come: ${scene}`, (t) => {
    const child = spawnSync(process.execPath, [SCENE, scene], { encoding: 'utf8', timeout: 20_000 });
    t.is(child.signal, null);
    t.is(child.stderr, '');
    t.is(child.stdout, output);
    t.is(child.status, status);
  });
}

test.serial('a native thread ends an idle', (t) => {
  const host = nativeHost();
  const idler = new NativeIdler(nativeBinding());
  const thread = hammer(t, host)('ring', { lock: idler.handle, rounds: 2 });
  idler.idle(Number.POSITIVE_INFINITY);
  t.is(thread.join().error, 0);
  idler.close();
  host.fini();
});

test.serial('a native thread pumps who does not idle', async (t) => {
  const host = nativeHost();
  const idler = new NativeIdler(nativeBinding());
  const pumped = new Promise<void>((resolve) => idler.onPump(resolve));
  const binding = nativeBinding();
  binding.hold(idler.handle);
  t.true(idler.busy());
  idler.stayAlive();
  const thread = hammer(t, host)('ring', { lock: idler.handle, rounds: 2 });
  await pumped;
  binding.release(idler.handle);
  t.false(idler.busy());
  idler.stayAlive();
  thread.join();
  idler.close();
  host.fini();
});

test.serial('a ring for a host that is gone does nothing', (t) => {
  const host = nativeHost();
  const idler = new NativeIdler(nativeBinding());
  const { handle } = idler;
  idler.onPump(() => t.fail());
  idler.close();
  t.is(hammer(t, host)('ring', { lock: handle, rounds: 0 }).join().error, 0);
  t.throws(() => idler.idle(0), { message: /idle: no idler/ });
  host.fini();
});

test.serial('several hosts of one thread are pumped each for itself', async (t) => {
  const hosts = Array.from({ length: 20 }, () => nativeHost());
  const pumps = await Promise.all(
    hosts.map(
      (host, i) =>
        new Promise<number>((resolve) => {
          host.onPump(() => resolve(i));
          host.arm(host.monotonicNs() + (20 - i) * 100_000);
        }),
    ),
  );
  t.deepEqual(
    pumps,
    hosts.map((_, i) => i),
  );
  for (const host of hosts) host.fini();
});
