/** Watching files and directories. Order comes from events, never from time. */
import type { FSWatcher } from 'node:fs';
import test from 'ava';
import { boot } from '../../../lib/api/index.ts';

/** The next event of a watcher that is this one. */
function event(watcher: FSWatcher, wanted: string): Promise<void> {
  return new Promise((resolve) => {
    watcher.on('change', (kind, name) => {
      if (`${kind} ${String(name)}` === wanted) {
        resolve();
      }
    });
  });
}

test('a directory tells what came, changed and went', async (t) => {
  using kernel = boot();
  const { fs } = kernel;
  fs.mkdirSync('/tmp/d');
  fs.writeFileSync('/tmp/d/old', 'x');
  const seen: string[] = [];
  const watcher = fs.watch('/tmp/d', (kind, name) => seen.push(`${kind} ${name}`));
  const step = async (wanted: string, does: () => void) => {
    const came = event(watcher, wanted);
    does();
    await came;
  };
  await step('change old', () => fs.appendFileSync('/tmp/d/old', 'y'));
  await step('rename new', () => fs.mkdirSync('/tmp/d/new'));
  await step('rename moved', () => fs.renameSync('/tmp/d/old', '/tmp/d/moved'));
  await step('change moved', () => fs.chmodSync('/tmp/d/moved', 0o600));
  await step('rename moved', () => fs.unlinkSync('/tmp/d/moved'));
  t.true(seen.includes('rename old'));
  watcher.close();
});

test('a file tells of itself', async (t) => {
  using kernel = boot();
  const { fs } = kernel;
  fs.writeFileSync('/tmp/a', 'x');
  const watcher = fs.watch('/tmp/a', { encoding: 'buffer' });
  const changed = new Promise<unknown[]>((resolve) => watcher.once('change', (...args) => resolve(args)));
  fs.appendFileSync('/tmp/a', 'y');
  t.deepEqual(await changed, ['change', Buffer.from('a')]);
  const gone = event(watcher, 'rename a');
  fs.unlinkSync('/tmp/a');
  await gone;
  watcher.close();
});

test('a tree tells of what is deep in it, also of what came later', async (t) => {
  using kernel = boot();
  const { fs } = kernel;
  fs.mkdirSync('/tmp/d/e', { recursive: true });
  const watcher = fs.watch('/tmp/d', { recursive: true });
  const deep = event(watcher, 'rename e/f');
  fs.mkdirSync('/tmp/d/e/f');
  await deep;
  const deeper = event(watcher, 'rename e/f/g');
  fs.writeFileSync('/tmp/d/e/f/g', 'x');
  await deeper;
  const changed = event(watcher, 'change e/f/g');
  fs.appendFileSync('/tmp/d/e/f/g', 'y');
  await changed;
  watcher.close();
  t.pass();
});

test('a closed watcher leaves no descriptor, and says nothing more', async (t) => {
  using kernel = boot();
  const proc = kernel.newproc();
  const { fs } = proc;
  const free = () => {
    const fd = proc.sys.kqueue();
    proc.sys.close(fd);
    return fd;
  };
  fs.mkdirSync('/tmp/d/e', { recursive: true });
  fs.writeFileSync('/tmp/d/a', '');
  const first = free();
  const watcher = fs.watch('/tmp/d', { recursive: true }, () => t.fail());
  t.true(free() > first);
  const closed = new Promise<void>((resolve) => watcher.on('close', resolve));
  watcher.close();
  watcher.close();
  fs.writeFileSync('/tmp/d/a', 'x');
  await closed;
  while (free() !== first) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.pass();
});

test('watchers end with their kernel', async (t) => {
  const kernel = boot();
  const watcher = kernel.fs.watch('/tmp');
  const error = new Promise<Error>((resolve) => watcher.on('error', resolve));
  const closed = new Promise<void>((resolve) => watcher.on('close', resolve));
  kernel.halt();
  t.is(((await error) as NodeJS.ErrnoException).code, 'ERR_KERNEL_DEAD');
  await closed;
  watcher.close();
});

test('what cannot be watched is told at once', (t) => {
  using kernel = boot();
  const { fs } = kernel;
  const error = t.throws(() => fs.watch('/none'));
  t.like(error, { code: 'ENOENT', filename: '/none', syscall: 'watch', path: '/none' });
  t.is(error.message, "ENOENT: no such file or directory, watch '/none'");
  t.throws(() => fs.watch(5 as never), { code: 'ERR_INVALID_ARG_TYPE' });
  t.throws(() => fs.watch('/tmp', { persistent: 5 as never }), { code: 'ERR_INVALID_ARG_TYPE' });
  t.throws(() => fs.watchFile('/tmp', {}, undefined as never), { code: 'ERR_INVALID_ARG_TYPE' });
});

