import test from 'ava';
import type { Lwp } from '../../lib/kern/lwp.ts';
import type { MaySleep } from '../../lib/kern/maysleep.ts';
import { Once, runOnce } from '../../lib/kern/once.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { EIO } from '../../lib/sys/errno.ts';
import { onEveryKernel } from './every.ts';
import { bootFifo, newproc, runAll, start, thread } from './support.ts';

onEveryKernel('whoever comes first does it, and the others wait until it is over', (t, k) => {
  const once = new Once();
  const log: string[] = [];
  for (let i = 0; i < 3; i++) {
    thread(k, function* (l) {
      yield* runOnce(l, once, function* (me) {
        t.is(me, l);
        log.push('begun');
        yield* kpause(me, 'init', 0, 1000);
        log.push('done');
      });
      log.push('used');
    });
  }
  runAll(k);
  t.deepEqual(log, ['begun', 'done', 'used', 'used', 'used']);
});

test('what does not sleep is done at once', (t) => {
  const k = bootFifo();
  const once = new Once();
  let runs = 0;
  const body = (l: Lwp): MaySleep<void> => runOnce(l, once, () => void runs++);
  const states = [start(newproc(k), body), start(newproc(k), body)];
  runAll(k);
  t.deepEqual(
    states.map(({ outcome }) => outcome),
    [undefined, undefined],
  );
  t.is(runs, 1);
});

onEveryKernel('a failure is everybody’s, also of those who come later, and is not tried again', (t, k) => {
  const once = new Once();
  let runs = 0;
  const body = (l: Lwp): MaySleep<void> =>
    runOnce(l, once, function* (me) {
      runs++;
      yield* kpause(me, 'init', 0, 1000);
      throw EIO;
    });
  const states = [start(newproc(k), body), start(newproc(k), body)];
  runAll(k);
  states.push(start(newproc(k), body));
  runAll(k);
  t.deepEqual(
    states.map(({ outcome }) => outcome),
    [EIO, EIO, EIO],
  );
  t.is(runs, 1);
});

test('a bug in it panics the kernel', (t) => {
  const k = bootFifo();
  const once = new Once();
  thread(k, (l) =>
    runOnce(l, once, () => {
      throw new Error('init broke');
    }),
  );
  runAll(k);
  t.is(k.panicstr, 'init broke');
});

test('who needs while doing it what it does panics the kernel', (t) => {
  const k = bootFifo();
  const once = new Once();
  const body = (l: Lwp): MaySleep<void> => runOnce(l, once, body);
  thread(k, body);
  runAll(k);
  t.regex(k.panicstr ?? '', /waits for what it is doing itself/);
});
