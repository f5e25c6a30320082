/** Calls on sockets by programs in C: what goes along with a call, what is asked for, and what is not there. */
import test from 'ava';
import { components, connect } from '../../lib/api/index.ts';
import { MMSGHDR_SIZE, MSGHDR_SIZE } from '../../lib/emul/netbsd/msghdr.ts';
import { STRUCTURES } from '../../tools/client-header.ts';
import { loopback } from '../emul/netbsd/loopback.ts';
import { SCENES } from '../emul/netbsd/scenes.ts';
import { BUILDS, build, dir, environment, run, serve } from './client_program.ts';
import { counting } from './counting.ts';

const boot = { components: [...Object.values(components), loopback()] };

for (const [kind, options] of BUILDS) {
  test(`${kind}: addresses, messages, several messages`, async (t) => {
    const program = build('native/test/sockets.c', `sockets-${kind}`, ...options);
    for (const scene of ['addresses', 'messages', 'several']) {
      const { kernel, listener } = await serve(t, {}, undefined, boot);
      const { stdout, stderr } = await run(program, [scene], {
        env: environment(listener.url),
        timeout: 120_000,
      });
      t.deepEqual({ stdout, stderr }, { stdout: 'ok\n', stderr: '' }, scene);
      t.is(kernel.dead, '');
    }
  });
}

test('what a call points at goes along with it, out of C and out of JavaScript', async (t) => {
  const program = build('native/test/sockets.c', 'sockets-once');
  const { listener } = await serve(t, {}, undefined, boot);
  const way = await counting(listener.url.slice('unix://'.length), dir);
  const { stdout, stderr } = await run(program, ['once'], { env: environment(way.url), timeout: 120_000 });
  t.deepEqual({ stdout, stderr }, { stdout: 'ok\n', stderr: '' });
  t.is(way.asked, 0, 'C');
  const remote = await connect(way.url);
  for (const scene of ['sendto and recvfrom', 'a message has a name, pieces, control messages, flags']) {
    await SCENES[scene]?.(t, remote.promises);
  }
  t.is(way.asked, 0, 'JavaScript');
  remote.close();
  const asking = await connect(way.url, { attach: false });
  await SCENES['names go in and come out whole']?.(t, asking.promises);
  t.true(way.asked > 0);
  asking.close();
  way.close();
});

test('messages have the sizes that the kernel copies', (t) => {
  t.is(STRUCTURES.get('msghdr')?.[1], MSGHDR_SIZE);
  t.is(STRUCTURES.get('mmsghdr')?.[1], MMSGHDR_SIZE);
});
