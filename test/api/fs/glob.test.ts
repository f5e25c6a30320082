/** glob: what patterns find. */
import test from 'ava';
import { expandBraces, parseGlob } from '../../../lib/api/fs/globpattern.ts';
import { boot } from '../../../lib/api/index.ts';
import { fc } from '../../fc.ts';

type Glob = (pattern: string | string[], options?: object) => string[];
type Globbing = {
  globSync: Glob;
  glob(pattern: string, options: object, callback: (error: unknown, found: string[]) => void): void;
  promises: { glob(pattern: string, options?: object): AsyncIterable<string> };
};

const TREE = ['x.js', 'y.ts', '.hidden', 'a/x.js', 'a/b/z.js', 'a/b/.dot/h.js', 'a/[odd].js', 'c/é.js'];

const FOUND: Readonly<Record<string, readonly string[]>> = {
  '*': ['a', 'c', 'link', 'x.js', 'y.ts'],
  '*.js': ['x.js'],
  '**/*.js': ['a/[odd].js', 'a/b/z.js', 'a/x.js', 'c/é.js', 'x.js'],
  'a/**': ['a', 'a/[odd].js', 'a/b', 'a/b/z.js', 'a/x.js'],
  '**/b/**': ['a/b', 'a/b/z.js'],
  '{x,y}.?s': ['x.js', 'y.ts'],
  '.*': ['.hidden'],
  'a/b/.dot/*': ['a/b/.dot/h.js'],
  '*/': ['a', 'c'],
  '**/': ['.', 'a', 'a/b', 'c'],
  'a/**/': ['a', 'a/b'],
  'link/': ['link'],
  'l*': ['link'],
  'l*/': [],
  'l*/../x.js': ['x.js'],
  '*/b/z.js': ['a/b/z.js'],
  'link/*.js': ['link/[odd].js', 'link/x.js'],
  '[xy].@(js|ts)': ['x.js', 'y.ts'],
  '!(x).*': ['y.ts'],
  '[!x].ts': ['y.ts'],
  '[[:alpha:]].js': ['x.js'],
  'a/\\[odd\\].js': ['a/[odd].js'],
  'c/?.js': ['c/é.js'],
  '+(x|.|j|s)': ['x.js'],
  'a/../x.js': ['x.js'],
  none: [],
  'none/*': [],
  'x.js/*': [],
  '': [],
};

function tree(): { kernel: ReturnType<typeof boot>; fs: Globbing } {
  const kernel = boot();
  const { fs } = kernel;
  for (const path of TREE) {
    fs.mkdirSync(`/g/${path}/..`.replace(/\/[^/]*\/\.\.$/, ''), { recursive: true });
    fs.writeFileSync(`/g/${path}`, '');
  }
  fs.symlinkSync('a', '/g/link');
  return { kernel, fs: fs as unknown as Globbing };
}

test('patterns find what they say', (t) => {
  const { kernel, fs } = tree();
  for (const [pattern, found] of Object.entries(FOUND)) {
    t.deepEqual(fs.globSync(pattern, { cwd: '/g' }).sort(), [...found].sort(), pattern);
  }
  t.deepEqual(fs.globSync('/g/*.js'), ['/g/x.js']);
  t.deepEqual(fs.globSync(['*.js', '*.ts', 'x.*'], { cwd: '/g' }).sort(), ['x.js', 'y.ts']);
  kernel.halt();
});

test('the three forms find the same', async (t) => {
  const { kernel, fs } = tree();
  const wanted = fs.globSync('**', { cwd: '/g' }).sort();
  const called = await new Promise<string[]>((resolve, reject) =>
    fs.glob('**', { cwd: '/g' }, (error, found) => (error ? reject(error as Error) : resolve(found))),
  );
  t.deepEqual(called.sort(), wanted);
  const waited: string[] = [];
  for await (const path of fs.promises.glob('**', { cwd: '/g' })) {
    waited.push(path);
  }
  t.deepEqual(waited.sort(), wanted);
  kernel.halt();
});

test('what is excluded is not entered', (t) => {
  const { kernel, fs } = tree();
  const exclude = (name: string) => name === 'b';
  t.false(fs.globSync('**/*.js', { cwd: '/g', exclude }).includes('a/b/z.js'));
  t.deepEqual(fs.globSync('**/*.js', { cwd: '/g', exclude: ['a', 'c/**'] }).sort(), ['x.js']);
  const entries = fs.globSync('*.js', { cwd: '/g', withFileTypes: true }) as unknown as {
    name: string;
    parentPath: string;
    isFile(): boolean;
  }[];
  t.like(entries[0], { name: 'x.js', parentPath: '/g' });
  t.true(entries[0]?.isFile());
  const all = fs.globSync('**', { cwd: '/g', withFileTypes: true }) as unknown as typeof entries;
  t.true(
    all.some(({ name, parentPath }) => name === 'g' && parentPath === '/'),
    'the directory itself',
  );
  kernel.halt();
});

