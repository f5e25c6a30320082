import test from 'ava';
import type { BenchRow, Target } from '../../benchmarks/bench.ts';
import { formatFigure, formatTable, judge } from '../../benchmarks/judge.ts';

const row = (target?: Target): BenchRow => ({
  name: 'row',
  ...(target === undefined ? {} : { target }),
  setup: () => ({ measure: () => 0 }),
});

test('a target in pairs scales with the pair of this run', (t) => {
  const slow = judge(row({ pairs: 1.5 }), 40, 30, new Map());
  t.is(slow.limit, 45);
  t.is(slow.verdict, 'met');
  t.is(judge(row({ pairs: 1.5 }), 40, 20, new Map()).verdict, 'missed');
});

test('a target in nanoseconds is meant for the reference machine', (t) => {
  const twiceAsSlow = judge(row({ ns: 100 }), 190, 29.6, new Map());
  t.is(twiceAsSlow.limit, 200);
  t.is(twiceAsSlow.verdict, 'met');
  t.is(judge(row({ ns: 100 }), 190, 14.8, new Map()).verdict, 'missed');
});

test('bytes do not depend on the machine', (t) => {
  t.is(judge(row({ bytes: 4096 }), 4096, 100, new Map()).verdict, 'met');
  const more = judge(row({ bytes: 4096 }), 4097, 1, new Map());
  t.is(more.verdict, 'missed');
  t.is(more.pairs, undefined);
});

test('a row may be held to another row', (t) => {
  const figures = new Map([['bare node', 40]]);
  t.is(judge(row({ ratioOf: 'bare node', times: 2 }), 79, 15, figures).verdict, 'met');
  t.is(judge(row({ ratioOf: 'bare node', times: 2 }), 81, 15, figures).verdict, 'missed');
  t.throws(() => judge(row({ ratioOf: 'nothing', times: 2 }), 1, 15, figures), {
    message: /no row named "nothing"/,
  });
});

test('a row without a target is for comparison', (t) => {
  const judged = judge(row(), 30, 15, new Map());
  t.is(judged.verdict, '-');
  t.is(judged.pairs, 2);
});

test('the table lines its columns up', (t) => {
  const lines = formatTable([judge(row({ pairs: 2 }), 1234.5, 15, new Map())]).split('\n');
  t.is(lines.length, 2);
  t.is(lines[0]?.indexOf('verdict'), lines[1]?.indexOf('missed'));
  t.true(lines[1]?.includes('1,235'));
});

test('figures have three significant digits', (t) => {
  t.is(formatFigure(14.83), '14.8');
  t.is(formatFigure(0.1234), '0.123');
  t.is(formatFigure(1234567), '1,234,567');
  t.is(formatFigure(undefined), '');
});
