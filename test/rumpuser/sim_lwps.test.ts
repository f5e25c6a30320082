import test from 'ava';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { asserts } from './sim_support.ts';

test('handles are never 0, and none is given out twice', (t) => {
  const host = simulatedHost();
  const seen = new Set<number>();
  for (let i = 0; i < 1_000; i++) {
    const handle = host.lwpCreate();
    t.true(handle > 0 && !seen.has(handle));
    seen.add(handle);
    if (i % 2 === 0) host.lwpDestroy(handle);
  }
});

test('curlwp is the word that set and clear move', (t) => {
  const host = simulatedHost();
  const word = host.curlwp;
  const handle = host.lwpCreate();
  t.is(word[0], 0);
  host.curlwpSet(handle);
  t.is(word[0], handle);
  host.curlwpClear(handle);
  t.is(word[0], 0);
});

test('misuse names the lwps', (t) => {
  const host = simulatedHost();
  const a = host.lwpCreate();
  const b = host.lwpCreate();
  asserts(t, /curlwpSet: there is no lwp 99/, () => host.curlwpSet(99));
  asserts(t, /curlwpSet: there is no lwp 0/, () => host.curlwpSet(0));
  asserts(t, /curlwpClear: clearing lwp 0 while none is current/, () => host.curlwpClear(0));
  asserts(t, new RegExp(`clearing lwp ${a} while none is current`), () => host.curlwpClear(a));
  host.curlwpSet(a);
  asserts(t, new RegExp(`setting lwp ${b} while lwp ${a} is current`), () => host.curlwpSet(b));
  asserts(t, new RegExp(`setting lwp ${a} while lwp ${a} is current`), () => host.curlwpSet(a));
  asserts(t, new RegExp(`clearing lwp ${b} while lwp ${a} is current`), () => host.curlwpClear(b));
  asserts(t, new RegExp(`lwpDestroy: lwp ${a} is current`), () => host.lwpDestroy(a));
  host.lwpDestroy(b);
  asserts(t, new RegExp(`lwpDestroy: there is no lwp ${b}`), () => host.lwpDestroy(b));
  t.is(host.curlwp[0], a);
});
