/** FileHandle, streams and Dir. */
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { boot } from '../../../lib/api/index.ts';
import type { Fs } from './twin.ts';

function on(title: string, body: (t: ExecutionContext, fs: Fs) => Promise<void>): void {
  test(title, async (t) => {
    using kernel = boot();
    await body(t, kernel.fs);
  });
}

on('a FileHandle reads and writes', async (t, fs) => {
  const handle = await fs.promises.open('/tmp/a', 'w+');
  t.like(await handle.write('hello'), { bytesWritten: 5, buffer: 'hello' });
  t.like(await handle.writev([Buffer.from(' '), Buffer.from('world')]), { bytesWritten: 6 });
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(5), 0, 5, 6);
  t.is(bytesRead, 5);
  t.is(String(buffer), 'world');
  t.is((await handle.readv([Buffer.alloc(3)], 0)).bytesRead, 3);
  t.is((await handle.stat()).size, 11);
  await handle.truncate(4);
  await handle.appendFile('!');
  await handle.chmod(0o640);
  await handle.chown(1, 2);
  await handle.utimes(1, 2);
  await handle.sync();
  await handle.datasync();
  const st = await handle.stat({ bigint: true });
  t.like(st, { uid: 1n, gid: 2n, mtimeNs: 2_000_000_000n });
  await handle.close();
  await handle.close();
  t.is(handle.fd, -1);
  await t.throwsAsync(handle.read(), { code: 'EBADF', message: 'file closed' });
});

on('a FileHandle is a target of whole files', async (t, fs) => {
  {
    await using handle = await fs.promises.open('/tmp/a', 'w+');
    await fs.promises.writeFile(handle, 'one ');
    await fs.promises.appendFile(handle, 'two');
  }
  await using handle = await fs.promises.open('/tmp/a');
  t.is(await fs.promises.readFile(handle, 'utf8'), 'one two');
});

on('files are written from what iterates', async (t, fs) => {
  await fs.promises.writeFile(
    '/tmp/a',
    (async function* () {
      yield 'a';
      yield Buffer.from('b');
    })(),
  );
  await fs.promises.writeFile('/tmp/b', fs.createReadStream('/tmp/a'));
  t.is(fs.readFileSync('/tmp/b', 'utf8'), 'ab');
});

on('lines and web streams come from a handle', async (t, fs) => {
  fs.writeFileSync('/tmp/a', 'one\ntwo\r\nthree');
  const lines: string[] = [];
  for await (const line of (await fs.promises.open('/tmp/a')).readLines()) {
    lines.push(line);
  }
  t.deepEqual(lines, ['one', 'two', 'three']);
  const handle = await fs.promises.open('/tmp/a');
  let text = '';
  for await (const chunk of handle.readableWebStream() as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
  }
  t.is(text, 'one\ntwo\r\nthree');
  await handle.close();
});

on('streams take ranges, and close what they opened', async (t, fs) => {
  fs.writeFileSync('/tmp/a', '0123456789');
  const parts: string[] = [];
  const stream = fs.createReadStream('/tmp/a', { start: 2, end: 7, highWaterMark: 4, encoding: 'utf8' });
  for await (const part of stream) {
    parts.push(part as string);
  }
  t.deepEqual(parts, ['2345', '67']);
  await pipeline(fs.createReadStream('/tmp/a'), fs.createWriteStream('/tmp/b', { flags: 'wx', mode: 0o600 }));
  t.is(fs.readFileSync('/tmp/b', 'utf8'), '0123456789');
  await pipeline(
    fs.createReadStream('/tmp/a', { end: 2 }),
    fs.createWriteStream('/tmp/b', { flags: 'r+', start: 5 }),
  );
  t.is(fs.readFileSync('/tmp/b', 'utf8'), '0123401289');
  const [one, two] = [fs.openSync('/tmp/a', 'r'), fs.openSync('/tmp/a', 'r')];
  t.is(two, one + 1);
});

on('streams tell what open(2) said', async (t, fs) => {
  const error = await new Promise<NodeJS.ErrnoException>((resolve) =>
    fs.createReadStream('/tmp/none').on('error', resolve),
  );
  t.is(error.message, "ENOENT: no such file or directory, open '/tmp/none'");
  await t.throwsAsync(
    pipeline(fs.createReadStream('/tmp'), async (source) => {
      for await (const _ of source);
    }),
    { code: 'EISDIR' },
  );
});

on('a stream of a handle closes it, unless told not to', async (t, fs) => {
  const handle = await fs.promises.open('/tmp/a', 'w');
  const stream = handle.createWriteStream({ autoClose: false });
  stream.end('x');
  await new Promise<void>((resolve) => stream.on('finish', () => resolve()));
  t.true(handle.fd >= 0);
  await handle.close();
  const other = await fs.promises.open('/tmp/a');
  for await (const chunk of other.createReadStream()) {
    t.is(String(chunk), 'x');
  }
  t.is(other.fd, -1);
});

on('streams are made with new, by a call, and by inheritance', async (t, fs) => {
  fs.writeFileSync('/tmp/a', 'x');
  const made = new fs.ReadStream('/tmp/a' as never);
  t.true(made instanceof fs.ReadStream);
  const called = (fs.ReadStream as unknown as (path: string) => object)('/tmp/a');
  t.true(called instanceof fs.ReadStream);
  class Mine extends fs.WriteStream {}
  const mine = new Mine('/tmp/b' as never);
  t.true(mine instanceof Mine && mine instanceof fs.WriteStream);
  mine.end('y');
  await new Promise<void>((resolve) => mine.on('close', () => resolve()));
  t.is(fs.readFileSync('/tmp/b', 'utf8'), 'y');
});

