/** What is wrong with arguments, and which of them is told: word for word as node:fs does. */
import * as host from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import test from 'ava';
import { boot } from '../../../lib/api/index.ts';
import type { Fs } from './twin.ts';

type Call = (...args: unknown[]) => unknown;
type Table = Readonly<Record<string, Call>>;

/** Newer Nodes check some of it in C++, with words of their own. */
const REFERENCE = process.versions.node.startsWith('20.');

interface Side {
  readonly fs: Table & { readonly promises: Fs['promises'] };
  readonly dir: string;
}

function sides(end: (fn: () => void) => void): readonly [ours: Side, theirs: Side] {
  const kernel = boot();
  const dir = host.mkdtempSync(join(host.realpathSync(tmpdir()), 'rump-args-'));
  end(() => {
    kernel.halt();
    host.rmSync(dir, { recursive: true });
  });
  return [
    { fs: kernel.fs as never, dir: kernel.fs.mkdtempSync('/tmp/args-') },
    { fs: host as never, dir },
  ];
}

function told(error: unknown, dir: string): string {
  const { name, code, message } = error as Error & { code: string };
  return `${name} ${code} ${message.replaceAll(dir, '@')}`;
}

/** What a call throws at once. */
function thrown(dir: string, call: () => unknown): string {
  try {
    call();
    return 'nothing';
  } catch (error) {
    return told(error, dir);
  }
}

const nothing = () => {};

/** Arguments of which one is wrong; `fd` stands for an open file, `@` for the directory. */
const WRONG: readonly (readonly [op: string, ...args: unknown[]])[] = [
  ['fchmod', 'fd', '123x'],
  ['fchmod', 'fd'],
  ['fchown', 'fd', '', 1],
  ['fchown', 'fd', 1, ''],
  ['access', 5],
  ['chmod', '@/f', -1],
  ['copyFile', {}, '@/g'],
  ['ftruncate', 'fd', ''],
  ['futimes', 'fd', {}, 1],
  ['futimes', 'fd', 1, {}],
  ['futimes', 'fd', 1, {}, nothing],
  ['open', '@/f', 'odd', 0o600],
  ['open', '@/f', true, nothing],
  ['truncate', '@/f', ''],
  ['truncate', '@/f', null, nothing],
  ['truncate', '@/f'],
  ['read', null, Buffer.alloc(1), 0, 1, 0],
  ['read', 'fd', 5, 0, 1, 0],
  ['read', 'fd', Buffer.alloc(1), 0, 1, 0],
  ['read', 'fd', Buffer.alloc(1), 0, nothing],
  ['read', 'fd', Buffer.alloc(1), [], nothing],
  ['read', 'fd', { buffer: Buffer.alloc(1) }, 0, 1, 0, nothing],
  ['read', 'fd', undefined, 0, 1, 0, nothing],
  ['write', null, Buffer.alloc(1), 0, 1, 0],
  ['write', 'fd', 5, 0, 1, 0],
  ['readv', 'fd', 5],
  ['writev', null, [Buffer.alloc(1)]],
  ['cp', '@/f', '@/g', [], nothing],
  ['rm', '@/none', [], nothing],
  ['rmdir', '@/none', null, nothing],
  ['rmdir', '@/none', 5, nothing],
  ['readdir', '@', 5, nothing],
  ['readlink', '@/f', true, nothing],
  ['mkdtemp', '@/t', -5, nothing],
  ['opendir', '@', true, nothing],
  ['opendir', '@', {}],
];

test('what is wrong is told, the same as node:fs does', (t) => {
  const [ours, theirs] = sides((fn) => t.teardown(fn));
  const tell = ({ fs, dir }: Side, [op, ...args]: (typeof WRONG)[number]) => {
    host.writeFileSync(join(theirs.dir, 'f'), '');
    ours.fs['writeFileSync']?.(`${ours.dir}/f`, '');
    const fd = fs['openSync']?.(`${dir}/f`, 'r+');
    const given = args.map((arg) =>
      arg === 'fd' ? fd : typeof arg === 'string' && arg.startsWith('@') ? dir + arg.slice(1) : arg,
    );
    try {
      return thrown(dir, () => fs[op]?.(...given));
    } finally {
      fs['closeSync']?.(fd);
    }
  };
  for (const call of WRONG) {
    const mine = tell(ours, call);
    t.regex(mine, /ERR_/, inspect(call));
    if (REFERENCE) {
      t.is(mine, tell(theirs, call), inspect(call));
    }
  }
});

