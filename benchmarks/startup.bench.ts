/** What a program pays to get its first kernel, and each further one. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { boot } from '../lib/api/index.ts';
import type { BenchRow, Target } from './bench.ts';

const api = JSON.stringify(fileURLToPath(new URL('../bundle/index.cjs', import.meta.url)));

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function times(n: number, once: () => number): number[] {
  return Array.from({ length: n }, once);
}

/** Nanoseconds of a whole process that runs `code`. */
function processNs(code: string): number {
  const before = process.hrtime.bigint();
  execFileSync(process.execPath, ['-e', code], { stdio: 'ignore' });
  return Number(process.hrtime.bigint() - before);
}

/** Nanoseconds that a fresh process says `code` took. */
function insideNs(code: string): number {
  const timed = `const { boot } = require(${api}); const t = process.hrtime.bigint(); ${code};
    console.log(String(process.hrtime.bigint() - t))`;
  return Number(
    execFileSync(process.execPath, ['-e', timed], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
}

const BARE = 'bare node, whole process';

/** At most so many milliseconds where a bare node is over in 40: most of either is loading, compiling and the disk. */
function besideNode(ms: number): Target {
  return { ratioOf: BARE, times: ms / 40 };
}

export const rows: readonly BenchRow[] = [
  {
    name: BARE,
    setup: () => ({ measure: () => median(times(9, () => processNs('0'))) }),
  },
  {
    name: 'require + first boot, whole process, above bare node',
    target: besideNode(25),
    others: 'rump, a C program: 3.9 ms base, 9.7 ms all',
    // The two alternate, so that whatever else the machine does hits both.
    setup: () => ({
      measure: () => median(times(9, () => processNs(`require(${api}).boot()`) - processNs('0'))),
    }),
  },
  {
    name: 'boot of the base, first in its process',
    target: besideNode(2.3),
    others: 'rump 2.3 ms',
    setup: () => ({ measure: () => median(times(9, () => insideNs('boot({ components: [] })'))) }),
  },
  {
    name: 'boot with files and devices, first in its process',
    target: besideNode(3.4),
    others: 'rump, with vfs and tmpfs: 3.4 ms',
    setup: () => ({ measure: () => median(times(9, () => insideNs('boot()'))) }),
  },
  {
    name: 'boot, each further kernel',
    target: besideNode(0.5),
    others: 'rump: one per process',
    setup: () => ({ fn: () => boot()[Symbol.dispose]() }),
  },
];
