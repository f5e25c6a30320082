import { Readable } from 'node:stream';
import test from 'ava';
import { type Input, LINE_MAX, type Line, streamInput, textInput } from '../../lib/cli/input.ts';
import { fc } from '../fc.ts';

async function all(input: Input): Promise<Line[]> {
  const lines: Line[] = [];
  for (;;) {
    const line = await input.next('ready');
    if (line.kind === 'end') {
      return lines;
    }
    lines.push(line);
  }
}

function texts(lines: readonly Line[]): (string | undefined)[] {
  return lines.map((line) => (line.kind === 'line' ? line.text : undefined));
}

test('lines come out as they went in, however the bytes are cut', async (t) => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\n\0]/g, ''));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat(20), { minLength: 1 }), async (lines, cuts) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      const pieces: Buffer[] = [];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const end = at + 1 + (cuts[i % cuts.length] as number);
        pieces.push(bytes.subarray(at, end));
        at = end;
      }
      t.deepEqual(texts(await all(streamInput(Readable.from(pieces)))), lines);
    }),
  );
});

test('the last line may go without its newline', async (t) => {
  t.deepEqual(texts(await all(streamInput(Readable.from([Buffer.from('a\nb')])))), ['a', 'b']);
  t.deepEqual(texts(await all(textInput('a\n\nb'))), ['a', '', 'b']);
});

test('a line that is too long is passed over, and the next is read', async (t) => {
  const piece = Buffer.alloc(1000, 'a');
  const pieces = [
    ...Array.from({ length: Math.ceil(LINE_MAX / 1000) }, () => piece),
    Buffer.from('\nid\n'),
    Buffer.alloc(LINE_MAX, 'b'),
    Buffer.from('\n'),
  ];
  const [long, id, longest, ...rest] = await all(streamInput(Readable.from(pieces)));
  t.deepEqual(long, { kind: 'bad', reason: `line 1: longer than ${LINE_MAX} bytes`, fatal: false });
  t.deepEqual(id, { kind: 'line', text: 'id' });
  t.is(texts([longest as Line])[0]?.length, LINE_MAX, 'the longest there may be');
  t.deepEqual(rest, []);
});

test('what is no text is no line', async (t) => {
  const reason = 'line 2: not text';
  for (const bytes of [Buffer.from('id\na\0b\n'), Buffer.from([0x69, 0x64, 10, 0xc3, 0x28, 10])]) {
    const [, bad] = await all(streamInput(Readable.from([bytes])));
    t.deepEqual(bad, { kind: 'bad', reason, fatal: true });
  }
});

test('a stream that fails says why, and one that is closed is at its end', async (t) => {
  const failing = new Readable({
    read() {
      this.destroy(new Error('EISDIR: illegal operation'));
    },
  });
  t.deepEqual(await streamInput(failing).next('ready'), {
    kind: 'bad',
    reason: 'standard input: EISDIR: illegal operation',
    fatal: true,
  });
  const input = streamInput(new Readable({ read() {} }));
  const next = input.next('ready');
  input.close();
  t.deepEqual(await next, { kind: 'end' });
});
