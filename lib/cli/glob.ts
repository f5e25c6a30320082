/**
 * Patterns that stand for the names of files there are.
 *
 * NetBSD: sh(1), glob(3); IEEE Std 1003.1, Shell Command Language, Patterns Used for Filename Expansion.
 */
import { type PromiseCalls, SysError } from '../api/index.ts';
import { namesIn } from './files.ts';
import { isPattern, matches, patternOf } from './pattern.ts';

/** What says that there is no such file, or none that we may see. */
const NOT_THERE: ReadonlySet<string> = new Set([
  ...['EACCES', 'EINVAL', 'EIO', 'ELOOP', 'ENAMETOOLONG', 'ENOENT', 'ENOTDIR', 'EPERM'],
]);

/**
 * The paths that a pattern matches, in the order of their bytes. Slashes match themselves alone, and a dot at the
 * beginning of a name does. @throws SysError
 */
export async function glob(sys: PromiseCalls, source: string): Promise<string[]> {
  let found = [''];
  // With the slashes after it: "a//b" is looked for as it was written.
  for (const [, name = '', slashes = ''] of source.matchAll(/([^/]*)(\/*)/g)) {
    const next: string[] = [];
    for (const path of found) {
      const names = isPattern(name) ? await matching(sys, path, name) : [unescaped(name)];
      next.push(...names.map((one) => `${path}${one}${slashes}`));
    }
    found = next;
  }
  const there: string[] = [];
  for (const path of found) {
    if ((await quietly(() => sys.lstat(path))) !== null) {
      there.push(path);
    }
  }
  return there.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** The names in directory `path` that match. */
async function matching(sys: PromiseCalls, path: string, name: string): Promise<string[]> {
  const pattern = patternOf(name);
  const hidden = /^\\?\./.test(name);
  const names = (await quietly(() => namesIn({ sys }, path === '' ? '.' : path))) ?? [];
  return names.filter((one) => one.startsWith('.') === hidden && matches(pattern, one));
}

function unescaped(name: string): string {
  return name.replace(/\\(.)/gsu, '$1');
}

/** Null when it is not there, or not for us. @throws SysError */
async function quietly<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof SysError && NOT_THERE.has(error.code)) {
      return null;
    }
    throw error;
  }
}
