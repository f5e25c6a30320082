/**
 * How the bundle is loaded: as one script, with what V8 made of it when it was built. Compiling half a
 * megabyte, and the functions that a boot needs, takes longer than all else about a first kernel.
 *
 * V8 refuses what another version of it made, or other flags; then the script is compiled as any other.
 * Node's modules are taken as they are: importing one as an ES module runs all its getters, which loads more
 * of Node than a kernel needs.
 */
const { existsSync, readFileSync } = process.getBuiltinModule('node:fs');
const { Script } = process.getBuiltinModule('node:vm');

type Exports = Readonly<Record<string, unknown>>;
type Main = (exports: Exports, require: (id: string) => unknown, filename: string) => void;

const HEAD = '(function(exports,require,__filename){';

/** Where the code of `file` is kept for this Node. */
export function codeCache(file: string): string {
  return `${file}.${process.version}-${process.arch}.cache`;
}

/** @param how from the cache when there is one, or anew */
export function compile(file: string, how: 'cached' | 'anew'): InstanceType<typeof Script> {
  const cache = codeCache(file);
  // The bundler leaves nothing but ASCII.
  const source = `${HEAD}${readFileSync(file, 'latin1')}\n})`;
  return new Script(source, {
    filename: file,
    columnOffset: -HEAD.length,
    ...(how === 'cached' && existsSync(cache) ? { cachedData: readFileSync(cache) } : {}),
  });
}

/** Run what was compiled from `file`. @returns what it exports */
export function run(file: string, script: InstanceType<typeof Script>): Exports {
  const exports = {};
  const main = script.runInThisContext() as Main;
  main(exports, (id) => process.getBuiltinModule(id) ?? requireOf(file)(id), file);
  return exports;
}

function requireOf(file: string): (id: string) => unknown {
  return process.getBuiltinModule('node:module').createRequire(file);
}

/** @returns what `file` exports. Who maps sources gets it from Node's own loader, which knows about them. */
export function load(file: string): Exports {
  return process.sourceMapsEnabled ? (requireOf(file)(file) as Exports) : run(file, compile(file, 'cached'));
}
