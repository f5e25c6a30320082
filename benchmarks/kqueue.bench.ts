/**
 * kqueue, per event: knotes added and deleted; fired and collected; bytes that are told of, against epoll
 * through Node.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boot } from '../lib/api/index.ts';
import {
  EV_ADD,
  EV_CLEAR,
  EV_DELETE,
  EVFILT_READ,
  EVFILT_USER,
  NOTE_TRIGGER,
} from '../lib/sys/constants/event.ts';
import { POLLIN } from '../lib/sys/constants/poll.ts';
import type { Kevent } from '../lib/sys/types.ts';
import type { BenchRow } from './bench.ts';

const OPS = 1000;
/** Pipes or sockets that have something at once. */
const READY = 100;
const NOW = { sec: 0, nsec: 0 };
const EPOLL = 'epoll through Node, 100 unix sockets, a byte written, told of and read';

function ev(ident: number, filter: number, flags: number, fflags = 0): Kevent {
  return { ident, filter, flags, fflags, data: 0, udata: null };
}

function scene() {
  const kernel = boot();
  const { sys } = kernel.newproc();
  return { sys, kq: sys.kqueue(), teardown: () => kernel[Symbol.dispose]() };
}

function addDelete() {
  const { sys, kq, teardown } = scene();
  const add = Array.from({ length: OPS }, (_, i) => ev(i, EVFILT_USER, EV_ADD));
  const remove = add.map((one) => ({ ...one, flags: EV_DELETE }));
  return {
    fn: () => {
      sys.kevent(kq, add, 0);
      sys.kevent(kq, remove, 0);
    },
    ops: OPS,
    teardown,
  };
}

/** @param knotes on the kqueue, of which OPS fire */
function fireCollect(knotes: number) {
  const { sys, kq, teardown } = scene();
  for (let at = 0; at < knotes; at += OPS) {
    sys.kevent(
      kq,
      Array.from({ length: OPS }, (_, i) => ev(at + i, EVFILT_USER, EV_ADD | EV_CLEAR)),
      0,
    );
  }
  const fire = Array.from({ length: OPS }, (_, i) => ev(i * (knotes / OPS), EVFILT_USER, 0, NOTE_TRIGGER));
  return {
    fn: () => {
      sys.kevent(kq, fire, 0);
      if (sys.kevent(kq, null, OPS, NOW).length !== OPS) {
        throw new Error('events are missing');
      }
    },
    ops: OPS,
    teardown,
  };
}

function pipes(sys: ReturnType<typeof scene>['sys']) {
  return Array.from({ length: READY }, () => sys.pipe());
}

function readiness() {
  const { sys, kq, teardown } = scene();
  const ends = pipes(sys);
  const byte = new Uint8Array(1);
  sys.kevent(
    kq,
    ends.map(([r]) => ev(r, EVFILT_READ, EV_ADD)),
    0,
  );
  return {
    fn: () => {
      for (const [, w] of ends) {
        sys.write(w, byte);
      }
      for (const { ident } of sys.kevent(kq, null, READY)) {
        sys.read(ident, byte);
      }
    },
    ops: READY,
    teardown,
  };
}

function polled() {
  const { sys, teardown } = scene();
  const ends = pipes(sys);
  const byte = new Uint8Array(1);
  const fds = ends.map(([fd]) => ({ fd, events: POLLIN, revents: 0 }));
  return {
    fn: () => {
      for (const [, w] of ends) {
        sys.write(w, byte);
      }
      sys.poll(fds, -1);
      for (const { fd } of fds) {
        sys.read(fd, byte);
      }
    },
    ops: READY,
    teardown,
  };
}

/** The same with what Node has for it. One operation is a byte written, told of and read. */
async function epoll() {
  const folder = mkdtempSync(join(tmpdir(), 'rump-bench-'));
  const path = join(folder, 'socket');
  let left = 0;
  let done = () => {};
  const server = createServer((socket) => {
    socket.on('data', () => {
      if (--left === 0) {
        done();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const clients: Socket[] = [];
  for (let i = 0; i < READY; i++) {
    const client = createConnection(path);
    await new Promise<void>((resolve) => client.once('connect', resolve));
    clients.push(client);
  }
  const byte = Buffer.alloc(1);
  return {
    fn: () =>
      new Promise<void>((resolve) => {
        left = READY;
        done = resolve;
        for (const client of clients) {
          client.write(byte);
        }
      }),
    ops: READY,
    teardown: () => {
      for (const client of clients) {
        client.destroy();
      }
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export const rows: readonly BenchRow[] = [
  { name: EPOLL, setup: epoll },
  {
    name: 'kqueue, 100 pipes, a byte written, told of and read',
    target: { ratioOf: EPOLL, times: 0.25 },
    setup: readiness,
  },
  { name: 'poll, 100 pipes, a byte written, told of and read', setup: polled },
  { name: 'kqueue, a knote added and deleted', target: { ns: 1000 }, setup: addDelete },
  {
    name: 'kqueue, one of 1,000 knotes fired and collected',
    target: { ns: 500 },
    setup: () => fireCollect(OPS),
  },
  {
    name: 'kqueue, one of 100,000 knotes fired and collected',
    target: { ratioOf: 'kqueue, one of 1,000 knotes fired and collected', times: 2 },
    setup: () => fireCollect(100 * OPS),
  },
];
