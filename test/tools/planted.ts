/** Sources that exist only in a test, seen through the real compiler. */
import { createVirtualFileSystem } from 'typescript/unstable/fs';
import type { Problem } from '../../tools/problem.ts';
import { type CheckedFile, forEachFile } from '../../tools/program.ts';

/** The problems `check` finds in `files` (path to text), all of one project. */
export function plantedProblems(
  files: Readonly<Record<string, string>>,
  check: (file: CheckedFile) => readonly Problem[],
): Problem[] {
  const config = {
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      strict: true,
      allowImportingTsExtensions: true,
      noEmit: true,
    },
    files: Object.keys(files),
  };
  const found: Problem[] = [];
  forEachFile(
    '/planted',
    ['/planted/tsconfig.json'],
    (file) => {
      found.push(...check(file));
    },
    createVirtualFileSystem({
      '/planted/package.json': '{ "type": "module" }',
      '/planted/tsconfig.json': JSON.stringify(config),
      ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`/planted/${path}`, text])),
    }),
  );
  return found;
}
