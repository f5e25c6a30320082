/** proc.fs acts as its process: credentials, working directory, umask, descriptors. */
import test from 'ava';
import { boot } from '../../../lib/api/index.ts';
import type { Fs } from './twin.ts';

test('permissions are those of the process', (t) => {
  using kernel = boot();
  const { fs } = kernel;
  const user = kernel.newproc({ uid: 1000, gid: 100 }).fs;
  fs.writeFileSync('/secret', 'x', { mode: 0o600 });
  t.throws(() => user.readFileSync('/secret'), {
    code: 'EACCES',
    message: "EACCES: permission denied, open '/secret'",
  });
  t.throws(() => user.writeFileSync('/file', ''), { code: 'EACCES' });
  t.throws(() => user.chownSync('/tmp', 1000, 100), { code: 'EPERM' });
  user.writeFileSync('/tmp/mine', 'x');
  t.like(fs.statSync('/tmp/mine'), { uid: 1000, gid: fs.statSync('/tmp').gid });
  // /tmp is sticky.
  fs.writeFileSync('/tmp/root', '');
  t.throws(() => user.unlinkSync('/tmp/root'), { code: 'EPERM' });
  t.throws(() => user.accessSync('/secret', fs.constants.R_OK), { code: 'EACCES' });
  t.true(user.existsSync('/secret'));
});

test('relative paths begin where the process is', async (t) => {
  using kernel = boot();
  kernel.fs.mkdirSync('/tmp/there');
  const proc = kernel.newproc({ cwd: '/tmp' });
  const { fs } = proc;
  fs.writeFileSync('a', 'x');
  t.is(kernel.fs.readFileSync('/tmp/a', 'utf8'), 'x');
  t.is(fs.realpathSync('a'), '/tmp/a');
  t.is(fs.realpathSync('.'), '/tmp');
  t.is(await fs.promises.realpath('there/..'), '/tmp');
  t.throws(() => fs.statSync('none'), { message: "ENOENT: no such file or directory, stat 'none'" });
  proc.sys.chdir('/tmp/there');
  fs.cpSync('../a', 'b');
  t.deepEqual(fs.readdirSync('.'), ['b']);
  t.is(fs.mkdirSync('x/y/z', { recursive: true }), 'x');
  fs.rmSync('x', { recursive: true });
  t.deepEqual((fs as unknown as { globSync(p: string): string[] }).globSync('*'), ['b']);
});

test('its umask counts', (t) => {
  using kernel = boot();
  const proc = kernel.newproc();
  proc.sys.umask(0o077);
  proc.fs.writeFileSync('/tmp/a', '');
  proc.fs.mkdirSync('/tmp/d');
  t.is(proc.fs.statSync('/tmp/a').mode & 0o777, 0o600);
  t.is(proc.fs.statSync('/tmp/d').mode & 0o777, 0o700);
  proc.fs.chmodSync('/tmp/a', 0o666);
  t.is(proc.fs.statSync('/tmp/a').mode & 0o777, 0o666);
});

test('descriptors are those of the process', (t) => {
  using kernel = boot();
  const proc = kernel.newproc();
  const fd = proc.fs.openSync('/tmp/a', 'w+');
  proc.sys.write(fd, Buffer.from('hello'));
  t.is(proc.fs.fstatSync(fd).size, 5);
  t.throws(() => kernel.newproc().fs.fstatSync(fd), { code: 'EBADF' });
  const [r, w] = proc.sys.pipe();
  proc.fs.writeSync(w, 'through');
  proc.fs.closeSync(w);
  t.is(proc.fs.readFileSync(r, 'utf8'), 'through');
  proc.fs.closeSync(fd);
  t.throws(() => proc.sys.fstat(fd), { code: 'EBADF' });
});

test('nothing of what an operation opens stays open when it fails', async (t) => {
  using kernel = boot();
  const proc = kernel.newproc();
  const { fs } = proc;
  const free = () => {
    const fd = proc.sys.kqueue();
    proc.sys.close(fd);
    return fd;
  };
  const first = free();
  fs.mkdirSync('/tmp/d/e', { recursive: true });
  for (const attempt of [
    () => fs.readFileSync('/tmp/d'),
    () => fs.copyFileSync('/tmp/d', '/tmp/x'),
    () => fs.copyFileSync('/tmp/none', '/tmp/x'),
    () => fs.truncateSync('/tmp/d'),
    () => fs.rmSync('/tmp/d'),
    () => fs.cpSync('/tmp/d', '/tmp/d/e/f', { recursive: true }),
    () => fs.readdirSync('/tmp/none'),
    () => fs.watch('/tmp/none'),
  ]) {
    t.throws(attempt);
    t.is(free(), first, String(attempt));
  }
  await t.throwsAsync(fs.promises.readFile('/tmp/d'));
  await t.throwsAsync(
    fs.promises.writeFile(
      '/tmp/x',
      (function* () {
        yield 'one';
        yield 5 as unknown as string;
      })(),
    ),
  );
  t.is(fs.readFileSync('/tmp/x', 'utf8'), 'one');
  fs.readdirSync('/tmp', { recursive: true });
  for await (const entry of await fs.promises.opendir('/tmp')) {
    t.truthy(entry.name);
    break;
  }
  t.is(free(), first);
});

test('where a directory was, none can be made, and that ends', async (t) => {
  using kernel = boot();
  const proc = kernel.newproc({ cwd: '/tmp' });
  const { fs } = proc;
  fs.mkdirSync('gone');
  proc.sys.chdir('gone');
  fs.rmdirSync('/tmp/gone');
  const recursive = { recursive: true } as const;
  for (const path of ['a', 'a/b/c']) {
    t.throws(() => fs.mkdirSync(path, recursive), { code: 'ENOENT' });
    await t.throwsAsync(fs.promises.mkdir(path, recursive), { code: 'ENOENT' });
  }
});

/** Work that goes from one operation to the next, for ever, until it is told to end. */
const ENDLESS: Readonly<Record<string, (fs: Fs, ended: () => boolean) => Promise<void>>> = {
  promises: async (fs, ended) => {
    while (!ended()) {
      await fs.promises.stat('/tmp');
    }
  },
  'promises that fail': async (fs, ended) => {
    while (!ended()) {
      await fs.promises.stat('/none').catch(() => {});
    }
  },
  callbacks: (fs, ended) =>
    new Promise((resolve) => {
      const next = () => (ended() ? resolve() : fs.stat('/tmp', next));
      next();
    }),
  'a handle': async (fs, ended) => {
    await using handle = await fs.promises.open('/dev/zero');
    while (!ended()) {
      await handle.read(Buffer.alloc(8));
    }
  },
  'a stream': async (fs, ended) => {
    for await (const _ of fs.createReadStream('/dev/zero', { highWaterMark: 8 })) {
      if (ended()) {
        return;
      }
    }
  },
};

for (const [what, work] of Object.entries(ENDLESS)) {
  test(`others have their turn while there is always more to do: ${what}`, async (t) => {
    using kernel = boot();
    let turned = false;
    let asked = 0;
    setImmediate(() => {
      turned = true;
    });
    await work(kernel.fs, () => turned || asked++ > 2000);
    t.true(turned);
  });
}
