/** Calls on sockets by programs in C: what goes along with a call, what is asked for, and what is not there. */
import test from 'ava';
import { components } from '../../lib/api/index.ts';
import { MMSGHDR_SIZE, MSGHDR_SIZE } from '../../lib/emul/netbsd/msghdr.ts';
import { STRUCTURES } from '../../tools/client-header.ts';
import { loopback } from '../emul/netbsd/loopback.ts';
import { BUILDS, build, environment, run, serve } from './client_program.ts';

for (const [kind, options] of BUILDS) {
  test(`${kind}: addresses, messages, several messages`, async (t) => {
    const program = build('native/test/sockets.c', `sockets-${kind}`, ...options);
    for (const scene of ['addresses', 'messages', 'several']) {
      const boot = { components: [...Object.values(components), loopback()] };
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

test('messages have the sizes that the kernel copies', (t) => {
  t.is(STRUCTURES.get('msghdr')?.[1], MSGHDR_SIZE);
  t.is(STRUCTURES.get('mmsghdr')?.[1], MMSGHDR_SIZE);
});
