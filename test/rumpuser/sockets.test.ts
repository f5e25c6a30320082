/**
 * Sockets of the host: what is written arrives, in order, however slowly it is read; what ends a connection is told;
 * and an isolate that goes takes its own along.
 */
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import {
  type Connection,
  dial,
  isAbandoned,
  type SocketAddress,
  SocketListener,
  type SocketUser,
  together,
} from '../../lib/rumpuser/sockets.ts';
import { EADDRINUSE, ECONNREFUSED, ENAMETOOLONG, ENOENT, type Errno } from '../../lib/sys/errno.ts';

const LARGE = 5 << 20;

/** What has been told of a connection. */
class Heard implements SocketUser {
  readonly chunks: Uint8Array[] = [];
  length = 0;
  drains = 0;
  over: Errno | null | undefined;
  #changed: () => void = () => {};

  received(bytes: Uint8Array, length: number): void {
    this.chunks.push(bytes.slice(0, length));
    this.length += length;
    this.#changed();
  }

  drained(): void {
    this.drains++;
    this.#changed();
  }

  ended(error: Errno | null): void {
    this.over = error;
    this.#changed();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

interface Pair {
  readonly near: Connection;
  readonly nearHeard: Heard;
  readonly far: Connection;
  readonly farHeard: Heard;
}

async function pairAt(t: ExecutionContext, address: SocketAddress): Promise<Pair> {
  const farHeard = new Heard();
  let far: Connection | undefined;
  const come = new Promise<void>((resolve) => {
    const listener = new SocketListener(address, (accept) => {
      far = accept(farHeard);
      listener.close();
      resolve();
    });
    address = listener.address;
  });
  const nearHeard = new Heard();
  const near = dial(address, nearHeard);
  await come;
  t.teardown(() => {
    near.destroy();
    far?.destroy();
  });
  return { near, nearHeard, far: far as Connection, farHeard };
}

function pathOf(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'rump-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return join(dir, 'sock');
}

function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    bytes[i] = i * 7 + (i >> 8);
  }
  return bytes;
}

for (const kind of ['unix', 'tcp'] as const) {
  const addressOf = (t: ExecutionContext): SocketAddress =>
    kind === 'unix' ? { kind, path: pathOf(t) } : { kind, host: '127.0.0.1', port: 0 };

  test(`${kind}: pieces of all sizes arrive in order, and are let go`, async (t) => {
    const { near, far, farHeard, nearHeard } = await pairAt(t, addressOf(t));
    const all = pattern(LARGE);
    let gone = 0;
    let at = 0;
    for (let n = 0; at < LARGE; n++) {
      const size = [1, 48, 4095, 4096, 70_000, 300_000][n % 6] as number;
      near.write(all.subarray(at, at + size), () => gone++);
      at += size;
      if (at >= LARGE) {
        await nearHeard.until(() => near.backlog === 0);
        t.is(gone, n + 1);
      }
    }
    await farHeard.until(() => farHeard.length === LARGE);
    t.is(Buffer.compare(farHeard.bytes, all), 0);
    t.true(nearHeard.drains > 0, 'it had to wait');
    far.write(Buffer.from('back'));
    await nearHeard.until(() => nearHeard.length === 4);
    t.is(nearHeard.bytes.toString(), 'back');
  });

  test(`${kind}: who is told that too much waits is told when it has gone`, async (t) => {
    const { near, nearHeard } = await pairAt(t, addressOf(t));
    const piece = pattern(64 << 10);
    for (let round = 1; round <= 5; round++) {
      // TCP takes all of it at once, a unix socket a part.
      together(() => {
        for (let i = 0; i < 16; i++) {
          t.true(near.write(piece));
        }
        t.false(near.write(piece));
      });
      await nearHeard.until(() => nearHeard.drains === round);
    }
    t.is(near.backlog, 0);
  });

  test(`${kind}: nothing comes while paused`, async (t) => {
    const { near, far, farHeard } = await pairAt(t, addressOf(t));
    far.pause();
    near.write(pattern(100));
    await sleep(20);
    t.is(farHeard.length, 0);
    far.resume();
    await farHeard.until(() => farHeard.length === 100);
    t.pass();
  });

  test(`${kind}: what was written before the end arrives, and then the end`, async (t) => {
    const { near, farHeard, nearHeard } = await pairAt(t, addressOf(t));
    near.write(pattern(LARGE));
    near.end(10_000);
    near.write(pattern(1));
    await farHeard.until(() => farHeard.over !== undefined);
    t.is(farHeard.over, null);
    t.is(farHeard.length, LARGE);
    t.is(nearHeard.over, undefined, 'who ends it is not told');
  });

  test(`${kind}: who does not read is left after a while`, async (t) => {
    const { near, far, farHeard } = await pairAt(t, addressOf(t));
    far.pause();
    near.write(pattern(LARGE));
    near.end(20);
    await sleep(40);
    far.resume();
    await farHeard.until(() => farHeard.over !== undefined);
    t.true(farHeard.length < LARGE);
  });
}