const BUFFER = Buffer.alloc(4);
const PLACES: readonly (readonly unknown[])[] = [
  [],
  [undefined],
  [null],
  [0],
  [1],
  ['x'],
  [[]],
  [{}],
  [{ offset: 1 }],
  [{ offset: null }],
  [{ offset: Number.POSITIVE_INFINITY }],
  [{ offset: 9 }],
  [{ length: 2 }],
  [{ length: null }],
  [{ length: 9 }],
  [{ position: 3 }],
  [0, 2],
  [0, 2, 1],
  [0, null, null],
  [1, undefined, 3],
  [{ offset: 1 }, 1, 1],
  [null, 2, 0],
];

/** What a transfer did: how much, and to what. */
function transferred({ fs, dir }: Side, op: string, args: readonly unknown[]): string {
  fs['writeFileSync']?.(`${dir}/f`, '0123456789');
  const fd = fs['openSync']?.(`${dir}/f`, 'r+');
  BUFFER.fill('.');
  try {
    const count = fs[op]?.(fd, ...args) as number;
    return `${count} ${BUFFER.toString()} ${fs['readFileSync']?.(`${dir}/f`, 'utf8') as string}`;
  } catch (error) {
    return told(error, dir);
  } finally {
    fs['closeSync']?.(fd);
  }
}

test('which part of a buffer is read and written is said as in node:fs', (t) => {
  const [ours, theirs] = sides((fn) => t.teardown(fn));
  for (const op of ['readSync', 'writeSync']) {
    for (const place of PLACES) {
      const args = [BUFFER, ...place];
      t.is(transferred(ours, op, args), transferred(theirs, op, args), `${op} ${inspect(place)}`);
    }
  }
  for (const position of [1.5, Number.POSITIVE_INFINITY, Number.NaN, -5, '3', 3n, 3]) {
    for (const [op, data] of [
      ['writeSync', 'ab'],
      ['readvSync', [BUFFER]],
      ['writevSync', [BUFFER]],
    ] as const) {
      const args = [data, position];
      t.is(transferred(ours, op, args), transferred(theirs, op, args), `${op} at ${inspect(position)}`);
    }
  }
});

test('a handle reads what its caller says', async (t) => {
  const [ours, theirs] = sides((fn) => t.teardown(fn));
  const read = async ({ fs, dir }: Side, args: readonly unknown[]) => {
    host.writeFileSync(join(theirs.dir, 'f'), '0123456789');
    ours.fs['writeFileSync']?.(`${ours.dir}/f`, '0123456789');
    const handle = await fs.promises.open(`${dir}/f`);
    try {
      const { bytesRead, buffer } = await (handle.read as unknown as (...all: unknown[]) => Promise<never>)(
        ...args,
      );
      return `${bytesRead} ${(buffer as Buffer).subarray(0, 6).toString()}`;
    } catch (error) {
      return told(error, dir);
    } finally {
      await handle.close();
    }
  };
  for (const place of [
    ...PLACES.map((args) => [BUFFER, ...args]),
    [{ buffer: BUFFER, length: 2 }],
    [{ buffer: BUFFER, length: null }],
    [{}],
  ]) {
    BUFFER.fill('.');
    const mine = await read(ours, place);
    BUFFER.fill('.');
    t.is(mine, await read(theirs, place), inspect(place));
  }
});

