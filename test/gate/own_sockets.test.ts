/** Calls on sockets in a kernel that has a thread of its own, by its owner and by a client of a listener there. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { boot, components, connect, type PromiseCalls } from '../../lib/api/index.ts';
import { SCENES } from '../emul/netbsd/scenes.ts';

// Components that are objects cannot go to another thread: the thread is begun with one that has it.
const threads = createRequire(import.meta.url)('node:worker_threads') as typeof import('node:worker_threads');
const { Worker } = threads;
threads.Worker = class extends Worker {
  constructor(_file: string | URL, options: ConstructorParameters<typeof Worker>[1]) {
    super(new URL('own_loopback.js', import.meta.url), options);
  }
};
syncBuiltinESMExports();

const names = [...Object.keys(components), 'loopback'];

for (const [title, scene] of Object.entries(SCENES)) {
  test(`own thread: ${title}`, async (t) => {
    using kernel = boot({ thread: 'own', components: names });
    const owner = kernel.newproc({ uid: 100 });
    await scene(t, awaited(owner.sys));
    // The names are free again: a process that exits closes its sockets.
    owner.exit();
    await scene(t, kernel.newproc({ uid: 100 }).promises);
  });
}

test('own thread: a client of its listener', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'rump-own-'));
  using kernel = boot({ thread: 'own', components: names });
  const listener = await kernel.listen(`unix://${join(dir, 'socket')}`, { uid: 5 });
  const remote = await connect(listener.url);
  for (const scene of Object.values(SCENES)) {
    await scene(t, remote.promises);
  }
  remote.close();
  await listener.close();
  rmSync(dir, { recursive: true });
});

/** Calls that return as calls that promise. */
function awaited(sys: object): PromiseCalls {
  return new Proxy(sys, {
    get:
      (_, name) =>
      async (...args: unknown[]) =>
        (sys as Record<PropertyKey, (...given: unknown[]) => unknown>)[name]?.(...args),
  }) as unknown as PromiseCalls;
}
