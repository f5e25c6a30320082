/** Packages that people use take a kernel's fs where they take `node:fs`. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { rolldown } from 'rolldown';
import { boot, type Kernel } from '../../../lib/api/index.ts';
import type { Fs } from './twin.ts';

// By require: the repository compiles also where these are not installed.
const require = createRequire(import.meta.url);

type Found = string[];
const { glob, globSync } = require('glob') as {
  glob(pattern: string, options: object): Promise<Found>;
  globSync(pattern: string, options: object): Found;
};

interface Git {
  init(args: object): Promise<void>;
  add(args: object): Promise<void>;
  commit(args: object): Promise<string>;
  branch(args: object): Promise<void>;
  checkout(args: object): Promise<void>;
  status(args: object): Promise<string>;
  resolveRef(args: object): Promise<string>;
  log(args: object): Promise<{ commit: { message: string } }[]>;
  statusMatrix(args: object): Promise<[name: string, head: number, workdir: number, stage: number][]>;
}
const git = require('isomorphic-git') as Git;

function on(
  title: string,
  body: (t: ExecutionContext, fs: Fs, kernel: Kernel) => Promise<void> | void,
): void {
  test(title, async (t) => {
    using kernel = boot();
    await body(t, kernel.fs, kernel);
  });
}

on('isomorphic-git commits, branches and checks out, as an unprivileged user', async (t, _, kernel) => {
  kernel.fs.mkdirSync('/home/me', { recursive: true });
  kernel.fs.chownSync('/home/me', 1000, 100);
  const { fs } = kernel.newproc({ uid: 1000, gid: 100, cwd: '/home/me' });
  const dir = '/home/me/repo';
  const author = { name: 'Me', email: 'me@example.org' };
  fs.mkdirSync(`${dir}/src`, { recursive: true });
  await git.init({ fs, dir, defaultBranch: 'main' });
  fs.writeFileSync(`${dir}/src/a.txt`, 'one\n');
  fs.writeFileSync(`${dir}/run`, '#!/bin/sh\n', { mode: 0o755 });
  fs.symlinkSync('src/a.txt', `${dir}/link`);
  for (const filepath of ['src/a.txt', 'run', 'link']) {
    await git.add({ fs, dir, filepath });
  }
  const first = await git.commit({ fs, dir, message: 'first', author });
  await git.branch({ fs, dir, ref: 'topic', checkout: true });
  fs.writeFileSync(`${dir}/src/a.txt`, 'two\n');
  t.is(await git.status({ fs, dir, filepath: 'src/a.txt' }), '*modified');
  await git.add({ fs, dir, filepath: 'src/a.txt' });
  await git.commit({ fs, dir, message: 'second', author });
  const log = await git.log({ fs, dir });
  t.deepEqual(
    log.map(({ commit }) => commit.message.trim()),
    ['second', 'first'],
  );
  await git.checkout({ fs, dir, ref: 'main' });
  t.is(fs.readFileSync(`${dir}/link`, 'utf8'), 'one\n');
  t.is(await git.resolveRef({ fs, dir, ref: 'HEAD' }), first);
  fs.rmSync(`${dir}/src`, { recursive: true });
  await git.checkout({ fs, dir, ref: 'topic', force: true });
  t.is(fs.readFileSync(`${dir}/src/a.txt`, 'utf8'), 'two\n');
  t.is(fs.statSync(`${dir}/run`).mode & 0o777, 0o755);
  t.true(fs.lstatSync(`${dir}/link`).isSymbolicLink());
  t.deepEqual(
    (await git.statusMatrix({ fs, dir })).map(([name, ...state]) => `${name} ${state.join('')}`),
    ['link 111', 'run 111', 'src/a.txt 111'],
  );
  t.is(fs.statSync(`${dir}/.git/index`).uid, 1000);
});

on('tar-fs packs a tree and unpacks it with modes, times and links', async (t, fs) => {
  const tar = require('tar-fs') as {
    pack(dir: string, options: object): Readable;
    extract(dir: string, options: object): Writable;
  };
  fs.mkdirSync('/tmp/in/d/e', { recursive: true });
  fs.writeFileSync('/tmp/in/d/a', 'hello', { mode: 0o640 });
  fs.writeFileSync('/tmp/in/big', Buffer.alloc(300_000, 7));
  fs.symlinkSync('d/a', '/tmp/in/link');
  fs.linkSync('/tmp/in/d/a', '/tmp/in/d/e/hard');
  fs.utimesSync('/tmp/in/d/a', 1000, 2000);
  fs.chmodSync('/tmp/in/d/e', 0o700);
  await pipeline(tar.pack('/tmp/in', { fs }), fs.createWriteStream('/tmp/archive.tar'));
  await pipeline(fs.createReadStream('/tmp/archive.tar'), tar.extract('/tmp/out', { fs }));
  const names = fs.readdirSync('/tmp/in', { recursive: true }).map(String).sort();
  t.deepEqual(fs.readdirSync('/tmp/out', { recursive: true }).map(String).sort(), names);
  for (const name of names) {
    const [a, b] = [fs.lstatSync(join('/tmp/in', name)), fs.lstatSync(join('/tmp/out', name))];
    t.is(a.mode, b.mode, name);
    t.is(a.size, b.size, name);
  }
  t.is(fs.statSync('/tmp/out/d/a').mtimeMs, 2_000_000);
  t.is(fs.readFileSync('/tmp/out/link', 'utf8'), 'hello');
});

on('glob walks it', async (t, fs) => {
  fs.mkdirSync('/tmp/a/b', { recursive: true });
  for (const name of ['/tmp/x.js', '/tmp/a/y.js', '/tmp/a/b/z.ts']) {
    fs.writeFileSync(name, '');
  }
  const options = { cwd: '/tmp', fs: fs as never };
  t.deepEqual(globSync('**/*.js', options).sort(), ['a/y.js', 'x.js']);
  t.deepEqual((await glob('**/*.{js,ts}', options)).sort(), ['a/b/z.ts', 'a/y.js', 'x.js']);
});

