import test from 'ava';
import {
  RUMPUSER_BIO_READ,
  RUMPUSER_BIO_SYNC,
  RUMPUSER_BIO_WRITE,
  RUMPUSER_CLOCK_RELWALL,
  RUMPUSER_OPEN_RDONLY,
  RUMPUSER_OPEN_RDWR,
} from '../../lib/rumpuser/rumpuser.ts';
import type { SimulatedHost } from '../../lib/rumpuser/sim.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import type { Errno } from '../../lib/sys/errno.ts';
import { EBADF, EINVAL } from '../../lib/sys/errno.ts';
import { fc } from '../fc.ts';
import { asserts, turn } from './sim_support.ts';

const DISK = { '/disk': { content: 'abcdefgh', size: 4096, type: 'blk' } } as const;

function drain(host: SimulatedHost): void {
  while (host.busy()) {
    host.idle(Number.POSITIVE_INFINITY);
    host.reap();
  }
}

test('block I/O is done in reap, at a later virtual time, with the bytes moved', (t) => {
  const host = simulatedHost({ files: DISK });
  const fd = host.open('/disk', RUMPUSER_OPEN_RDWR);
  const data = new Uint8Array(4);
  const results: [number, Errno | null][] = [];
  t.false(host.busy());
  host.bio(fd, RUMPUSER_BIO_READ, data, 2, (count, error) => results.push([count, error]));
  t.true(host.busy());
  t.is(host.reap(), 0);
  host.idle(Number.POSITIVE_INFINITY);
  t.deepEqual(results, []);
  t.deepEqual(data, new TextEncoder().encode('cdef'));
  t.true(host.monotonicNs() > 0);
  t.true(host.busy(), 'finished, and nobody told yet');
  t.is(host.reap(), 1);
  t.deepEqual(results, [[4, null]]);
  t.false(host.busy());
  t.is(host.reap(), 0);
});

test('idle ends at the first completion or at its deadline, whichever comes first', (t) => {
  const host = simulatedHost({ files: DISK });
  const fd = host.open('/disk', RUMPUSER_OPEN_RDWR);
  host.bio(fd, RUMPUSER_BIO_READ, new Uint8Array(1), 0, () => {});
  host.idle(100);
  t.is(host.monotonicNs(), 100);
  t.is(host.reap(), 0);
  host.idle(1e12);
  t.true(host.monotonicNs() < 1e6);
  const now = host.monotonicNs();
  host.idle(1e12);
  t.is(host.monotonicNs(), now, 'what is finished must be reaped before idle waits again');
  t.is(host.reap(), 1);
});

test('a completion nobody idles for asks for a pump', async (t) => {
  const host = simulatedHost({ files: DISK });
  const fd = host.open('/disk', RUMPUSER_OPEN_RDONLY);
  let reaped = 0;
  host.onPump(() => {
    reaped += host.reap();
  });
  host.bio(fd, RUMPUSER_BIO_READ, new Uint8Array(1), 0, () => {});
  await turn();
  await turn();
  t.is(reaped, 1);
  host.bio(fd, RUMPUSER_BIO_READ, new Uint8Array(1), 0, () => {});
  host.clockSleep(RUMPUSER_CLOCK_RELWALL, 1, 0);
  await turn();
  t.is(reaped, 2);
});

test('writes reach the file, and with SYNC the disk', (t) => {
  const host = simulatedHost({ files: DISK });
  const fd = host.open('/disk', RUMPUSER_OPEN_RDWR);
  host.bio(fd, RUMPUSER_BIO_WRITE, Uint8Array.of(1, 2), 0, () => {});
  t.is(host.readFile('/disk')[0], 97, 'not before it is finished');
  drain(host);
  t.is(host.readFile('/disk')[0], 1);
  t.is(host.unsyncedPages('/disk'), 1);
  host.bio(fd, RUMPUSER_BIO_WRITE | RUMPUSER_BIO_SYNC, Uint8Array.of(3), 0, () => {});
  drain(host);
  t.is(host.unsyncedPages('/disk'), 0);
});

