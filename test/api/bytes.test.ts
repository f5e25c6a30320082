/**
 * The caller's bytes: those of any kind are moved as they are, and none of the caller's code runs meanwhile.
 */
import test from 'ava';
import { boot, constants as c, type Kernel } from '../../lib/api/index.ts';
import { Odd, ownProperties, resizable } from './hostile.ts';
import { HOSTS } from './support.ts';

/** Fewer than a view is worth, a page, and more than a pipe holds with an odd end. */
const SIZES = [1, 31, 33, 4096, 10_007];

const KINDS: Readonly<Record<string, (size: number) => Uint8Array>> = {
  'a Uint8Array': (size) => new Uint8Array(size),
  'the middle of a Uint8Array': (size) => new Uint8Array(size + 7).subarray(3, size + 3),
  'a Buffer': (size) => Buffer.alloc(size),
  'the middle of a Buffer': (size) => Buffer.alloc(size + 7).subarray(3, size + 3),
  'shared memory': (size) => new Uint8Array(new SharedArrayBuffer(size)),
  'memory that can be resized': (size) => new Uint8Array(resizable(size, size * 2)),
  'a hostile subclass': (size) => new Odd(size),
  'hostile properties': (size) => ownProperties(new Uint8Array(size)),
};

const elementsOf = (bytes: Uint8Array, size: number): number[] =>
  Array.from({ length: size }, (_, i) => bytes[i] as number);

function inKernel<T>(body: (kernel: Kernel) => T): T {
  const kernel = boot({ host: HOSTS.simulated(), console: () => {} });
  try {
    return body(kernel);
  } finally {
    kernel.halt();
  }
}

for (const [kind, make] of Object.entries(KINDS)) {
  test(`${kind}: written and read, through pipes and files`, (t) => {
    inKernel((kernel) => {
      const { sys } = kernel.newproc();
      const [r, w] = sys.pipe();
      const fd = sys.open('/bytes', c.O_RDWR | c.O_CREAT, 0o600);
      for (const size of SIZES) {
        const from = make(size);
        for (let i = 0; i < size; i++) {
          from[i] = (i * 7 + size) & 0xff;
        }
        const want = elementsOf(from, size);
        const through = make(size);
        t.is(sys.write(w, from), size);
        t.is(sys.read(r, through), size);
        t.deepEqual(elementsOf(through, size), want, `pipe, ${size}`);
        const back = make(size);
        t.is(sys.pwrite(fd, from, 5), size);
        t.is(sys.pread(fd, back, 5), size);
        t.deepEqual(elementsOf(back, size), want, `file, ${size}`);
      }
    });
  });
}

test('properties that bytes get while a call sleeps are not looked at', async (t) => {
  const kernel = boot({ host: HOSTS.simulated(), console: () => {} });
  const { sys, promises } = kernel.newproc();
  const [r, w] = sys.pipe();
  const bytes = new Uint8Array(64);
  const reading = promises.read(r, bytes);
  ownProperties(bytes);
  await new Promise((resolve) => setImmediate(resolve));
  sys.write(w, new Uint8Array(64).fill(7));
  t.is(await reading, 64);
  t.deepEqual(elementsOf(bytes, 64), new Array(64).fill(7));
  kernel.halt();
});

test('memory given away while a read sleeps is EFAULT, and what was written stays', async (t) => {
  const kernel = boot({ host: HOSTS.simulated(), console: () => {} });
  const { sys, promises } = kernel.newproc();
  const [r, w] = sys.pipe();
  for (const size of [4, 4096]) {
    const bytes = new Uint8Array(size);
    const reading = promises.read(r, bytes);
    await new Promise((resolve) => setImmediate(resolve));
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    sys.write(w, new Uint8Array(size).fill(9));
    await t.throwsAsync(reading, { code: 'EFAULT' });
    const again = new Uint8Array(size);
    t.is(sys.read(r, again), size);
    t.is(again[size - 1], 9);
  }
  kernel.halt();
});

test('tracing shows bytes without running their methods', (t) => {
  inKernel((kernel) => {
    const { sys } = kernel.newproc();
    const [r, w] = sys.pipe();
    using trace = kernel.trace();
    sys.write(w, ownProperties(new Uint8Array([1, 2])));
    sys.read(r, new Odd(2));
    const heads = trace.events.flatMap((event) => (event.type === 'call' ? [event.args['buf']] : []));
    t.deepEqual(heads, [
      { length: 2, head: new Uint8Array([1, 2]) },
      { length: 2, head: new Uint8Array(2) },
    ]);
  });
});
