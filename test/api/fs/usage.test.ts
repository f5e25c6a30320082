/** How programs use fs beside the arguments of its operations: constructors, absent callbacks, aborting, closing. */
import { pipeline } from 'node:stream/promises';
import test from 'ava';
import { boot } from '../../../lib/api/index.ts';
import type { Fs } from './twin.ts';

test('streams are made with new, and by options that are inherited', async (t) => {
  using kernel = boot();
  const { fs } = kernel;
  fs.writeFileSync('/tmp/a', '0123456789');
  const Reader = fs.createReadStream as unknown as new (
    path: string,
    options: object,
  ) => NodeJS.ReadableStream;
  const read: unknown[] = [];
  for await (const piece of new Reader('/tmp/a', Object.create({ start: 2, end: 5, encoding: 'utf8' }))) {
    read.push(piece);
  }
  t.is(read.join(''), '2345');
  const Writer = fs.createWriteStream as unknown as new (path: string) => NodeJS.WritableStream;
  await pipeline(['new'], new Writer('/tmp/b'));
  t.is(fs.readFileSync('/tmp/b', 'utf8'), 'new');
});

test('close needs no callback', async (t) => {
  using kernel = boot();
  const { fs } = kernel;
  const close = fs.close as (fd: unknown) => void;
  const fd = fs.openSync('/tmp/a', 'w');
  t.is(close(fd), undefined);
  await new Promise((resolve) => setImmediate(resolve));
  t.throws(() => fs.fstatSync(fd), { code: 'EBADF' });
  t.throws(() => close(''), { code: 'ERR_INVALID_ARG_TYPE', message: /"fd"/ });
  t.throws(() => (fs.close as (...args: unknown[]) => void)(fd, null), { message: /"cb"/ });
});

const LONG = Buffer.alloc(4 << 20, 'x');

/** What can be aborted while it works. */
const ABORTABLE: Readonly<Record<string, (fs: Fs, signal: AbortSignal) => Promise<unknown>>> = {
  'readFile of a promise': (fs, signal) => fs.promises.readFile('/tmp/long', { signal }),
  'writeFile of a promise': (fs, signal) => fs.promises.writeFile('/tmp/a', LONG, { signal }),
  'writeFile of a promise, of little': (fs, signal) => fs.promises.writeFile('/tmp/a', 'x', { signal }),
  'appendFile of a handle': async (fs, signal) => {
    await using handle = await fs.promises.open('/tmp/a', 'w');
    await handle.appendFile(LONG, { signal });
  },
  'writeFile of a handle': async (fs, signal) => {
    await using handle = await fs.promises.open('/tmp/a', 'w');
    await handle.writeFile(LONG, { signal });
  },
  'readFile of a handle, of little': async (fs, signal) => {
    fs.writeFileSync('/tmp/a', 'x');
    await using handle = await fs.promises.open('/tmp/a');
    await handle.readFile({ signal });
  },
  'writeFile of what iterates': (fs, signal) => fs.promises.writeFile('/tmp/a', ['a', 'b'], { signal }),
  'writeFile of an iterable that gives nothing': (fs, signal) =>
    fs.promises.writeFile('/tmp/a', [] as string[], { signal }),
  'readFile of a handle': async (fs, signal) => {
    await using handle = await fs.promises.open('/tmp/long');
    await handle.readFile({ signal });
  },
  'writeFile with a callback': (fs, signal) =>
    new Promise((resolve, reject) => {
      fs.writeFile('/tmp/a', LONG, { signal }, (error) => (error ? reject(error) : resolve(null)));
    }),
};

for (const [what, run] of Object.entries(ABORTABLE)) {
  test(`what is begun can be aborted: ${what}`, async (t) => {
    using kernel = boot();
    kernel.fs.writeFileSync('/tmp/long', LONG);
    const aborting = new AbortController();
    process.nextTick(() => aborting.abort());
    await t.throwsAsync(run(kernel.fs, aborting.signal), { name: 'AbortError', code: 'ABORT_ERR' });
    await run(kernel.fs, new AbortController().signal);
    t.pass();
  });
}

test('a stream ends in silence when its FileHandle is closed', async (t) => {
  using kernel = boot();
  kernel.fs.writeFileSync('/tmp/a', LONG);
  const handle = await kernel.fs.promises.open('/tmp/a');
  const stream = kernel.fs.createReadStream('', { fd: handle });
  let pieces = 0;
  stream.on('data', () => {
    pieces++;
    void handle.close();
  });
  const closed = new Promise((resolve, reject) => {
    stream.on('close', () => resolve(null));
    stream.on('error', reject);
  });
  await closed;
  t.is(pieces, 1);
  // It is told at once: a stream that hears of it later reads what is no longer open.
  const other = await kernel.fs.promises.open('/tmp/a');
  let told = 0;
  (other as unknown as NodeJS.EventEmitter).on('close', () => told++);
  const closing = other.close();
  t.is(told, 1);
  await closing;
  await other.close();
  t.is(told, 1);
  t.is(handle.fd, -1);
});