test('errors are told to done', (t) => {
  const host = simulatedHost({ files: DISK });
  const readOnly = host.open('/disk', RUMPUSER_OPEN_RDONLY);
  const errors: (Errno | null)[] = [];
  const note = (_: number, error: Errno | null) => errors.push(error);
  const ask = (fd: number, op: number, off: number) => {
    host.bio(fd, op, new Uint8Array(1), off, note);
    drain(host);
  };
  ask(99, RUMPUSER_BIO_READ, 0);
  ask(readOnly, RUMPUSER_BIO_WRITE, 0);
  ask(readOnly, RUMPUSER_BIO_READ | RUMPUSER_BIO_WRITE, 0);
  ask(readOnly, RUMPUSER_BIO_SYNC, 0);
  ask(readOnly, RUMPUSER_BIO_READ, -1);
  t.deepEqual(errors, [EBADF, EBADF, EINVAL, EINVAL, EINVAL]);
});

test('closing the descriptor does not stop what is under way', (t) => {
  const host = simulatedHost({ files: DISK });
  const fd = host.open('/disk', RUMPUSER_OPEN_RDONLY);
  let moved = -1;
  host.bio(fd, RUMPUSER_BIO_READ, new Uint8Array(8), 0, (count) => {
    moved = count;
  });
  host.close(fd);
  drain(host);
  t.is(moved, 8);
});

test('memory under a transfer cannot be freed until the transfer is reaped', (t) => {
  const host = simulatedHost({ files: DISK });
  const fd = host.open('/disk', RUMPUSER_OPEN_RDONLY);
  const memory = host.malloc(512, 8);
  host.bio(fd, RUMPUSER_BIO_READ, memory.bytes, 0, () => {});
  asserts(t, /free: memory at 0x[0-9a-f]+ has block I\/O under way/, () => host.free(memory));
  host.idle(Number.POSITIVE_INFINITY);
  asserts(t, /under way/, () => host.free(memory));
  host.reap();
  t.notThrows(() => host.free(memory));
});

test('a done that throws loses none of the others, and may ask for more', (t) => {
  const host = simulatedHost({ files: DISK });
  const fd = host.open('/disk', RUMPUSER_OPEN_RDONLY);
  const called: string[] = [];
  const ask = (name: string, done: () => void = () => {}) =>
    host.bio(fd, RUMPUSER_BIO_READ, new Uint8Array(1), 0, () => {
      called.push(name);
      done();
    });
  for (const name of ['a', 'b', 'c']) {
    ask(name, () => {
      if (called.length === 1) throw new Error('first');
      if (called.length === 2) ask('more');
    });
  }
  host.clockSleep(RUMPUSER_CLOCK_RELWALL, 1, 0);
  t.throws(() => host.reap(), { message: 'first' });
  t.is(host.reap(), 2);
  drain(host);
  t.deepEqual([...called].sort(), ['a', 'b', 'c', 'more']);
  t.false(host.busy());
});

test('fini forgets what is under way', (t) => {
  const host = simulatedHost({ files: DISK });
  host.bio(host.open('/disk', RUMPUSER_OPEN_RDONLY), RUMPUSER_BIO_READ, new Uint8Array(1), 0, () => t.fail());
  host.fini();
  t.false(host.busy());
  host.clockSleep(RUMPUSER_CLOCK_RELWALL, 1, 0);
  t.is(host.reap(), 0);
});

test('the seed decides the order in which requests finish', (t) => {
  const order = (seed: number) => {
    const host = simulatedHost({ seed, files: DISK });
    const fd = host.open('/disk', RUMPUSER_OPEN_RDONLY);
    const finished: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      host.bio(fd, RUMPUSER_BIO_READ, new Uint8Array(1), 0, () => finished.push(name));
    }
    drain(host);
    return finished.join('');
  };
  fc.assert(fc.property(fc.integer(), (seed) => t.is(order(seed), order(seed))));
  const orders = new Set(Array.from({ length: 200 }, (_, seed) => order(seed)));
  t.is(orders.size, 6, [...orders].join(' '));
});
