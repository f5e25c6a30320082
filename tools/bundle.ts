/**
 * What ships: the library and the command in a few files. Node takes about half a millisecond for every
 * module it loads, and a kernel is a hundred of them; then V8 takes its time for every byte. So data goes in
 * as JSON, which is parsed several times faster than the same literal, and names that no stack trace shows
 * are short.
 */
import { join } from 'node:path';
import { build, type Plugin } from 'rolldown';
import { repositoryRoot } from './repository.ts';

const dist = join(repositoryRoot(), 'dist');
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

await build({
  input: { index: api, rump: join(dist, 'lib', 'cli', 'main.js') },
  platform: 'node',
  external: ['node-gyp-build', '@xmldom/xmldom'],
  logLevel: 'warn',
  plugins: [data],
  output: {
    dir: join(dist, 'bundle'),
    cleanDir: true,
    format: 'esm',
    sourcemap: true,
    // Not the names at top level: a panic prints them.
    minify: { compress: false, mangle: { toplevel: false }, codegen: { removeWhitespace: true } },
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
  },
});