test('a backlog that nobody reads ends the connection', async (t) => {
  const { near, nearHeard, far } = await pairAt(t, { kind: 'unix', path: pathOf(t) });
  far.pause();
  for (let i = 0; i < 9; i++) {
    near.write(pattern(4 << 20));
  }
  t.is(nearHeard.over, undefined, 'not in the middle of it');
  await nearHeard.until(() => nearHeard.over !== undefined);
  t.is(nearHeard.over?.code, 'ENOBUFS');
});

test('writing to who has gone is an end, told later', async (t) => {
  const { near, nearHeard, far } = await pairAt(t, { kind: 'unix', path: pathOf(t) });
  near.pause();
  far.destroy();
  near.write(pattern(10));
  t.is(nearHeard.over, undefined);
  await nearHeard.until(() => nearHeard.over !== undefined);
  t.is(nearHeard.over?.code, 'EPIPE');
});

test('what cannot be connected to is told, and not at once', async (t) => {
  const path = pathOf(t);
  const reasons: [SocketAddress, Errno][] = [
    [{ kind: 'unix', path }, ENOENT],
    [{ kind: 'unix', path: `/${'x'.repeat(200)}` }, ENAMETOOLONG],
    [{ kind: 'tcp', host: '127.0.0.1', port: 1 }, ECONNREFUSED],
  ];
  for (const [address, reason] of reasons) {
    const heard = new Heard();
    const connection = dial(address, heard);
    connection.write(pattern(3));
    t.is(heard.over, undefined);
    await heard.until(() => heard.over !== undefined);
    t.is(heard.over, reason);
  }
});

test('a path that is taken, and one whose owner has gone', async (t) => {
  const path = pathOf(t);
  const address = { kind: 'unix', path } as const;
  const listener = new SocketListener(address, (accept) => accept(new Heard()).destroy());
  t.throws(() => new SocketListener(address, () => {}), { any: true, is: EADDRINUSE });
  t.false(isAbandoned(path));
  listener.close();
  t.false(existsSync(path), 'its name goes with it');
  // Whoever is killed leaves it.
  const holder = createServer().listen(path);
  await once(holder, 'listening');
  t.false(isAbandoned(path));
  holder.close();
  await once(holder, 'close');
});

test('what was said before the connection broke is heard', async (t) => {
  const { near, far, farHeard } = await pairAt(t, { kind: 'unix', path: pathOf(t) });
  far.pause();
  // Unread bytes at the other end make its end a reset.
  far.write(pattern(10));
  near.pause();
  near.write(pattern(100));
  near.destroy();
  far.resume();
  await farHeard.until(() => farHeard.over !== undefined);
  t.is(farHeard.length, 100);
});

test('who is nobody’s is turned away', async (t) => {
  const path = pathOf(t);
  const listener = new SocketListener({ kind: 'unix', path }, () => {});
  const heard = new Heard();
  dial({ kind: 'unix', path }, heard);
  await heard.until(() => heard.over !== undefined);
  t.is(heard.over, null);
  listener.close();
});

test('closed in the middle of a batch: the rest is nobody’s', async (t) => {
  const path = pathOf(t);
  const heard = new Heard();
  const listener = new SocketListener({ kind: 'unix', path }, (accept) => {
    const connection = accept({
      received: () => {
        heard.drains++;
        connection.destroy();
        connection.destroy();
        connection.write(pattern(10));
        listener.close();
      },
      drained() {},
      ended: () => t.fail('told of what it has done itself'),
    });
  });
  const other = connect(path);
  other.on('error', () => {});
  other.write(pattern(LARGE));
  await new Promise((resolve) => other.once('close', resolve));
  t.is(heard.drains, 1);
});

test('a Worker that is terminated takes its sockets along', async (t) => {
  const path = pathOf(t);
  const module = new URL('../../lib/rumpuser/sockets.js', import.meta.url);
  const program = `
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(module.href)}).then(({ SocketListener, dial }) => {
      const user = { received() {}, drained() {}, ended() {} };
      new SocketListener({ kind: 'unix', path: ${JSON.stringify(path)} }, (accept) => void accept(user));
      for (let i = 0; i < 20; i++) dial({ kind: 'unix', path: ${JSON.stringify(path)} }, user);
      parentPort.postMessage('ready');
    });`;
  for (let i = 0; i < 5; i++) {
    const worker = new Worker(program, { eval: true });
    await once(worker, 'message');
    const heard = new Heard();
    dial({ kind: 'unix', path }, heard);
    await sleep(5);
    await worker.terminate();
    await heard.until(() => heard.over !== undefined);
    t.false(existsSync(path));
  }
});
