/** Writes docs/SYSCALLS.md; with `--check` compares it instead and fails when it is stale. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SYSCALLS } from '../lib/sys/syscalls.master.ts';
import { repositoryRoot } from './repository.ts';
import { syscallsMarkdown } from './syscalls-markdown.ts';

function run(args: readonly string[]): number {
  const path = join(repositoryRoot(), 'docs', 'SYSCALLS.md');
  const text = syscallsMarkdown(SYSCALLS);
  switch (args.join(' ')) {
    case '':
      writeFileSync(path, text);
      return 0;
    case '--check':
      if (existsSync(path) && readFileSync(path, 'utf8') === text) {
        return 0;
      }
      console.error('docs/SYSCALLS.md is stale: npm run docs');
      return 1;
    default:
      console.error('usage: syscalls-doc.js [--check]');
      return 64;
  }
}

process.exitCode = run(process.argv.slice(2));
