import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { giantEnter, giantExit, giantShare } from '../../lib/kern/giant.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import { RumpuserAssertion } from '../../lib/rumpuser/rumpuser.ts';
import { onEveryKernel } from './every.ts';
import { GIANT_DONE, GIANT_HELD, GIANT_REFUSED, GIANT_RELEASED, GIANT_TRY } from './giant_steps.ts';
import { bootFifo, bootOn, newproc, panics, shutdown, sys } from './support.ts';

onEveryKernel('the giant lock is taken once somebody shares it, and as often as its owner asks', (t, k) => {
  const owner = () => k.host.mutexOwner(k.giant);
  inKernel(k, () => t.is(owner(), 0));
  const giant = giantShare(k);
  t.is(giant, k.giant);
  inKernel(k, () => t.is(owner(), k.lwp0.handle));
  t.is(owner(), 0);
  giantEnter(k);
  giantEnter(k);
  giantExit(k);
  t.is(owner(), k.lwp0.handle);
  giantExit(k);
  t.is(owner(), 0);
  t.throws(() => giantExit(k), { instanceOf: RumpuserAssertion });
  t.is(k.host.curlwp[0], 0);
});

onEveryKernel('a hypercall that may block leaves the giant lock to others', (t, k) => {
  const giant = giantShare(k);
  const l = newproc(k);
  const before = k.host.curlwp[0];
  inKernel(k, (me) => {
    k.host.clockSleep(0, 0, 1000);
    t.is(k.curlwp, me);
    t.is(k.host.curlwp[0], me.handle);
    t.is(k.host.mutexOwner(giant), k.lwp0.handle);
  });
  t.is(k.host.curlwp[0], before);
  t.is(sys(l, 'getpid'), l.proc.pid);
});

test('it is not shared from inside the kernel', (t) => {
  panics(t, bootFifo(), /shared from inside the kernel/, (l) => giantShare(l.kernel));
});

test('another host thread is refused while the kernel runs, and waited for while it runs', async (t) => {
  const k = bootOn(nativeHost({ env: {} }));
  const words = new Int32Array(new SharedArrayBuffer(8));
  const giant = giantShare(k);
  const worker = new Worker(new URL('giant_worker.js', import.meta.url), { workerData: { giant, words } });
  const ask = () => {
    Atomics.store(words, 0, GIANT_TRY);
    Atomics.notify(words, 0);
    Atomics.wait(words, 0, GIANT_TRY, 10_000);
    return Atomics.load(words, 0);
  };
  try {
    // The Worker's error, should it have one.
    await once(worker, 'online');
    Atomics.wait(words, 0, 0, 10_000);
    giantEnter(k);
    t.is(ask(), GIANT_REFUSED);
    giantEnter(k);
    giantExit(k);
    t.is(ask(), GIANT_REFUSED);
    giantExit(k);
    t.is(ask(), GIANT_HELD);
    const l = newproc(k);
    t.is(sys(l, 'getpid'), l.proc.pid);
    t.is(Atomics.load(words, 1), GIANT_RELEASED, 'the call came after the other thread had left');
  } finally {
    Atomics.store(words, 0, GIANT_DONE);
    Atomics.notify(words, 0);
    await once(worker, 'exit');
    shutdown(k);
  }
});