test('cp refuses switches that are given as nothing', (t) => {
  using kernel = boot();
  const { fs } = kernel;
  const cpSync = fs.cpSync as (src: string, dest: string, options: unknown) => void;
  fs.writeFileSync('/tmp/a', '');
  for (const value of [undefined, null, 1]) {
    for (const name of ['force', 'recursive', 'verbatimSymlinks', 'dereference', 'errorOnExist']) {
      t.throws(
        () => cpSync('/tmp/a', '/tmp/b', { [name]: value }),
        { code: 'ERR_INVALID_ARG_TYPE', message: new RegExp(`options\\.${name}`) },
        `${name}: ${value}`,
      );
    }
  }
  t.throws(() => cpSync('/tmp/a', '/tmp/b', null), { code: 'ERR_INVALID_ARG_TYPE' });
  t.false(fs.existsSync('/tmp/b'));
  cpSync('/tmp/a', '/tmp/b', undefined);
  t.true(fs.existsSync('/tmp/b'));
});

test('positions that are a bigint', async (t) => {
  using kernel = boot();
  const { fs } = kernel;
  fs.writeFileSync('/tmp/a', '0123456789');
  const fd = fs.openSync('/tmp/a', 'r+');
  const last = 2n ** 63n - 1n - 4n;
  t.is(fs.readSync(fd, Buffer.alloc(4), 0, 4, last), 0);
  t.is(fs.readSync(fd, Buffer.alloc(4), 0, 4, 2n ** 53n), 0);
  t.throws(() => fs.readSync(fd, Buffer.alloc(4), 0, 4, last + 1n), { code: 'ERR_OUT_OF_RANGE' });
  await using handle = await fs.promises.open('/tmp/a');
  t.is((await handle.read(Buffer.alloc(4), 0, 4, last as unknown as number)).bytesRead, 0);
  // To write, it is none: node:fs writes where the file is.
  fs.writeSync(fd, Buffer.from('AB'), 0, 2, 5n as unknown as number);
  t.is(fs.readFileSync('/tmp/a', 'utf8'), 'AB23456789');
});

test('a Dir tells who misuses it', (t) => {
  using kernel = boot();
  const { Dir } = kernel.fs as unknown as { Dir: new () => object };
  t.throws(() => new Dir(), { code: 'ERR_MISSING_ARGS' });
  t.throws(() => (Dir.prototype as { path: string }).path, { code: 'ERR_INVALID_THIS' });
});

test('what is written and read at once is looked at as in Node', (t) => {
  using kernel = boot();
  const { fs } = kernel;
  const fd = fs.openSync('/tmp/a', 'w+');
  t.throws(() => fs.writeSync(fd, 'abc', 0, 'hex'), {
    code: 'ERR_INVALID_ARG_VALUE',
    message: "The argument 'encoding' is invalid for data of length 3. Received 'hex'",
  });
  t.is(fs.writeSync(fd, 'c0ffee', 0, 'hex'), 3);
  const readSync = fs.readSync as unknown as (fd: number, buffer?: unknown) => number;
  for (const buffer of [undefined, null, {}, { buffer: null }, { buffer: Buffer.alloc(1) }]) {
    t.throws(() => readSync(fd, buffer), { code: 'ERR_INVALID_ARG_TYPE', message: /"buffer"/ });
  }
  t.throws(() => (fs.opendir as unknown as (path: string) => void)('/tmp'), {
    message: 'The "callback" argument must be of type function. Received undefined',
  });
});

test('to remove a tree by rmdir works, and is said to be of the past once', async (t) => {
  using kernel = boot();
  const rmdirSync = kernel.fs.rmdirSync as (path: string, options: object) => void;
  const told: string[] = [];
  const hear = (warning: Error & { code?: string }) => told.push(`${warning.name} ${warning.code}`);
  process.on('warning', hear);
  for (const name of ['/tmp/a', '/tmp/b']) {
    kernel.fs.mkdirSync(`${name}/deep`, { recursive: true });
    rmdirSync(name, { recursive: true });
    t.false(kernel.fs.existsSync(name));
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', hear);
  t.deepEqual(told, ['DeprecationWarning DEP0147']);
});
