/** From figures to verdicts: pure functions, so that a test can check the arithmetic. */
import type { BenchRow, Target } from './bench.ts';

/** Nanoseconds of a pthread pair on the machine the targets were written on. */
export const REFERENCE_PAIR_NS = 14.8;

export interface Judged {
  readonly name: string;
  readonly figure: number;
  readonly unit: 'ns' | 'bytes';
  /** The figure in pthread pairs of this run; undefined where the figure is no time. */
  readonly pairs: number | undefined;
  /** What it had to reach on this machine, in the figure's unit; undefined where there is no target. */
  readonly limit: number | undefined;
  /** Figure to limit: at most 1 is good. */
  readonly ratio: number | undefined;
  readonly verdict: 'met' | 'missed' | '-';
  readonly others: string | undefined;
}

function limitOf(target: Target, pairNs: number, figures: ReadonlyMap<string, number>): number {
  if ('pairs' in target) {
    return target.pairs * pairNs;
  }
  if ('ns' in target) {
    return (target.ns / REFERENCE_PAIR_NS) * pairNs;
  }
  if ('bytes' in target) {
    return target.bytes;
  }
  const other = figures.get(target.ratioOf);
  if (other === undefined) {
    throw new Error(`no row named "${target.ratioOf}" ran before this one`);
  }
  return other * target.times;
}

function unitOf(target: Target | undefined): Judged['unit'] {
  return target !== undefined && 'bytes' in target ? 'bytes' : 'ns';
}

/**
 * @param figure what was measured, in the row's unit
 * @param pairNs nanoseconds of a pthread pair in this run
 * @param figures the rows measured so far, by name
 */
export function judge(
  row: BenchRow,
  figure: number,
  pairNs: number,
  figures: ReadonlyMap<string, number>,
): Judged {
  const unit = unitOf(row.target);
  const limit = row.target === undefined ? undefined : limitOf(row.target, pairNs, figures);
  const ratio = limit === undefined ? undefined : figure / limit;
  return {
    name: row.name,
    figure,
    unit,
    pairs: unit === 'ns' ? figure / pairNs : undefined,
    limit,
    ratio,
    verdict: ratio === undefined ? '-' : ratio <= 1 ? 'met' : 'missed',
    others: row.others,
  };
}

/** Three significant digits, without an exponent. */
export function formatFigure(value: number | undefined): string {
  if (value === undefined) {
    return '';
  }
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}

/** A table in fixed-width columns. */
export function formatTable(rows: readonly Judged[]): string {
  const cells = [
    ['work', 'ours', 'unit', 'pairs', 'at most', 'ratio', 'verdict', 'others'],
    ...rows.map((row) => [
      row.name,
      formatFigure(row.figure),
      row.unit,
      formatFigure(row.pairs),
      formatFigure(row.limit),
      formatFigure(row.ratio),
      row.verdict,
      row.others ?? '',
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((line) => line[column]?.length ?? 0)),
  );
  const numeric = new Set([1, 3, 4, 5]);
  return cells
    .map((line) =>
      line
        .map((cell, i) => (numeric.has(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
