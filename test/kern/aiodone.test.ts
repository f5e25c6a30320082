import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { Aio, aioStart, aioWait } from '../../lib/kern/aiodone.ts';
import { cpuSoftintr } from '../../lib/kern/cpu.ts';
import { KASSERT, KernelBug } from '../../lib/kern/kassert.ts';
import type { Kernel } from '../../lib/kern/kernel.ts';
import { pump } from '../../lib/kern/sched.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { kpause } from '../../lib/kern/synch.ts';
import {
  RUMPUSER_BIO_READ,
  RUMPUSER_BIO_WRITE,
  RUMPUSER_OPEN_BIO,
  RUMPUSER_OPEN_CREATE,
  RUMPUSER_OPEN_RDWR,
} from '../../lib/rumpuser/rumpuser.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { EBADF, EINVAL } from '../../lib/sys/errno.ts';
import { onEveryKernel } from './every.ts';
import { atOnce, bootFifo, bootOn, driveTo, newproc, panics, seedCount, shutdown } from './support.ts';

const BLOCK = 512;

/** A file of the host for `body`, which is given its descriptor. */
function withFile(k: Kernel, body: (fd: number) => void): void {
  const dir = k.host.kind === 'native' ? mkdtempSync(join(tmpdir(), 'aiodone-')) : '';
  const fd = k.host.open(`${dir}/disk`, RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_BIO);
  try {
    body(fd);
  } finally {
    k.host.close(fd);
    if (dir !== '') {
      rmSync(dir, { recursive: true });
    }
  }
}

/** What is written is read back, each transfer completing in kernel context. */
function roundTrip(context: 'thread' | 'softint') {
  return (t: import('ava').ExecutionContext, k: Kernel): void => {
    withFile(k, (fd) => {
      const iodone: string[] = [];
      const data = new Uint8Array(BLOCK).fill(7);
      const back = new Uint8Array(BLOCK);
      let moved: number[] = [];
      const note = (name: string) => (l: unknown) => {
        t.is(k.curlwp, l as never);
        t.is(cpuSoftintr(k), context === 'softint');
        iodone.push(name);
      };
      const w = new Aio({ fd, op: RUMPUSER_BIO_WRITE, data, off: BLOCK, iodone: note('write') });
      const r = new Aio({ fd, op: RUMPUSER_BIO_READ, data: back, off: BLOCK, iodone: note('read') });
      const done = driveTo(newproc(k), function* (l) {
        for (const aio of [w, r, r]) {
          aioStart(k, aio);
          t.is(aio.state, 'busy');
          moved = [...moved, yield* aioWait(l, aio)];
        }
      });
      t.true(done);
      t.deepEqual(moved, [BLOCK, BLOCK, BLOCK]);
      t.deepEqual(back, data);
      t.deepEqual(iodone, ['write', 'read', 'read']);
      t.is(r.state, 'done');
      t.is(r.resid, 0);
    });
  };
}

onEveryKernel('transfers complete in a thread of the kernel', roundTrip('thread'));
onEveryKernel('transfers complete in a soft interrupt where there are no threads', roundTrip('softint'), {
  threads: false,
});

onEveryKernel('iodone may sleep, and those who wait wake up after it', (t, k) => {
  withFile(k, (fd) => {
    const log: string[] = [];
    const aio = new Aio({
      fd,
      op: RUMPUSER_BIO_WRITE,
      data: new Uint8Array(BLOCK),
      off: 0,
      *iodone(l, me) {
        t.is(me.count, BLOCK);
        yield* kpause(l, 'iodone', 0, 1000);
        log.push('iodone');
      },
    });
    driveTo(newproc(k), function* (l) {
      aioStart(k, aio);
      yield* aioWait(l, aio);
      log.push('woken');
    });
    t.deepEqual(log, ['iodone', 'woken']);
  });
});