on('glob and our glob find the same', (t, fs) => {
  for (const name of ['a/b/c.js', 'a/.d/e.js', 'x.y.js', 'f[1].js', 'a/x', 'b/x', 'b/aXb', '-/q']) {
    fs.mkdirSync(join('/tmp', name, '..'), { recursive: true });
    fs.writeFileSync(join('/tmp', name), '');
  }
  const ours = (fs as unknown as { globSync(p: string, o: object): string[] }).globSync;
  for (const pattern of [
    '*',
    '**/*',
    '**/x',
    '*/*',
    '{a,b}/*',
    '?/x',
    '[ab]/x',
    '[^a]/x',
    '[a-b]/[x-y]',
    'f\\[1\\].js',
    'f[[]1].js',
    '*.js',
    '*.*.js',
    '**/*.js',
    'a/**/*.js',
    'a/**/c.js',
    '!(a)/*',
    '@(a|b)/?(x|aXb)',
    '+([a-z])/*',
    'b/a*b',
    'b/a?b',
    '*(-)/*',
    'a/.*/e.js',
    'a/.d/*',
    '**/{c,e}.js',
    'b/[[:alpha:]]',
  ]) {
    const wanted = globSync(pattern, { cwd: '/tmp', fs: fs as never }).sort();
    t.deepEqual(ours(pattern, { cwd: '/tmp' }).sort(), wanted, pattern);
  }
});

on('unionfs lays it over another', async (t, fs, kernel) => {
  const { Union } = require('unionfs') as {
    Union: new () => { use(fs: object): Fs & { use(fs: object): Fs } };
  };
  using other = boot();
  other.fs.writeFileSync('/tmp/below', 'below');
  fs.writeFileSync('/tmp/above', 'above');
  const both = new Union().use(kernel.fs).use(other.fs);
  t.is(both.readFileSync('/tmp/below', 'utf8'), 'below');
  t.is(both.readFileSync('/tmp/above', 'utf8'), 'above');
  t.is(await both.promises.readFile('/tmp/below', 'utf8'), 'below');
  t.deepEqual(both.readdirSync('/tmp').map(String).sort(), ['above', 'below']);
  t.throws(() => both.readFileSync('/tmp/none'), { code: 'ENOENT' });
});

on('graceful-fs wraps a copy of it', async (t, kernelFs) => {
  const { gracefulify } = require('graceful-fs') as { gracefulify(fs: object): Fs };
  const fs = gracefulify({ ...kernelFs });
  fs.writeFileSync('/tmp/a', 'x'.repeat(1000));
  t.is(
    await new Promise((resolve) => fs.readFile('/tmp/a', 'utf8', (_, text) => resolve(text.length))),
    1000,
  );
  await pipeline(fs.createReadStream('/tmp/a'), fs.createWriteStream('/tmp/b'));
  t.is(fs.statSync('/tmp/b').size, 1000);
  const streams = fs as unknown as { ReadStream: new (path: string) => Readable };
  let length = 0;
  for await (const chunk of new streams.ReadStream('/tmp/b')) {
    length += (chunk as Buffer).length;
  }
  t.is(length, 1000);
});

on('a bundler reads its modules from it and writes its output to it', async (t, fs) => {
  fs.mkdirSync('/src');
  fs.writeFileSync('/src/main.js', "import { b } from './b.js'; export const a = b + 1;");
  fs.writeFileSync('/src/b.js', 'export const b = 41;');
  const bundle = await rolldown({
    input: '/src/main.js',
    logLevel: 'silent',
    plugins: [
      {
        name: 'kernel-fs',
        resolveId: (id, importer) => (importer === undefined ? id : join(importer, '..', id)),
        load: (id) => fs.promises.readFile(id, 'utf8'),
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  fs.mkdirSync('/dist');
  for (const file of output) {
    fs.writeFileSync(join('/dist', file.fileName), file.type === 'chunk' ? file.code : file.source);
  }
  const text = fs.readFileSync('/dist/main.js', 'base64');
  const built = (await import(`data:text/javascript;base64,${text}`)) as { a: number };
  t.is(built.a, 42);
});
