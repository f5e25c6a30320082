/** Values of another realm, as programs pass them that run in a context of their own: tests under jest do. */
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { boot, constants, defineModule } from '../../lib/api/index.ts';

test('sets of descriptors, and bytes', (t) => {
  using kernel = boot();
  const { sys } = kernel.newproc();
  const [r, w] = sys.pipe();
  t.is(sys.write(w, runInNewContext('new Uint8Array([1, 2])')), 2);
  const read: Set<number> = runInNewContext('new Set([fd])', { fd: r });
  t.is(sys.select(r + 1, read, null, null, null), 1);
  t.deepEqual([...read], [r]);
  const none: Set<number> = runInNewContext('new Set([fd])', { fd: r });
  const buf: Uint8Array = runInNewContext('new Uint8Array(4)');
  t.is(sys.read(r, buf), 2);
  t.is(sys.select(r + 1, none, null, null, { sec: 0, usec: 0 }), 0);
  t.is(none.size, 0);
});

test('properties of modules', (t) => {
  using kernel = boot();
  const seen: unknown[] = [];
  const mod = defineModule({ name: 'seer', init: (m) => void seen.push(m.props['a'], m.props['d']) });
  kernel.modules.load(mod, runInNewContext('({ a: [1, "x"], d: { bytes: new Uint8Array([7]) } })'));
  t.deepEqual(seen, [[1, 'x'], { bytes: Uint8Array.of(7) }]);
});

test('what the console reads', async (t) => {
  using kernel = boot({ stdin: runInNewContext('new Uint8Array([97])') });
  const buf = new Uint8Array(4);
  t.is(await kernel.newproc().promises.read(0, buf), 1);
  t.is(buf[0], 97);
});

test('node:fs: dates, names, filters that promise, and what is ignored', async (t) => {
  using kernel = boot();
  const { fs } = kernel;
  const bytes: Uint8Array = runInNewContext('new Uint8Array([47, 102])');
  fs.writeFileSync(bytes as Buffer, 'x');
  fs.utimesSync('/f', runInNewContext('new Date(5000)'), runInNewContext('new Date(6000)'));
  t.is(fs.statSync('/f').mtimeMs, 6000);
  const filter = runInNewContext('async (src) => !src.endsWith("/no")');
  fs.mkdirSync('/from');
  fs.writeFileSync('/from/yes', '');
  fs.writeFileSync('/from/no', '');
  await fs.promises.cp('/from', '/to', { recursive: true, filter });
  t.deepEqual(fs.readdirSync('/to'), ['yes']);
  t.throws(() => fs.cpSync('/from', '/sync', { recursive: true, filter }), {
    code: 'ERR_INVALID_RETURN_VALUE',
  });
  const watcher = fs.watch('/from', { ignore: runInNewContext('/yes/') } as never);
  watcher.close();
  t.is(fs.openSync('/f', constants.O_RDONLY) >= 0, true);
});
