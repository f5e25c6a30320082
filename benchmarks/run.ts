/**
 * `npm run bench [-- NAME...]`: measures every row of every `*.bench.ts` here, or those whose file or name
 * contains one of the words, prints them as ratios to the C pthread mutex pair of this run and writes
 * benchmarks/results.json.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchRow, figureOf } from './bench.ts';
import { formatTable, type Judged, judge } from './judge.ts';
import { pairNs } from './unit.ts';

const here = dirname(fileURLToPath(import.meta.url));
const results = join(here, '..', '..', 'benchmarks', 'results.json');

interface FoundRow {
  readonly file: string;
  readonly row: BenchRow;
}

async function findRows(words: readonly string[]): Promise<FoundRow[]> {
  const found: FoundRow[] = [];
  for (const name of readdirSync(here).sort()) {
    if (name.endsWith('.bench.js')) {
      const file = name.slice(0, -'.bench.js'.length);
      const { rows } = (await import(`./${name}`)) as { rows: readonly BenchRow[] };
      found.push(...rows.map((row) => ({ file, row })));
    }
  }
  const wanted = (one: FoundRow) =>
    words.some((word) => one.file.includes(word) || one.row.name.includes(word));
  const named = words.length === 0 ? found : found.filter(wanted);
  // A row that is a ratio of another needs that one too.
  const needed = new Set(
    named.flatMap(({ row }) => (row.target && 'ratioOf' in row.target ? [row.target.ratioOf] : [])),
  );
  return found.filter((one) => named.includes(one) || needed.has(one.row.name));
}

async function main(words: readonly string[]): Promise<number> {
  const found = await findRows(words);
  if (found.length === 0) {
    console.error(`bench: nothing matches ${words.join(' ')}`);
    return 64;
  }
  const unitNs = pairNs('pthread');
  const figures = new Map<string, number>();
  const judged: Judged[] = [];
  const failed: string[] = [];
  for (const { row } of found) {
    process.stderr.write(`${row.name} ...\n`);
    try {
      const figure = await figureOf(row);
      figures.set(row.name, figure);
      judged.push(judge(row, figure, unitNs, figures));
    } catch (error) {
      failed.push(row.name);
      console.error(`${row.name}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  console.log(`pthread pair ${unitNs.toFixed(1)} ns, node ${process.version}, ${cpus().length} CPUs\n`);
  console.log(formatTable(judged));
  const machine = { node: process.version, arch: process.arch, cpu: cpus()[0]?.model, cpus: cpus().length };
  writeFileSync(
    results,
    `${JSON.stringify({ machine, pthreadPairNs: unitNs, rows: judged, failed }, null, 2)}\n`,
  );
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
