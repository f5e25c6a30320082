/** The files of the repository, as git sees them. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root: the nearest folder above this module that holds `package.json`. */
export function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) {
      throw new Error('no package.json above this file');
    }
    folder = above;
  }
  return folder;
}

/** Tracked files and new ones that are not ignored: paths from `root`, with `/`. */
export function repositoryFiles(root: string): string[] {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return [...new Set(list.split('\0'))]
    .filter((path) => path !== '' && statSync(join(root, path), { throwIfNoEntry: false })?.isFile())
    .sort();
}

/**
 * Absolute paths of every project that the root's tsconfig.json builds, in its order and what they refer to
 * first.
 */
export function projectConfigs(root: string): string[] {
  const found: string[] = [];
  const add = (path: string) => {
    const config = path.endsWith('.json') ? path : join(path, 'tsconfig.json');
    if (found.includes(config)) {
      return;
    }
    const { references = [], files } = JSON.parse(readFileSync(config, 'utf8')) as {
      references?: readonly { readonly path: string }[];
      files?: readonly string[];
    };
    for (const reference of references) {
      add(resolve(dirname(config), reference.path));
    }
    if (files === undefined || files.length > 0) {
      found.push(config);
    }
  };
  add(root);
  return found;
}
