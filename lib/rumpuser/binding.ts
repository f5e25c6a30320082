/**
 * Finds and loads the native addon. No other file knows where it lies.
 *
 * `build/Release` wins over `prebuilds/<platform>-<arch>`, so that who builds it gets what was built. With
 * `PREBUILDS_ONLY` in the environment only the latter counts.
 */
import { existsSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = 'rumpkernel';
const REMEDY = `run "npm rebuild ${PACKAGE}", or "npm run build:native" in a clone (needs a C++17 compiler)`;

/** The directory of the package this file belongs to, however deep it was compiled into it. */
function packageRoot(): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'binding.gyp'))) return dir;
    if (dir === dirname(dir)) throw new Error(`${PACKAGE}: its own files are not above ${import.meta.url}`);
  }
}

/** What a build left, where node-gyp-build would find it first: looking ourselves spares loading that. */
function builtHere(root: string): string | undefined {
  const { PREBUILDS_ONLY, RUMPKERNEL_PREBUILD } = process.env;
  const file = join(root, 'build', 'Release', `${PACKAGE}.node`);
  return (PREBUILDS_ONLY ?? '') === '' && (RUMPKERNEL_PREBUILD ?? '') === '' && existsSync(file)
    ? file
    : undefined;
}

/** A prebuilt one, or wherever else the loader of such addons looks. @throws Error */
function elsewhere(root: string): string {
  return (createRequire(import.meta.url)('node-gyp-build') as { path(dir: string): string }).path(root);
}

/**
 * What `require` does with an addon, without looking for what is known to be there, which takes as long as opening it.
 * Its cache is used: an isolate opens an addon once, however many copies of this file there are. @throws Error
 */
function open(file: string): object {
  const { _cache: cache } = Module as unknown as { readonly _cache: Record<string, Module | undefined> };
  let module = cache[file];
  if (module === undefined) {
    module = new Module(file);
    module.filename = file;
    process.dlopen(module, file);
    module.loaded = true;
    cache[file] = module;
  }
  return module.exports as object;
}

/**
 * What the addon exports. Node caches it: every call in one isolate answers the same object.
 *
 * @param root directory with `build` and `prebuilds`; by default the package's own.
 * @throws Error that names what was looked for, what went wrong and what to run.
 */
export function loadBinding(root: string = packageRoot()): object {
  let file: string;
  try {
    file = builtHere(root) ?? elsewhere(root);
  } catch (cause) {
    const machine = `${process.platform}-${process.arch}, Node ${process.versions.node}`;
    throw new Error(`${PACKAGE}: no native addon for ${machine} in ${root}: ${REMEDY}`, { cause });
  }
  try {
    return open(file);
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new Error(`${PACKAGE}: the native addon ${file} does not load (${reason}): ${REMEDY}`, { cause });
  }
}
