/** What the running Node's node:fs has, a kernel's fs has. */
import * as host from 'node:fs';
import test from 'ava';
import { boot } from '../../../lib/api/index.ts';

/** What Node exports and we do not, with the reason. */
const MISSING: Readonly<Record<string, string>> = {
  default: 'the module itself, as ES modules see it',
  'module.exports': 'the module itself, as ES modules see it',
  Utf8Stream: 'a stream of its own that stands on the exported functions',
};

function exportsOf(table: object): string[] {
  return Object.keys(table).filter((name) => !(name in MISSING));
}

test('every export of node:fs is there, and of the same kind', (t) => {
  using kernel = boot();
  const ours = kernel.fs as unknown as Record<string, unknown>;
  for (const name of exportsOf(host)) {
    const theirs = (host as Record<string, unknown>)[name];
    // lchmod is undefined where the host has no such call; the kernel has it.
    t.is(typeof ours[name], theirs === undefined ? 'function' : typeof theirs, name);
  }
});

test('every export of node:fs/promises is there', (t) => {
  using kernel = boot();
  const ours = kernel.fs.promises as unknown as Record<string, unknown>;
  for (const name of exportsOf(host.promises)) {
    t.is(typeof ours[name], typeof (host.promises as Record<string, unknown>)[name], name);
  }
});

test('a FileHandle has what that of Node has', async (t) => {
  using kernel = boot();
  const [theirs, ours] = await Promise.all([host.promises.open('/'), kernel.fs.promises.open('/')]);
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(theirs))) {
    t.true(name in ours, name);
  }
  await theirs.close();
  await ours.close();
});

test('Stats, Dirent and Dir have the methods of those of Node', (t) => {
  using kernel = boot();
  const { fs } = kernel;
  const pairs: [object, object][] = [
    [host.statSync('/'), fs.statSync('/')],
    [host.statSync('/', { bigint: true }), fs.statSync('/', { bigint: true })],
    [host.statfsSync('/'), fs.statfsSync('/')],
    [
      host.readdirSync('/', { withFileTypes: true })[0] as object,
      fs.readdirSync('/', { withFileTypes: true })[0] as object,
    ],
    [host.opendirSync('/'), fs.opendirSync('/')],
  ];
  for (const [theirs, ours] of pairs) {
    for (let at: object = theirs; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
      for (const name of Object.getOwnPropertyNames(at)) {
        t.true(/^_|^processReadResult|^readSyncRecursive/.test(name) || name in ours, name);
      }
    }
  }
  for (const dir of pairs.at(-1) ?? []) {
    (dir as host.Dir).closeSync();
  }
});

test('what newer Nodes have is there on every Node', (t) => {
  using kernel = boot();
  const fs = kernel.fs as unknown as Record<string, unknown>;
  for (const name of ['glob', 'globSync', 'mkdtempDisposableSync', 'openAsBlob', 'statfs', 'cp']) {
    t.is(typeof fs[name], 'function', name);
  }
  const promises = kernel.fs.promises as unknown as Record<string, unknown>;
  for (const name of ['glob', 'mkdtempDisposable', 'statfs', 'cp', 'watch']) {
    t.is(typeof promises[name], 'function', name);
  }
});

test('a kernel that is dead says so, in every form', async (t) => {
  const kernel = boot();
  const { fs } = kernel;
  const handle = await fs.promises.open('/tmp/a', 'w');
  kernel.halt();
  t.throws(() => fs.statSync('/'), { code: 'ERR_KERNEL_DEAD' });
  t.throws(() => fs.readFileSync('/tmp/a'), { code: 'ERR_KERNEL_DEAD' });
  await t.throwsAsync(fs.promises.stat('/'), { code: 'ERR_KERNEL_DEAD' });
  await t.throwsAsync(handle.write('x'), { code: 'ERR_KERNEL_DEAD' });
  const error = await new Promise((resolve) => fs.readdir('/', resolve));
  t.is((error as NodeJS.ErrnoException).code, 'ERR_KERNEL_DEAD');
  t.false(fs.existsSync('/'));
  t.is(kernel.fs, fs);
});

test('an fs whose process has ended says so, and the kernel makes a new one', (t) => {
  using kernel = boot();
  const proc = kernel.newproc();
  const { fs } = proc;
  proc.exit();
  t.throws(() => fs.statSync('/'), { code: 'ESRCH' });
  const before = kernel.fs;
  const pid = kernel.ps().find(({ comm }) => comm === 'fs')?.pid as number;
  kernel.proc(pid).exit();
  t.throws(() => before.statSync('/'), { code: 'ESRCH' });
  t.true(kernel.fs.statSync('/').isDirectory());
});
