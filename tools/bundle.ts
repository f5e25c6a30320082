/**
 * What ships: the library and the command in a few files. Node takes about half a millisecond for every
 * module it loads, and a kernel is a hundred of them; then V8 takes its time for every byte. So data goes in
 * as JSON, which is parsed several times faster than the same literal, and names that no stack trace shows
 * are short. The library is a script of its own, which `load.ts` compiles from a cache.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, type Plugin } from 'rolldown';
import { repositoryRoot } from './repository.ts';

const dist = join(repositoryRoot(), 'dist');
const bundle = join(dist, 'bundle');
const table = join(dist, 'lib', 'sys', 'syscalls.master.js');
const constants = join(dist, 'lib', 'sys', 'constants', 'index.js');
const api = join(dist, 'lib', 'api', 'index.js');

/** A JavaScript expression for `value`, which JSON can hold. */
function json(value: unknown): string {
  return `JSON.parse(${JSON.stringify(JSON.stringify(value))})`;
}

/** The names of NetBSD's headers: what JSON can hold as JSON, functions and the like by import. */
async function constantsModule(): Promise<string> {
  const all = Object.entries((await import(constants)) as Record<string, unknown>);
  const plain = all.filter(([, value]) => typeof value === 'string' || Number.isFinite(value));
  const others = all.filter(([, value]) => !(typeof value === 'string' || Number.isFinite(value)));
  const names = others.map(([name]) => name).join(', ');
  return `import { ${names} } from ${JSON.stringify(constants)};
export const constants = Object.freeze({ ...${json(Object.fromEntries(plain))}, ${names} });`;
}

const VIRTUAL = '\0constants';
const INDEX = '\0index';
const REEXPORT = /export \* as constants from .*;/;

const data: Plugin = {
  name: 'data-as-json',
  resolveId(id) {
    return id === VIRTUAL ? id : null;
  },
  async load(id) {
    if (id === VIRTUAL) {
      return constantsModule();
    }
    if (id === table) {
      const { SYSCALLS } = (await import(table)) as { SYSCALLS: unknown };
      return `export const SYSCALLS = ${json(SYSCALLS)};`;
    }
    return null;
  },
  transform(code, id) {
    if (id !== api) {
      return null;
    }
    if (!REEXPORT.test(code)) {
      throw new Error(`${api} does not re-export the constants as it used to`);
    }
    return code.replace(REEXPORT, `export { constants } from ${JSON.stringify(VIRTUAL)};`);
  },
};

/**
 * Short names, but not at top level: a panic prints them. Lines stay lines: Node shows the one that an uncaught error
 * comes from, and of a script in a single line that would be all of it.
 */
const form = {
  dir: bundle,
  sourcemap: true,
  minify: { compress: false, mangle: { toplevel: false }, codegen: { removeWhitespace: false } },
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
} as const;

/** The command uses the library as everybody else does: there is one copy of it. */
const library: Plugin = {
  name: 'library',
  resolveId(id, importer) {
    if (importer !== undefined && join(dirname(importer), id) === api) {
      return { id: './index.js', external: true };
    }
    return id === INDEX ? id : null;
  },
  load: (id) => (id === INDEX ? index : null),
};

await build({
  input: { api },
  platform: 'node',
  external: ['node-gyp-build', '@xmldom/xmldom'],
  logLevel: 'warn',
  plugins: [data],
  output: { ...form, cleanDir: true, format: 'cjs', dynamicImportInCjs: false, entryFileNames: '[name].cjs' },
});
const script = join(bundle, 'api.cjs');
// One byte a character, so that it is read without decoding.
const escaped = readFileSync(script, 'utf8').replace(
  /[^\0-\x7f]/g,
  (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
);
writeFileSync(script, escaped);

const names = Object.keys((await import(api)) as object).join(', ');
/**
 * CommonJS loads it, and the ES module takes it from there: there is one copy of the library however it was
 * reached, and who cannot require() an ES module (jest) has it too.
 */
const index = `import { load } from ${JSON.stringify(join(dist, 'tools', 'load.js'))};
const { fileURLToPath } = process.getBuiltinModule('node:url');
export const { ${names} } = load(fileURLToPath(new URL('api.cjs', import.meta.url)));`;
await build({
  input: { index: INDEX },
  platform: 'node',
  logLevel: 'warn',
  plugins: [library],
  output: { ...form, format: 'cjs', entryFileNames: '[name].cjs' },
});
writeFileSync(
  join(bundle, 'index.js'),
  `const { createRequire } = process.getBuiltinModule('node:module');
export const { ${names} } = createRequire(import.meta.url)('./index.cjs');\n`,
);

/** What each program loads is a build of its own, so that it is in one file: Node takes its time for each. */
for (const [name, entry] of [
  ['cache', join(dist, 'tools', 'cache.js')],
  ['own_worker', join(dist, 'lib', 'api', 'gate', 'own_worker.js')],
  ['rump', join(dist, 'lib', 'cli', 'main.js')],
] as const) {
  await build({
    input: { [name]: entry },
    platform: 'node',
    logLevel: 'warn',
    plugins: [library],
    output: { ...form, format: 'esm' },
  });
}
execFileSync(process.execPath, [join(bundle, 'cache.js')], { stdio: 'inherit' });