test('wrong arguments are told', (t) => {
  const { kernel, fs } = tree();
  for (const wrong of [5, null, undefined, {}, [5]]) {
    t.throws(() => fs.globSync(wrong as never), { code: 'ERR_INVALID_ARG_TYPE' });
  }
  t.throws(() => fs.globSync('*', { cwd: 5 }), { code: 'ERR_INVALID_ARG_TYPE' });
  t.throws(() => fs.globSync('*', { exclude: 5 }), { code: 'ERR_INVALID_ARG_TYPE' });
  kernel.halt();
});

test('braces are choices and ranges, and do not run away', (t) => {
  t.deepEqual(expandBraces('a{b,c{d,e}}f'), ['abf', 'acdf', 'acef']);
  t.deepEqual(expandBraces('{1..3}'), ['1', '2', '3']);
  t.deepEqual(expandBraces('{08..10}'), ['08', '09', '10']);
  t.deepEqual(expandBraces('{a..e..2}'), ['a', 'c', 'e']);
  t.deepEqual(expandBraces('{a}'), ['{a}']);
  t.deepEqual(expandBraces('{a'), ['{a']);
  t.deepEqual(expandBraces('\\{a,b}'), ['\\{a,b}']);
  t.true(expandBraces('{1..9}'.repeat(40)).length <= 100_000);
});

test('every text is a pattern', (t) => {
  const odd = fc.array(fc.constantFrom(...'[]{}()!@+*?|\\^-,.a/:\ud800é'), { maxLength: 20 });
  fc.assert(
    fc.property(odd, (units) => {
      for (const pattern of expandBraces(units.join(''))) {
        parseGlob(pattern);
      }
    }),
    { numRuns: 2000 },
  );
  t.notThrows(() => parseGlob('['.repeat(500) + '!('.repeat(500)));
});

test('what is excluded is so where the pattern names it', (t) => {
  const { kernel, fs } = tree();
  const cases: readonly [pattern: string, exclude: string[], found: string[]][] = [
    ['x.js', ['x.js'], []],
    ['**/x.js', ['x.js'], ['a/x.js']],
    ['**/x.js', ['a/x.js'], ['x.js']],
    ['./**/z.js', ['a/b/z.js'], []],
    ['*/b/*.js', ['*/b/z.js'], []],
    ['*/b/z.js', ['a/b'], []],
    ['a/b/z.js', ['./a/b/z.js'], []],
    ['{a,c}', ['c'], ['a']],
    ['a/*', ['a/'], []],
    ['a/*', ['x.js/../a/b', './a/x.js'], ['a/[odd].js']],
    ['*', ['/g/[a-x]*'], ['y.ts']],
    ['/g/*', ['/g/a', '*.js', 'y*', 'link'], ['/g/c']],
    ['.*', ['**'], ['.hidden']],
    ['a', ['a/**'], ['a']],
    ['a/*', ['a/**'], []],
    ['a/**', ['a/**'], []],
    ['**', ['a/**', '*.*'], ['.', 'c', 'c/é.js', 'link']],
    ['**/*.js', ['x.js/**', 'a/**'], ['c/é.js', 'x.js']],
    ['*', ['*/**', '?.ts'], ['a', 'c', 'link', 'x.js']],
  ];
  for (const [pattern, exclude, found] of cases) {
    t.deepEqual(fs.globSync(pattern, { cwd: '/g', exclude }).sort(), found, `${pattern} without ${exclude}`);
  }
  kernel.halt();
});

test('a function is asked of what is gone on from, and of what is found on any way', (t) => {
  const { kernel, fs } = tree();
  const cases: readonly [pattern: string, asked: readonly string[]][] = [
    ['*', []],
    ['a', []],
    ['a/b', ['a']],
    ['*/*.js', ['a', 'c']],
    ['a/**', ['[odd].js', 'a', 'a/b', 'b', 'x.js', 'z.js']],
  ];
  for (const [pattern, asked] of cases) {
    const seen: string[] = [];
    fs.globSync(pattern, { cwd: '/g', exclude: (what: string) => seen.push(what) < 0 });
    t.deepEqual(seen.sort(), asked, pattern);
  }
  const without = (name: string) => (what: string) => what === name;
  t.deepEqual(fs.globSync('*', { cwd: '/g', exclude: without('a') }).sort(), [
    'a',
    'c',
    'link',
    'x.js',
    'y.ts',
  ]);
  t.deepEqual(fs.globSync('a/*', { cwd: '/g', exclude: without('a') }), []);
  t.deepEqual(fs.globSync('**/x.js', { cwd: '/g', exclude: without('x.js') }), []);
  t.deepEqual(fs.globSync('**/z.js', { cwd: '/g', exclude: without('a/b') }), []);
  const types: string[] = [];
  const exclude = (entry: { parentPath: string; name: string }) =>
    types.push(`${entry.parentPath} ${entry.name}`) < 0;
  fs.globSync('a/*', { cwd: '/g', exclude, withFileTypes: true });
  t.deepEqual(types, ['/g a']);
  kernel.halt();
});

test('behind **, a link that is named is found and not followed', (t) => {
  const { kernel, fs } = tree();
  t.deepEqual(fs.globSync('**/link', { cwd: '/g' }), ['link']);
  t.deepEqual(fs.globSync('**/link/*', { cwd: '/g' }), []);
  t.true(fs.globSync('link/*', { cwd: '/g' }).includes('link/x.js'));
  kernel.halt();
});
