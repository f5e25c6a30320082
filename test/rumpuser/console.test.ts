import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { openHost } from './host_support.ts';

function recording() {
  const pieces: string[] = [];
  const opened = openHost({ console: (text) => void pieces.push(text) });
  const put = (text: string) => {
    for (const byte of Buffer.from(text)) opened.calls.putchar(byte);
  };
  return { ...opened, pieces, put };
}

test('lines go out whole, when they end', (t) => {
  const { put, pieces } = recording();
  put('NetBSD 7.99.34\nCopy');
  t.deepEqual(pieces, ['NetBSD 7.99.34\n']);
  put('right\n');
  t.deepEqual(pieces, ['NetBSD 7.99.34\n', 'Copyright\n']);
});

test('a line without an end goes out with the turn, before dprintf, or when asked', async (t) => {
  const { calls, host, put, pieces } = recording();
  put('login: ');
  t.deepEqual(pieces, []);
  await null;
  t.deepEqual(pieces, ['login: ']);
  put('half');
  calls.dprintf('debug\n');
  t.deepEqual(pieces, ['login: ', 'half', 'debug\n']);
  put('rest');
  host.flushConsole();
  t.deepEqual(pieces, ['login: ', 'half', 'debug\n', 'rest']);
  put('last');
  calls.exit(0);
  t.is(pieces.at(-1), 'last');
});

test('characters of several bytes come out as characters, even across pieces', async (t) => {
  const { calls, put, pieces } = recording();
  put('grüße ☃ 𝄞\n');
  t.deepEqual(pieces, ['grüße ☃ 𝄞\n']);
  const [first = 0, ...rest] = Buffer.from('☃');
  calls.putchar(first);
  await null;
  for (const byte of rest) calls.putchar(byte);
  await null;
  t.is(pieces.slice(1).join(''), '☃');
});

test('an endless line does not wait for ever', (t) => {
  const { put, pieces } = recording();
  put('x'.repeat(10_000));
  t.is(pieces.join('').length, 8192);
});

test('a console that throws is not heard, and is tried again', async (t) => {
  let tried = 0;
  const { calls, host } = openHost({
    console: () => {
      tried++;
      throw new Error('broken');
    },
  });
  t.notThrows(() => calls.putchar(10));
  t.notThrows(() => calls.dprintf('text'));
  calls.putchar(65);
  t.notThrows(() => host.flushConsole());
  calls.putchar(66);
  await null;
  t.is(tried, 4);
});

test('without a console, standard output and standard error are it', (t) => {
  const scene = fileURLToPath(new URL('console_scene.js', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [scene], { encoding: 'utf8' });
  t.is(stdout, 'grüße\nno newline');
  t.is(stderr, 'debug 100%s\n');
  t.is(status, 0);
});
