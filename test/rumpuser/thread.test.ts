/** Host threads of the native host. */
import test from 'ava';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import { EINVAL, ESRCH } from '../../lib/sys/errno.ts';
import { hammer } from './native_thread.ts';
import { asserts, bind, throwsErrno } from './sim_support.ts';

test.serial('a thread runs native code and is joined once, without the CPU', (t) => {
  const host = nativeHost();
  const upcalls = bind(host);
  const start = hammer(t, host);
  upcalls.length = 0;
  const threads = Array.from({ length: 20 }, () => start('curlwp', { turn: 5 }));
  t.deepEqual(upcalls, []);
  for (const thread of threads) t.deepEqual(thread.join(), { turn: 0, error: 0, lwp: 0 });
  t.is(upcalls.length, 40);
  const cookieOf = start('curlwp', {});
  cookieOf.join();
  throwsErrno(t, ESRCH, () => cookieOf.join());
  host.fini();
});

test.serial('what cannot be a thread', (t) => {
  const host = nativeHost();
  throwsErrno(t, EINVAL, () => host.threadCreate(0n, 0n, 'null', { mustJoin: true }));
  throwsErrno(t, EINVAL, () => host.threadCreate(1 as unknown as bigint, 0n, 'number', { mustJoin: true }));
  throwsErrno(t, EINVAL, () =>
    host.threadCreate(1n, undefined as unknown as bigint, 'none', { mustJoin: true }),
  );
  for (const cookie of [0, -1, 1.5, 2 ** 40, Number.NaN])
    throwsErrno(t, ESRCH, () => host.threadJoin(cookie));
  asserts(t, /mutexEnter: no lock/, () => host.mutexEnter('1' as unknown as number));
  host.fini();
});