test('a time that is an empty string is the beginning of time', (t) => {
  const [ours] = sides((fn) => t.teardown(fn));
  const { fs, dir } = ours;
  fs['writeFileSync']?.(`${dir}/f`, '');
  fs['utimesSync']?.(`${dir}/f`, '', '5');
  t.like(fs['statSync']?.(`${dir}/f`), { atimeMs: 0, mtimeMs: 5000 });
  t.throws(() => fs['utimesSync']?.(`${dir}/f`, 'x', 5), { code: 'ERR_INVALID_ARG_TYPE' });
});

test('an error says its code where it is made text', (t) => {
  const [ours] = sides((fn) => t.teardown(fn));
  const error = t.throws(() => ours.fs['statSync']?.(5));
  t.regex(String(error), /^TypeError \[ERR_INVALID_ARG_TYPE\]: The "path" argument/);
  t.deepEqual(Object.keys(error), ['code']);
});

test('a number that is no descriptor is no path either', async (t) => {
  const [ours] = sides((fn) => t.teardown(fn));
  const { fs } = ours;
  for (const wrong of [1.5, 2 ** 40, Number.NaN]) {
    for (const op of ['readFileSync', 'writeFileSync', 'appendFileSync', 'truncateSync']) {
      t.throws(() => fs[op]?.(wrong, ''), { message: /^The "path" argument/ }, `${op} ${wrong}`);
    }
  }
  t.throws(() => fs['readFileSync']?.(-5), { code: 'ERR_OUT_OF_RANGE' });
  const promises = fs.promises as unknown as Readonly<
    Record<string, (...args: unknown[]) => Promise<unknown>>
  >;
  for (const [op, ...rest] of [
    ['readFile'],
    ['writeFile', ''],
    ['appendFile', ''],
    ['truncate', 0],
  ] as const) {
    await t.throwsAsync(async () => promises[op]?.(3, ...rest), { message: /^The "path" argument/ }, op);
  }
});

test('an encoding of no letters is none', (t) => {
  const [ours] = sides((fn) => t.teardown(fn));
  const { fs, dir } = ours;
  fs['writeFileSync']?.(`${dir}/f`, 'é', '');
  t.deepEqual(fs['readFileSync']?.(`${dir}/f`, ''), Buffer.from('é'));
  t.deepEqual(fs['readdirSync']?.(dir, ''), ['f']);
  t.is(fs['realpathSync']?.(dir, { encoding: '' }), dir);
});

test('a file is read into the buffer that its reader has', async (t) => {
  const [ours] = sides((fn) => t.teardown(fn));
  const { fs, dir } = ours;
  const path = `${dir}/f`;
  fs['writeFileSync']?.(path, 'hello');
  const read = (buffer: unknown, rest?: object) => fs['readFileSync']?.(path, { buffer, ...rest });
  const buffer = Buffer.alloc(8, '.');
  t.deepEqual(read(buffer), Buffer.from('hello'));
  t.is(buffer.toString(), 'hello...');
  t.is((read(buffer) as Buffer).buffer, buffer.buffer);
  t.is(read(new DataView(new ArrayBuffer(5)), { encoding: 'utf8' }), 'hello');
  const asked: unknown[] = [];
  t.deepEqual(
    read((size: number) => asked.push(size) && Buffer.alloc(9)),
    Buffer.from('hello'),
  );
  t.deepEqual(asked, [5]);
  const small =
    "The property 'options.buffer.byteLength' is smaller than the file size of 5 bytes. Received 4";
  t.throws(() => read(Buffer.alloc(4)), { code: 'ERR_INVALID_ARG_VALUE', message: small });
  t.throws(() => read(() => 5), {
    message: /^The "options\.buffer\(\)" property must be an instance of Buffer/,
  });
  for (const wrong of [null, {}, 5]) {
    t.throws(() => read(wrong), { code: 'ERR_INVALID_ARG_TYPE', message: /must be of type function or/ });
  }
  const readFile = fs.promises.readFile as (path: string, options: object) => Promise<unknown>;
  t.deepEqual(await readFile(path, { buffer }), Buffer.from('hello'));
  // What does not say how long it is has room, or has not, when it is read.
  t.deepEqual(await readFile('/dev/null', { buffer }), Buffer.alloc(0));
});
