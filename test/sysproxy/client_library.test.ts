/** The C client library: programs in C against a kernel here, plain and under sanitizers. */
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { boot } from '../../lib/api/index.ts';
import { codecOf } from '../../lib/emul/netbsd/structs.ts';
import { STRUCTURES } from '../../tools/client-header.ts';
import { BUILDS, build, dir, environment, ROOT, run, serve } from './client_program.ts';

for (const [kind, options] of BUILDS) {
  test(`${kind}: files, memory, threads, signals, fork and exec`, async (t) => {
    const program = build('native/test/client.c', kind, ...options);
    for (const scene of ['files', 'memory', 'threads', 'signals', 'fork', 'exec']) {
      const { kernel, listener } = await serve(t);
      const { stdout, stderr } = await run(program, [scene], {
        env: environment(listener.url),
        timeout: 120_000,
      });
      t.deepEqual({ stdout, stderr }, { stdout: 'ok\n', stderr: '' }, scene);
      for (let i = 0; listener.clients > 0 && i < 2000; i++) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      t.is(kernel.ps().length, 2, scene);
    }
  });
}

test('a server that goes, and comes back', async (t) => {
  const program = build('native/test/client.c', 'gone');
  const url = `unix://${join(dir, 'going')}`;
  const first = boot();
  const listener = await first.listen(url, { uid: 0, gid: 0 });
  const child = spawn(program, ['gone'], { env: environment(url) });
  child.stdout.setEncoding('utf8');
  const line = () => new Promise<string>((resolve) => child.stdout.once('data', resolve));
  const status = new Promise((resolve) => child.once('close', resolve));
  t.is(await line(), 'ready\n');
  await listener.close();
  first.halt();
  child.stdin.write('\n');
  t.is(await line(), 'lost\n');
  await serve(t, {}, url);
  child.stdin.write('\n');
  t.is(await line(), 'ok\n');
  t.is(await status, 0);
});

test('tcp and tokens; no server; no URL', async (t) => {
  const program = build('native/test/client.c', 'token');
  const { listener } = await serve(t, { token: 'secret' }, 'tcp://127.0.0.1:0');
  const init = async (env: NodeJS.ProcessEnv): Promise<string> => {
    try {
      return (await run(program, ['files'], { env })).stdout;
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  };
  t.is(await init(environment(listener.url, { RUMP_SERVER_TOKEN: 'secret' })), 'ok\n');
  t.is(
    await init(environment(listener.url, { RUMP_SERVER_TOKEN: 'wrong' })),
    'init: Operation not permitted\n',
  );
  t.is(await init(environment(listener.url)), 'init: Operation not permitted\n');
  t.is(await init(environment('unix:///none/socket')), 'init: No such file or directory\n');
  t.is(await init(environment('nonsense')), 'init: Invalid argument\n');
});

test('the example', async (t) => {
  const program = build('examples/client.c', 'example');
  const { listener } = await serve(t);
  const { stdout } = await run(program, { env: environment(listener.url) });
  t.regex(stdout, /^pid \d+: "written from C", 15 bytes, mode 640\nhello from pid \d+, child of \d+\n$/);
});

test('structures have the sizes that the kernel copies', (t) => {
  const checks: string[] = [];
  for (const [name, [type, size]] of STRUCTURES) {
    const codec = codecOf(name);
    if (codec !== undefined) {
      t.is(size, codec.size, name);
    }
    checks.push(`_Static_assert(sizeof(${type}) == ${size}, "${name}");`);
  }
  const source = `#include <rump/rump_types.h>\n${checks.join('\n')}\n`;
  t.notThrows(() =>
    execFileSync('cc', ['-fsyntax-only', `-I${join(ROOT, 'native/client/include')}`, '-xc', '-'], {
      input: source,
    }),
  );
});