test('events can be waited for, until a signal', async (t) => {
  using kernel = boot();
  const { fs } = kernel;
  const controller = new AbortController();
  const events = fs.promises.watch('/tmp', { signal: controller.signal })[Symbol.asyncIterator]();
  const first = events.next();
  fs.mkdirSync('/tmp/a');
  t.deepEqual(await first, { done: false, value: { eventType: 'rename', filename: 'a' } });
  const second = events.next();
  controller.abort();
  await t.throwsAsync(second, { name: 'AbortError', code: 'ABORT_ERR' });
  await t.throwsAsync(
    async () => {
      for await (const _ of fs.promises.watch('/none'));
    },
    { code: 'ENOENT' },
  );
});

test('watchFile tells what a file is and was', async (t) => {
  using kernel = boot();
  const { fs } = kernel;
  let tell: (sizes: number[]) => void = () => {};
  const next = () =>
    new Promise<number[]>((resolve) => {
      tell = resolve;
    });
  const absent = next();
  fs.watchFile('/tmp/a', { interval: 1 }, (now, before) => tell([now.size, before.size]));
  t.deepEqual(await absent, [0, 0]);
  const made = next();
  fs.writeFileSync('/tmp/a', 'xyz');
  t.deepEqual(await made, [3, 0]);
  const cut = next();
  fs.truncateSync('/tmp/a', 1);
  t.deepEqual(await cut, [1, 3]);
  fs.unwatchFile('/tmp/a');
});

/** What is ignored, and who is still told of. */
const IGNORED: readonly (readonly [ignore: unknown, told: readonly string[]])[] = [
  ['*.log', ['.dot.log', 'e/.dot.log', 'e/f/end', 'e/f/x.js']],
  ['e/*.log', ['.dot.log', 'e/.dot.log', 'e/f/end', 'e/f/x.js', 'e/f/x.log', 'x.log']],
  ['**/{x,y}.*', ['.dot.log', 'e/.dot.log', 'e/f/end']],
  [/^e.*log$/, ['.dot.log', 'e/f/end', 'e/f/x.js', 'x.log']],
  [(name: string) => name.startsWith('e/f/x'), ['.dot.log', 'e/.dot.log', 'e/f/end', 'e/x.log', 'x.log']],
  [
    ['x.js', /dot/],
    ['e/f/end', 'e/f/x.log', 'e/x.log', 'x.log'],
  ],
];

test('what is ignored is not told of', async (t) => {
  for (const [ignore, told] of IGNORED) {
    using kernel = boot();
    const { fs } = kernel;
    fs.mkdirSync('/tmp/d/e/f', { recursive: true });
    const seen = new Set<string>();
    const watcher = fs.watch('/tmp/d', { recursive: true, ignore } as object, (_, name) =>
      seen.add(String(name)),
    );
    const end = event(watcher, 'rename e/f/end');
    for (const name of ['x.log', '.dot.log', 'e/x.log', 'e/.dot.log', 'e/f/x.log', 'e/f/x.js', 'e/f/end']) {
      fs.writeFileSync(`/tmp/d/${name}`, '');
    }
    await end;
    watcher.close();
    t.deepEqual([...seen].sort(), told, String(ignore));
  }
});

test('a directory that is ignored is not entered', (t) => {
  using kernel = boot();
  const { fs } = kernel;
  fs.mkdirSync('/tmp/d/node_modules/deep', { recursive: true });
  const asked: string[] = [];
  const ignore = (name: string) => asked.push(name) > 0;
  fs.watch('/tmp/d', { recursive: true, ignore } as object).close();
  t.deepEqual(asked, ['node_modules']);
});

test('what cannot be ignored is told', async (t) => {
  using kernel = boot();
  const { fs } = kernel;
  const watch = (ignore: unknown) => fs.watch('/tmp', { ignore } as object);
  t.throws(() => watch(5), {
    code: 'ERR_INVALID_ARG_TYPE',
    message:
      'The "options.ignore" property must be one of type string or function or an instance of RegExp. ' +
      'Received type number (5)',
  });
  t.throws(() => watch(['a', '']), {
    code: 'ERR_INVALID_ARG_VALUE',
    message: "The property 'options.ignore[1]' must be a non-empty string. Received ''",
  });
  const events = fs.promises.watch('/tmp', { ignore: '' } as object)[Symbol.asyncIterator]();
  await t.throwsAsync(async () => events.next(), { code: 'ERR_INVALID_ARG_VALUE' });
});

test('what watches a file badly is told', (t) => {
  using kernel = boot();
  const watchFile = kernel.fs.watchFile as (...args: unknown[]) => unknown;
  for (const options of [undefined, null, 'x', 5]) {
    t.throws(() => watchFile('/tmp/a', options, () => {}), { message: /^The "listener" argument/ });
  }
  t.throws(() => watchFile('/tmp/a', { interval: 'x' }, () => {}), { message: /^The "interval" argument/ });
});
