/** binding.gyp (node-gyp, prebuilds) and CMakeLists.txt (development, tests) build the same addon. */
import { basename } from 'node:path/posix';
import type { Problem } from './problem.ts';

const SOURCE = /native\/(?:rumpuser|binding)\/[\w.-]+\.(?:cc|c)\b/g;

function sourcesOf(text: string): Set<string> {
  // Either file may also speak of a source in a comment, which does not build it.
  const code = text.replaceAll(/#.*$/gm, '');
  return new Set([...code.matchAll(SOURCE)].map(([path]) => path));
}

/** Sources that one list names and another does not, with the files that exist as the third list. */
export function sourceListProblems(gyp: string, cmake: string, existing: readonly string[]): Problem[] {
  const lists: ReadonlyMap<string, ReadonlySet<string>> = new Map([
    ['binding.gyp', sourcesOf(gyp)],
    ['CMakeLists.txt', sourcesOf(cmake)],
  ]);
  const onDisk = new Set(existing.filter((path) => path.match(SOURCE)?.[0] === path));
  const all = new Set([...onDisk, ...[...lists.values()].flatMap((list) => [...list])]);
  const problems: Problem[] = [];
  for (const source of [...all].sort()) {
    if (!onDisk.has(source)) {
      problems.push({ file: 'binding.gyp', line: 1, message: `${source} is listed and does not exist` });
    }
    for (const [file, list] of lists) {
      if (!list.has(source)) {
        problems.push({ file, line: 1, message: `${basename(source)} (${source}) is missing here` });
      }
    }
  }
  return problems;
}
