import test from 'ava';
import { KernelBug } from '../../lib/kern/kassert.ts';
import {
  SOFTINT_BIO,
  SOFTINT_CLOCK,
  SOFTINT_NET,
  SOFTINT_SERIAL,
  softintEstablish,
  softintSchedule,
} from '../../lib/kern/softint.ts';
import { onEveryKernel } from './every.ts';
import { bootFifo, runReady, thread } from './support.ts';

onEveryKernel('soft interrupts run highest level first, between lwps, as the soft-interrupt lwp', (t, k) => {
  const order: number[] = [];
  const established = [SOFTINT_CLOCK, SOFTINT_SERIAL, SOFTINT_BIO, SOFTINT_NET].map((level) =>
    softintEstablish(k, level, () => {
      t.is(k.curlwp, k.cpus[0]?.softlwp ?? null);
      t.is(k.host.curlwp[0], k.curlwp?.handle);
      order.push(level);
    }),
  );
  thread(k, function* () {
    for (const si of established) {
      softintSchedule(k, si);
    }
    t.deepEqual(order, []);
  });
  runReady(k);
  t.deepEqual(order, [SOFTINT_SERIAL, SOFTINT_NET, SOFTINT_BIO, SOFTINT_CLOCK]);
  t.is(k.softPending, 0);
});

test('scheduled twice before it runs, it runs once; scheduled by itself, once more', (t) => {
  const k = bootFifo();
  let runs = 0;
  const si = softintEstablish(k, SOFTINT_NET, () => {
    if (++runs === 2) {
      softintSchedule(k, si);
    }
  });
  softintSchedule(k, si);
  softintSchedule(k, si);
  runReady(k);
  t.is(runs, 1);
  softintSchedule(k, si);
  runReady(k);
  t.is(runs, 3);
  t.is(k.cpus[0]?.nsoft, 3);
});

test('an error in one panics the kernel, and the others do not run any more', (t) => {
  const k = bootFifo();
  let ran = false;
  softintSchedule(
    k,
    softintEstablish(k, SOFTINT_SERIAL, () => {
      throw new Error('softint broke');
    }),
  );
  softintSchedule(
    k,
    softintEstablish(k, SOFTINT_CLOCK, () => {
      ran = true;
    }),
  );
  runReady(k);
  t.is(k.panicstr, 'softint broke');
  t.false(ran);
});

test('there are four levels', (t) => {
  const k = bootFifo();
  for (const level of [-1, 4]) {
    t.throws(() => softintEstablish(k, level, () => {}), { instanceOf: KernelBug, message: /level/ });
  }
});
