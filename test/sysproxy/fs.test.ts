/** node:fs on a process of a kernel elsewhere. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import test, { type ExecutionContext } from 'ava';
import { boot, connect, type Kernel, type RemoteProc } from '../../lib/api/index.ts';

function remotely(
  title: string,
  body: (t: ExecutionContext, fs: RemoteProc['fs'], kernel: Kernel) => Promise<void>,
): void {
  test(title, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'rump-'));
    const kernel = boot({ console: () => {} });
    const listener = await kernel.listen(`unix://${join(dir, 'sock')}`, { uid: 1000, gid: 1000 });
    const remote = await connect(listener.url);
    try {
      await body(t, remote.fs, kernel);
      t.is(remote.fs, remote.fs);
      t.is(kernel.dead, '', kernel.dmesg());
    } finally {
      remote.close();
      await listener.close();
      kernel.halt();
      rmSync(dir, { recursive: true });
    }
  });
}

remotely('whole files, directories, links', async (t, { promises: fs }, kernel) => {
  await fs.mkdir('/tmp/a/b/c', { recursive: true });
  await fs.writeFile('/tmp/a/b/f', 'hello');
  await fs.appendFile('/tmp/a/b/f', ', wörld');
  t.is(await fs.readFile('/tmp/a/b/f', 'utf8'), 'hello, wörld');
  t.is(kernel.fs.readFileSync('/tmp/a/b/f', 'utf8'), 'hello, wörld');
  await fs.symlink('b/f', '/tmp/a/l');
  t.is(await fs.realpath('/tmp/a/l'), '/tmp/a/b/f');
  const names = await fs.readdir('/tmp/a', { withFileTypes: true, recursive: true });
  t.deepEqual(names.map((each) => [each.name, each.isDirectory(), each.isSymbolicLink()]).sort(), [
    ['b', true, false],
    ['c', true, false],
    ['f', false, false],
    ['l', false, true],
  ]);
  const { size, uid, mode } = await fs.stat('/tmp/a/l');
  t.deepEqual([size, uid, mode & 0o777], [13, 1000, 0o644]);
  t.is((await fs.stat('/tmp/a/l', { bigint: true })).size, 13n);
  await fs.cp('/tmp/a', '/tmp/z', { recursive: true });
  t.is(await fs.readFile('/tmp/z/l', 'utf8'), 'hello, wörld');
  await fs.rm('/tmp/a', { recursive: true });
  await t.throwsAsync(fs.access('/tmp/a'), {
    code: 'ENOENT',
    message: /^ENOENT: no such file or directory, access '/,
  });
  await t.throwsAsync(fs.writeFile('/dev/none', ''), { code: 'EACCES' });
});

remotely('callbacks', async (t, fs) => {
  await new Promise<void>((resolve, reject) => {
    fs.writeFile('/tmp/f', 'x', (error) => (error === null ? resolve() : reject(error)));
  });
  const there = (path: string) => new Promise<boolean>((resolve) => fs.exists(path, resolve));
  t.deepEqual([await there('/tmp/f'), await there('/tmp/g')], [true, false]);
});

remotely('a megabyte and more, by handle and by stream', async (t, fs) => {
  const data = Buffer.alloc(3_000_001, 'abcdefg');
  await fs.promises.writeFile('/tmp/big', data);
  t.true(data.equals(await fs.promises.readFile('/tmp/big')));
  await pipeline(fs.createReadStream('/tmp/big'), fs.createWriteStream('/tmp/copy'));
  const handle = await fs.promises.open('/tmp/copy', 'r+');
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(10), 0, 10, 2_000_000);
  t.deepEqual([bytesRead, buffer.equals(data.subarray(2_000_000, 2_000_010))], [10, true]);
  await handle.truncate(5);
  t.is((await handle.stat()).size, 5);
  await handle.close();
});

remotely('a directory, entry by entry; watchFile', async (t, fs) => {
  await fs.promises.writeFile('/tmp/a', '');
  const names: string[] = [];
  for await (const { name } of await fs.promises.opendir('/tmp')) {
    names.push(name);
  }
  t.deepEqual(names, ['a']);
  const watcher = fs.watchFile('/tmp/a', { interval: 5, persistent: false }, () => {});
  const changed = once(watcher, 'change');
  const poke = setInterval(() => fs.promises.appendFile('/tmp/a', 'x').catch(() => {}), 10);
  await changed;
  clearInterval(poke);
  fs.unwatchFile('/tmp/a');
});

remotely('what would have to return at once says so, and does nothing', async (t, fs, kernel) => {
  const refused = { code: 'ERR_METHOD_NOT_IMPLEMENTED' };
  t.throws(() => fs.writeFileSync('/tmp/f', ''), refused);
  t.throws(() => fs.existsSync('/tmp'), refused);
  t.throws(() => fs.watch('/tmp'), refused);
  const dir = await fs.promises.opendir('/tmp');
  t.throws(() => dir.readSync(), refused);
  await dir.close();
  t.deepEqual(kernel.fs.readdirSync('/tmp'), []);
});
