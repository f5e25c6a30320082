/** Memory that is used again: what is in it is never another's, and never told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { boot, constants as c, connect } from '../../lib/api/index.ts';
import { encodeFrame, Reassembly } from '../../lib/sysproxy/frame.ts';
import { copyoutFrame, Rooms } from '../../lib/sysproxy/rooms.ts';

test('a room is zeroed, whatever was in it, and lies in its frame', (t) => {
  const rooms = new Rooms();
  const first = rooms.takeRoom(10_000).fill(7);
  rooms.give(first);
  const again = rooms.takeRoom(9000);
  t.is(again.buffer, first.buffer);
  t.true(again.every((byte) => byte === 0));
  again.fill(5);
  const frame = copyoutFrame(9n, 0x1234n, again.subarray(0, 3));
  t.deepEqual(
    frame,
    encodeFrame(
      9n,
      0,
      4,
      0,
      new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0, 0x34, 0x12, 0, 0, 0, 0, 0, 0]),
      new Uint8Array([5, 5, 5]),
    ),
  );
  t.is(frame.buffer, again.buffer);
});

test('small and huge pieces are not kept, and of the others a few', (t) => {
  const rooms = new Rooms();
  for (const length of [100, 1 << 20]) {
    const room = rooms.takeRoom(length);
    rooms.give(room);
    t.not(rooms.takeRoom(length).buffer, room.buffer);
  }
  const many = Array.from({ length: 10 }, () => rooms.takeRoom(20_000));
  for (const room of many) {
    rooms.give(room);
  }
  const before = new Set(many.map(({ buffer }) => buffer));
  const kept = many.map(() => rooms.takeRoom(20_000)).filter(({ buffer }) => before.has(buffer));
  t.is(kept.length, 4);
});

test('a frame that came in pieces has its memory to itself', (t) => {
  const rooms = new Rooms();
  const input = new Reassembly(1 << 20, (length) => rooms.take(length));
  const one = encodeFrame(1n, 0, 1, 4, new Uint8Array(20_000).fill(1));
  const two = encodeFrame(2n, 0, 1, 4, new Uint8Array(20_000).fill(2));
  input.push(one.slice(0, 11_000));
  t.is(input.next(), null);
  input.push(one.slice(11_000));
  const first = input.next();
  t.true(first !== null && first !== 'bad' && first.alone);
  // Two in one: neither is alone.
  input.push(new Uint8Array([...two.slice(0, 100)]));
  input.push(new Uint8Array([...two.slice(100), ...one]));
  const others = [input.next(), input.next()];
  for (const [i, frame] of [first, ...others].entries()) {
    if (frame === null || frame === 'bad') {
      t.fail();
      return;
    }
    t.true(frame.body.every((byte) => byte === (i === 1 ? 2 : 1)));
    t.is(frame.alone, i === 0);
  }
});

test('clients that write and read at once get what is theirs', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'rump-'));
  const kernel = boot();
  const listener = await kernel.listen(`unix://${join(dir, 'sock')}`, { uid: 0, gid: 0 });
  const one = async (mark: number): Promise<void> => {
    const proc = await connect(listener.url, { attach: mark % 2 === 0 });
    const fd = await proc.promises.open(`/tmp/${mark}`, c.O_CREAT | c.O_RDWR, 0o600);
    for (let round = 1; round < 30; round++) {
      const length = 1000 + ((round * 7919 * (mark + 1)) % 90_000);
      const bytes = Buffer.alloc(length, mark * 16 + (round % 16));
      t.is(await proc.promises.pwrite(fd, bytes, 0), length);
      const back = Buffer.alloc(length);
      t.is(await proc.promises.pread(fd, back, 0), length);
      t.true(back.equals(bytes), `${mark}: round ${round}`);
    }
    proc.close();
  };
  await Promise.all(Array.from({ length: 8 }, (_, mark) => one(mark)));
  await listener.close();
  kernel.halt();
  rmSync(dir, { recursive: true });
});
