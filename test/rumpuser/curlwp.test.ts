/** curlwp of the native host is the C++ thread's own word; handles are the process's. */
import test from 'ava';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import { nativeBinding } from '../../lib/rumpuser/native_binding.ts';
import { hammer } from './native_thread.ts';
import { asLwp, asserts, becomeLwp } from './sim_support.ts';

test.serial('what is set here is what native code on this thread sees, and on no other thread', (t) => {
  const host = nativeHost();
  const lwp = becomeLwp(host);
  const m = host.mutexInit(0);
  // The addon's own idea of who calls.
  t.is(nativeBinding().mutexEnter(m), 0);
  t.is(host.mutexOwner(m), lwp);
  host.mutexExit(m);
  t.is(hammer(t, host)('curlwp', { turn: 77 }).join().turn, 0);
  host.curlwpClear(lwp);
  asserts(t, /no lwp is current/, () => nativeBinding().mutexEnter(m));
  host.fini();
});

test.serial('two hosts of one thread share curlwp and no handles', (t) => {
  const a = nativeHost();
  const b = nativeHost();
  const mine = a.lwpCreate();
  const theirs = b.lwpCreate();
  t.not(mine, theirs);
  a.curlwpSet(mine);
  t.is(b.curlwp[0], mine);
  asserts(t, new RegExp(`setting lwp ${theirs} while lwp ${mine} is current`), () => b.curlwpSet(theirs));
  a.curlwpClear(mine);
  asserts(t, new RegExp(`lwpDestroy: lwp ${mine} was made by another host`), () => b.lwpDestroy(mine));
  b.fini();
  asserts(t, new RegExp(`there is no lwp ${theirs}`), () => a.curlwpSet(theirs));
  a.lwpDestroy(mine);
  a.fini();
});

test.serial('every rule names the lwp', (t) => {
  const host = nativeHost();
  const lwp = host.lwpCreate();
  const other = host.lwpCreate();
  asserts(t, /curlwpClear: clearing lwp \d+ while none is current/, () => host.curlwpClear(lwp));
  asserts(t, /curlwpClear: clearing lwp 0 while none is current/, () => host.curlwpClear(0));
  for (const none of [0, -1, 1.5, Number.NaN, 2 ** 32, 4_194_303]) {
    asserts(t, /curlwpSet: there is no lwp/, () => host.curlwpSet(none));
    asserts(t, /lwpDestroy: there is no lwp/, () => host.lwpDestroy(none));
  }
  asLwp(host, lwp, () => {
    asserts(t, new RegExp(`lwpDestroy: lwp ${lwp} is current`), () => host.lwpDestroy(lwp));
    asserts(t, new RegExp(`clearing lwp ${other} while lwp ${lwp} is current`), () =>
      host.curlwpClear(other),
    );
  });
  host.lwpDestroy(lwp);
  asserts(t, new RegExp(`lwpDestroy: there is no lwp ${lwp}`), () => host.lwpDestroy(lwp));
  host.fini();
});

test.serial('a hundred thousand lwps, and their handles come back', (t) => {
  const host = nativeHost();
  const handles = Array.from({ length: 100_000 }, () => host.lwpCreate());
  const distinct = new Set(handles);
  t.is(distinct.size, handles.length);
  for (const handle of handles) host.lwpDestroy(handle);
  const again = Array.from({ length: 100_000 }, () => host.lwpCreate());
  t.true(again.every((handle) => distinct.delete(handle)));
  host.fini();
});