onEveryKernel('an error shows at the end, and does not keep a transfer from being tried again', (t, k) => {
  const errors: unknown[] = [];
  const transfers = [
    new Aio({ fd: 9999, op: RUMPUSER_BIO_READ, data: new Uint8Array(BLOCK), off: 0 }),
    new Aio({ fd: 0, op: RUMPUSER_BIO_READ, data: new Uint8Array(BLOCK), off: Number.NaN }),
  ];
  driveTo(newproc(k), function* (l) {
    for (const aio of transfers) {
      for (const _ of [1, 2]) {
        try {
          aioStart(k, aio);
          yield* aioWait(l, aio);
        } catch (error) {
          errors.push(error);
        }
        t.is(aio.resid, BLOCK);
      }
    }
  });
  t.deepEqual(errors, [EBADF, EBADF, EINVAL, EINVAL]);
});

onEveryKernel('reading past the end moves less than asked for', (t, k) => {
  withFile(k, (fd) => {
    const data = new Uint8Array(BLOCK);
    const r = new Aio({ fd, op: RUMPUSER_BIO_READ, data, off: 0 });
    driveTo(newproc(k), function* (l) {
      aioStart(k, r);
      t.is(yield* aioWait(l, r), 0);
    });
    t.is(r.resid, BLOCK);
  });
});

test('a transfer is not started while under way, and not waited for before', (t) => {
  const k = bootFifo();
  withFile(k, (fd) => {
    const aio = new Aio({ fd, op: RUMPUSER_BIO_WRITE, data: new Uint8Array(BLOCK), off: 0 });
    inKernel(k, (l) => {
      t.throws(() => atOnce(aioWait(l, aio)), { instanceOf: KernelBug, message: /never started/ });
      aioStart(k, aio);
      t.throws(() => aioStart(k, aio), { instanceOf: KernelBug, message: /while under way/ });
    });
  });
});

onEveryKernel('a kernel may die with transfers under way', (t, k) => {
  withFile(k, (fd) => {
    let completed = 0;
    inKernel(k, () => {
      for (let i = 0; i < 4; i++) {
        aioStart(
          k,
          new Aio({
            fd,
            op: RUMPUSER_BIO_WRITE,
            data: new Uint8Array(BLOCK),
            off: i * BLOCK,
            iodone: () => void completed++,
          }),
        );
      }
    });
    shutdown(k);
    pump(k);
    t.is(completed, 0);
    t.is(k.panicstr, null);
  });
});

test('what the host hands over after a panic is dropped', (t) => {
  const k = bootFifo();
  withFile(k, (fd) => {
    const data = new Uint8Array(BLOCK);
    const aio = new Aio({ fd, op: RUMPUSER_BIO_WRITE, data, off: 0 });
    driveTo(newproc(k), function* (l) {
      aioStart(k, aio);
      yield* aioWait(l, aio);
    });
    inKernel(k, () => aioStart(k, aio));
    panics(t, k, /broken/, () => KASSERT(false, 'broken'));
    k.host.clockSleep(0, 1, 0);
    t.is(k.host.reap(), 1);
    t.is(aio.state, 'busy');
  });
});

test('from any seed all of many transfers complete once, whatever the order', (t) => {
  const orders = new Set<string>();
  for (let seed = 1; seed <= seedCount(20); seed++) {
    const k = bootOn(simulatedHost({ seed }), { ncpu: 2 });
    withFile(k, (fd) => {
      const order: number[] = [];
      const transfers = Array.from(
        { length: 6 },
        (_, i) =>
          new Aio({
            fd,
            op: RUMPUSER_BIO_WRITE,
            data: new Uint8Array(BLOCK).fill(i),
            off: i * BLOCK,
            iodone: () => void order.push(i),
          }),
      );
      let moved = 0;
      driveTo(newproc(k), function* (l) {
        for (const aio of transfers) {
          aioStart(k, aio);
        }
        for (const aio of transfers) {
          moved += yield* aioWait(l, aio);
        }
      });
      t.is(moved, 6 * BLOCK, `seed ${seed}`);
      t.deepEqual([...order].sort(), [0, 1, 2, 3, 4, 5], `seed ${seed}`);
      orders.add(order.join());
    });
    shutdown(k);
  }
  t.true(orders.size > 1);
});
