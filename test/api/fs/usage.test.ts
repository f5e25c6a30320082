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

test('nothing there is no error for who says so', async (t) => {
  using kernel = boot();
  const { fs } = kernel;
  fs.writeFileSync('/tmp/f', '');
  const quiet = { throwIfNoEntry: false } as const;
  const stat = fs.promises.stat as (path: string, options: object) => Promise<unknown>;
  for (const path of ['/tmp/none', '/tmp/f/below']) {
    t.is(fs.statSync(path, quiet), undefined);
    t.is(fs.lstatSync(path, quiet), undefined);
    t.is(await stat(path, quiet), undefined);
    await t.throwsAsync(stat(path, { throwIfNoEntry: true }), { message: /^ENO/ });
  }
  await t.throwsAsync(stat('/tmp/f'.repeat(200), quiet), { code: 'ENAMETOOLONG' });
  t.is(typeof fs.statSync('/tmp/f', { ...quiet, bigint: true })?.ino, 'bigint');
  t.throws(() => fs.statSync('/tmp/none', {}), { code: 'ENOENT' });
  const called = await new Promise<unknown[]>((resolve) => {
    (fs.stat as unknown as (path: string, options: object, done: (...args: unknown[]) => void) => void)(
      '/tmp/none',
      quiet,
      (...args) => resolve(args),
    );
  });
  t.deepEqual(called, [null]);
});

test('Stats and Dirents can be made by programs', (t) => {
  using kernel = boot();
  const { fs } = kernel;
  const { Stats, Dirent } = fs as unknown as {
    Stats: new (...fields: number[]) => import('node:fs').Stats;
    Dirent: new (name: string, type: number, path: string) => import('node:fs').Dirent;
  };
  const made = new Stats(1, 0o100644, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
  t.deepEqual(Object.keys(made), Object.keys(fs.statSync('/tmp')));
  t.true(made.isFile());
  t.like(made, { dev: 1, mode: 0o100644, nlink: 3, uid: 4, gid: 5, rdev: 6, blksize: 7, ino: 8, size: 9 });
  t.like(made, { blocks: 10, atimeMs: 11, mtimeMs: 12, ctimeMs: 13, birthtimeMs: 14 });
  t.is(made.mtime.getTime(), 12);
  const { UV_DIRENT_FIFO, UV_DIRENT_DIR } = fs.constants as unknown as Record<string, number>;
  const fifo = new Dirent('name', UV_DIRENT_FIFO as number, '/in');
  t.like(fifo, { name: 'name', parentPath: '/in' });
  t.true(fifo.isFIFO());
  t.false(fifo.isDirectory());
  t.true(new Dirent('name', UV_DIRENT_DIR as number, '/in').isDirectory());
});

test('a temporary directory is removed from wherever the process has gone', async (t) => {
  using kernel = boot();
  const proc = kernel.newproc({ cwd: '/tmp' });
  interface Disposable {
    path: string;
    remove(): unknown;
  }
  const fs = proc.fs as unknown as {
    mkdtempDisposableSync(prefix: string): Disposable;
    promises: { mkdtempDisposable(prefix: string): Promise<Disposable> };
  };
  const all = [fs.mkdtempDisposableSync('a-'), await fs.promises.mkdtempDisposable('b-')];
  proc.sys.chdir('/');
  for (const { path, remove } of all) {
    t.regex(path, /^[ab]-.{6}$/);
    t.true(proc.fs.existsSync(`/tmp/${path}`));
    await remove();
    t.false(proc.fs.existsSync(`/tmp/${path}`));
  }
});

test('a stream of a handle calls its methods', async (t) => {
  using kernel = boot();
  const { fs } = kernel;
  const handle = await fs.promises.open('/tmp/f', 'w+');
  const called: string[] = [];
  for (const name of ['read', 'write', 'writev', 'close'] as const) {
    const method = handle[name] as (...args: unknown[]) => unknown;
    (handle as unknown as Record<string, unknown>)[name] = (...args: unknown[]) => {
      called.push(name);
      return method.apply(handle, args);
    };
  }
  await pipeline(['one ', 'two'], handle.createWriteStream({ autoClose: false }));
  t.true(called.includes('write') || called.includes('writev'));
  const pieces: unknown[] = [];
  for await (const piece of handle.createReadStream({ start: 0, encoding: 'utf8' })) {
    pieces.push(piece);
  }
  t.is(pieces.join(''), 'one two');
  t.true(called.includes('read'));
  t.is(called.at(-1), 'close');
  const createReadStream = fs.createReadStream as (path: unknown, options: object) => unknown;
  const other = await fs.promises.open('/tmp/f');
  t.throws(() => createReadStream(null, { fd: other, fs }), { code: 'ERR_METHOD_NOT_IMPLEMENTED' });
  await other.close();
});

test('cp does not go on into a directory that is there when that is an error', async (t) => {
  using kernel = boot();
  const { fs } = kernel;
  fs.mkdirSync('/tmp/a/deep', { recursive: true });
  fs.mkdirSync('/tmp/b');
  const options = { recursive: true, errorOnExist: true, force: false };
  t.throws(() => fs.cpSync('/tmp/a', '/tmp/b', options), { code: 'ERR_FS_CP_EEXIST' });
  await t.throwsAsync(fs.promises.cp('/tmp/a', '/tmp/b', options), { code: 'ERR_FS_CP_EEXIST' });
  t.deepEqual(fs.readdirSync('/tmp/b'), []);
  fs.cpSync('/tmp/a', '/tmp/b', { ...options, errorOnExist: false });
  t.deepEqual(fs.readdirSync('/tmp/b'), ['deep']);
});

test('realpath knows what is above a name, the native one what is above where it leads', async (t) => {
  using kernel = boot();
  const { fs } = kernel;
  fs.mkdirSync('/tmp/a/deep', { recursive: true });
  fs.symlinkSync('a/deep', '/tmp/link');
  fs.writeFileSync('/tmp/f', '');
  t.is(fs.realpathSync('/tmp/link/..'), '/tmp');
  t.is(fs.realpathSync.native('/tmp/link/..'), '/tmp/a');
  t.is(await fs.promises.realpath('/tmp/link/../.'), '/tmp/a');
  t.is(fs.realpathSync('/tmp/none/..'), '/tmp');
  t.throws(() => fs.realpathSync.native('/tmp/none/..'), {
    message: "ENOENT: no such file or directory, realpath '/tmp/none/..'",
  });
  for (const path of ['/tmp/f/', '/tmp/f/.', '/tmp/f/..']) {
    await t.throwsAsync(fs.promises.realpath(path), { code: 'ENOTDIR' });
  }
  const { fs: below } = kernel.newproc({ cwd: '/tmp/a' });
  t.is(below.realpathSync.native('../link/.././deep'), '/tmp/a/deep');
});
