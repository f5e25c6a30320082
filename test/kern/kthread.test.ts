import test from 'ava';
import { kthreadCreate } from '../../lib/kern/kthread.ts';
import { pump } from '../../lib/kern/sched.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { RUMPUSER_PANIC } from '../../lib/rumpuser/rumpuser.ts';
import { EIO, ENOTSUP } from '../../lib/sys/errno.ts';
import { onEveryKernel } from './every.ts';
import { bootFifo, bootOn, fifoHost, runAll, runReady, thread, throwsErrno } from './support.ts';

onEveryKernel('a kernel thread belongs to process 0, runs, and goes when its body returns', (t, k) => {
  const lwps = k.nlwps;
  let ran = 0;
  const l = thread(k, function* (me) {
    t.is(k.curlwp, me);
    t.is(k.host.curlwp[0], me.handle);
    ran++;
    yield* kpause(me, 'nap', 0, 1000);
    t.is(k.host.curlwp[0], me.handle);
    ran++;
  });
  t.is(l.proc, k.proc0);
  t.is(k.nlwps, lwps + 1);
  runAll(k);
  t.is(ran, 2);
  t.is(k.nlwps, lwps);
  t.is(k.host.curlwp[0], 0);
});

test('a kernel booted without threads makes none', (t) => {
  const k = bootFifo({ threads: false });
  throwsErrno(t, ENOTSUP, () => kthreadCreate(k, 'x', function* () {}));
});

test('the variable RUMP_THREADS=0 means the same', (t) => {
  const k = bootOn(fifoHost({ env: { RUMP_THREADS: '0' } }));
  throwsErrno(t, ENOTSUP, () => kthreadCreate(k, 'x', function* () {}));
});

test('a bound thread runs on its CPU only, however busy that is', (t) => {
  const k = bootFifo({ ncpu: 3 });
  const cpu = k.cpus[2];
  const seen = new Set<number | undefined>();
  for (let i = 0; i < 6; i++) {
    thread(
      k,
      function* (l) {
        seen.add(l.cpu?.index);
        yield* kpause(l, 'nap', 0, 10);
        seen.add(l.cpu?.index);
      },
      cpu === undefined ? {} : { cpu },
    );
  }
  runAll(k);
  t.deepEqual([...seen], [2]);
  t.is(cpu?.nswtch, 12);
});

for (const [what, error] of [
  ['an errno', EIO],
  ['a bug', new Error('thread broke')],
] as const) {
  test(`${what} out of a thread panics its kernel, and nobody runs there any more`, (t) => {
    const host = fifoHost();
    const k = bootOn(host, { ncpu: 1 });
    let ran = false;
    kthreadCreate(k, 'worker', function* () {
      throw error;
    });
    thread(k, function* () {
      ran = true;
    });
    pump(k);
    t.regex(k.panicstr ?? '', /kernel thread worker failed: EIO|thread broke/);
    t.is(host.exited, RUMPUSER_PANIC);
    pump(k);
    t.false(ran);
  });
}

test('a thread that stops without sleeping is a panic', (t) => {
  const k = bootFifo();
  thread(k, function* (): Generator<never, void, void> {
    yield undefined as never;
  });
  runReady(k);
  t.regex(k.panicstr ?? '', /gave up the CPU outside a sleeping primitive/);
});