on('a signal ends reading and writing', async (t, fs) => {
  const signal = AbortSignal.abort();
  fs.writeFileSync('/tmp/a', 'x');
  await t.throwsAsync(fs.promises.readFile('/tmp/a', { signal }), { name: 'AbortError', code: 'ABORT_ERR' });
  await t.throwsAsync(fs.promises.writeFile('/tmp/a', 'y', { signal }), { name: 'AbortError' });
  t.is(fs.readFileSync('/tmp/a', 'utf8'), 'x');
  const controller = new AbortController();
  const stream = fs.createReadStream('/tmp/a', { signal: controller.signal });
  controller.abort();
  const error = await new Promise<Error>((resolve) => stream.on('error', resolve));
  t.is(error.name, 'AbortError');
});

on('promisify makes what it makes of node:fs', async (t, fs) => {
  fs.writeFileSync('/tmp/a', 'hello');
  const fd = await promisify(fs.open)('/tmp/a', 'r+');
  t.like(await promisify(fs.read)(fd, Buffer.alloc(5), 0, 5, 0), { bytesRead: 5 });
  t.like(await promisify(fs.write)(fd, 'HE', 0), { bytesWritten: 2, buffer: 'HE' });
  t.true(await promisify(fs.exists)('/tmp/a'));
  t.is(await promisify(fs.readFile)('/tmp/a', 'utf8'), 'HEllo');
});

on('a Dir is read in every way, and closed once', async (t, fs) => {
  for (const name of ['a', 'b', 'c']) {
    fs.mkdirSync(`/tmp/${name}/x`, { recursive: true });
  }
  const dir = fs.opendirSync('/tmp');
  const names = [dir.readSync()?.name, (await dir.read())?.name];
  names.push(await new Promise((resolve) => dir.read((_, entry) => resolve(entry?.name))));
  t.deepEqual(names.sort(), ['a', 'b', 'c']);
  t.is(dir.readSync(), null);
  dir.closeSync();
  t.throws(() => dir.readSync(), { code: 'ERR_DIR_CLOSED' });
  await t.throwsAsync(dir.close(), { code: 'ERR_DIR_CLOSED' });
  const found: string[] = [];
  const options = { recursive: true, bufferSize: 1 };
  for await (const entry of await fs.promises.opendir('/tmp', options)) {
    found.push(`${entry.parentPath}/${entry.name}`);
  }
  t.deepEqual(found.sort(), ['/tmp/a', '/tmp/a/x', '/tmp/b', '/tmp/b/x', '/tmp/c', '/tmp/c/x']);
  t.throws(() => fs.opendirSync('/none'), { message: "ENOENT: no such file or directory, opendir '/none'" });
  const all = fs.opendirSync('/tmp');
  t.is((await Promise.all([all.read(), all.read(), all.read(), all.read()])).filter(Boolean).length, 3);
  await all.close();
});

on('stat answers undefined when it is asked to', async (t, fs) => {
  t.is(fs.statSync('/none', { throwIfNoEntry: false }), undefined);
  t.is(fs.lstatSync('/none/x', { throwIfNoEntry: false }), undefined);
  t.throws(() => fs.statSync('/none'), { code: 'ENOENT' });
});

on('what a callback throws is its own affair', async (t, fs) => {
  const thrown = new Promise((resolve) => process.setUncaughtExceptionCaptureCallback(resolve));
  fs.stat('/', () => {
    throw new Error('of the caller');
  });
  t.is(((await thrown) as Error).message, 'of the caller');
  process.setUncaughtExceptionCaptureCallback(null);
});

on('a Blob has what the file had', async (t, fs) => {
  fs.writeFileSync('/tmp/a', 'hello');
  const blob = await fs.openAsBlob('/tmp/a', { type: 'text/plain' });
  t.is(blob.type, 'text/plain');
  t.is(await blob.slice(1, 3).text(), 'el');
});

on('disposable directories go', async (t, fs) => {
  const { mkdtempDisposableSync } = fs as unknown as {
    mkdtempDisposableSync(prefix: string): Disposable & { path: string };
  };
  let path = '';
  {
    using dir = mkdtempDisposableSync('/tmp/x-');
    ({ path } = dir);
    fs.writeFileSync(`${path}/a`, '');
  }
  t.regex(path, /^\/tmp\/x-[A-Za-z0-9]{6}$/);
  t.false(fs.existsSync(path));
});

test('a handle is one web stream, which ends when it is closed', async (t) => {
  using kernel = boot();
  const { fs } = kernel;
  fs.writeFileSync('/tmp/a', 'hello');
  const handle = await fs.promises.open('/tmp/a');
  const reader = handle.readableWebStream().getReader();
  t.throws(() => handle.readableWebStream(), {
    code: 'ERR_INVALID_STATE',
    message: 'Invalid state: The FileHandle is locked',
  });
  t.is(Buffer.from((await reader.read()).value as Uint8Array).toString(), 'hello');
  await handle.close();
  t.deepEqual(await reader.read(), { value: undefined, done: true });
  t.throws(() => handle.readableWebStream(), { message: 'Invalid state: The FileHandle is closed' });
});
