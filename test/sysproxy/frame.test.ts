/** A stream of bytes becomes frames, however it is cut. */
import test from 'ava';
import { encodeFrame, type Frame, HEADER, Reassembly } from '../../lib/sysproxy/frame.ts';

const FRAMES = [
  encodeFrame(1n, 0, 1, 20),
  encodeFrame(2n ** 64n - 1n, 1, 2, 0xffff_ffff, Buffer.from('body')),
  encodeFrame(3n, 2, 3, 4, Buffer.alloc(5000, 7), Buffer.from('end')),
  encodeFrame(4n, 0xffff, 0xffff, 0),
];

function all(input: Reassembly): Frame[] {
  const found: Frame[] = [];
  for (let frame = input.next(); frame !== null; frame = input.next()) {
    if (frame === 'bad') {
      throw new Error('bad');
    }
    found.push(frame);
  }
  return found;
}

for (const size of [1, 2, 23, 24, 25, 100, 4096, 100_000]) {
  test(`in pieces of ${size} bytes`, (t) => {
    const stream = Buffer.concat([...FRAMES, ...FRAMES]);
    const input = new Reassembly(6000);
    const found: Frame[] = [];
    for (let at = 0; at < stream.length; at += size) {
      // The pieces are the socket's: they may be small parts of something else.
      input.push(stream.subarray(at, at + size));
      found.push(...all(input));
    }
    t.deepEqual(
      // What was given stays what it was.
      found.map(({ reqno, class: cls, type, u, body }) => encodeFrame(reqno, cls, type, u, body)),
      [...FRAMES, ...FRAMES],
    );
    t.is(input.next(), null);
  });
}

test('a length that cannot be is seen as soon as the header is there', (t) => {
  const bad = (change: (view: DataView) => void): void => {
    const bytes = encodeFrame(1n, 0, 0, 0);
    change(new DataView(bytes.buffer));
    const input = new Reassembly(4096);
    input.push(bytes.subarray(0, HEADER - 1));
    t.is(input.next(), null);
    input.push(bytes.subarray(HEADER - 1));
    t.is(input.next(), 'bad');
  };
  bad((view) => view.setUint32(0, 0, true));
  bad((view) => view.setUint32(0, 23, true));
  bad((view) => view.setUint32(0, 4097, true));
  bad((view) => view.setUint32(4, 1, true));
  bad((view) => view.setBigUint64(0, 2n ** 64n - 1n, true));
});
