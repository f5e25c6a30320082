/**
 * clang-format over the C and C++ sources: `--check` fails on a difference, `--write` rewrites. Where the
 * program is not installed, says so and succeeds: it is no reason to stop somebody who works on the
 * TypeScript side. CI sets RUMP_REQUIRE_CLANG_FORMAT, so that there it cannot be skipped.
 */
import { spawnSync } from 'node:child_process';
import { repositoryFiles, repositoryRoot } from './repository.ts';

const MODES: ReadonlyMap<string, readonly string[]> = new Map([
  ['--check', ['--dry-run', '--Werror']],
  ['--write', ['-i']],
]);

function run(mode: string): number {
  const options = MODES.get(mode);
  if (options === undefined) {
    console.error('usage: clang-format.js --check | --write');
    return 64;
  }
  const root = repositoryRoot();
  const sources = repositoryFiles(root).filter((path) => /^native\/.*\.(?:cc|c|h)$/.test(path));
  if (sources.length === 0) {
    return 0;
  }
  const done = spawnSync('clang-format', [...options, ...sources], { cwd: root, stdio: 'inherit' });
  if (done.error !== undefined) {
    const required = process.env['RUMP_REQUIRE_CLANG_FORMAT'] !== undefined;
    console.error(`clang-format is not installed: ${required ? 'install it' : 'skipping the C++ sources'}`);
    return required ? 69 : 0;
  }
  return done.status ?? 70;
}

process.exitCode = run(process.argv[2] ?? '');
