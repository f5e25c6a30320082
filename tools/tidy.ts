/**
 * What the compiler and the linter cannot know about this repository. `node dist/tools/tidy.js` prints every
 * problem as `file:line: error: message` and exits 1 when there is one; `test/tidy.test.ts` runs the same
 * checks.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bannedNames } from './banned.ts';
import { bareYields, floatingGenerators } from './floating.ts';
import { forbiddenImports } from './layers.ts';
import { moduleState } from './module-state.ts';
import { sourceListProblems } from './native-sources.ts';
import { formatProblem, type Problem } from './problem.ts';
import { type CheckedFile, forEachFile } from './program.ts';
import { projectConfigs, repositoryFiles, repositoryRoot } from './repository.ts';
import { textProblems } from './text.ts';

/** The files that hold the sleeping primitives. */
const MAY_YIELD: ReadonlySet<string> = new Set(['lib/kern/sleepq.ts', 'lib/kern/sched.ts']);

/** Folders whose only generators are lwps; elsewhere a generator may also be an iterator. */
const SLEEPS = /^lib\/(?:kern|vfs|net|dev|emul|sysproxy|gate)\//;

const NOT_TEXT = /\.(?:png|ico|gz|node|so|bin)$|^package-lock\.json$/;

/** Problems of one TypeScript file. */
export function sourceProblems(file: CheckedFile): Problem[] {
  const primitivesOnly = SLEEPS.test(file.path) && !MAY_YIELD.has(file.path);
  return [
    ...floatingGenerators(file),
    ...(primitivesOnly ? bareYields(file) : []),
    ...forbiddenImports(file),
    ...bannedNames(file),
    ...moduleState(file),
  ];
}

/** Every problem of the repository at `root`, by file. */
export function tidy(root: string): Problem[] {
  const files = repositoryFiles(root);
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const problems = files
    .filter((path) => !NOT_TEXT.test(path))
    .flatMap((path) => textProblems(path, read(path)));
  if (existsSync(join(root, 'binding.gyp'))) {
    problems.push(...sourceListProblems(read('binding.gyp'), read('CMakeLists.txt'), files));
  }
  const compiled = new Set<string>();
  forEachFile(root, projectConfigs(root), (file) => {
    compiled.add(file.path);
    problems.push(...sourceProblems(file));
  });
  for (const path of files) {
    if (path.endsWith('.ts') && !compiled.has(path) && !path.startsWith('examples/')) {
      problems.push({ file: path, line: 1, message: 'no project compiles this file' });
    }
  }
  return problems.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const problems = tidy(repositoryRoot());
  for (const problem of problems) {
    console.log(formatProblem(problem));
  }
  process.exitCode = problems.length === 0 ? 0 : 1;
}
