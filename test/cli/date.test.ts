import test from 'ava';
import { UsageError } from '../../lib/cli/getopt.ts';
import { parseTime, strftime } from '../../lib/cli/programs/date.ts';

const NOW = new Date('2026-03-04T05:06:07Z');

test('conversions', (t) => {
  t.is(strftime('%a %A %b %B', NOW), 'Wed Wednesday Mar March');
  t.is(strftime('%c|%D|%F|%R|%T', NOW), 'Wed Mar  4 05:06:07 2026|03/04/26|2026-03-04|05:06|05:06:07');
  t.is(strftime('%e %d %j %u %w %y %I %p %s %Z %z %%', NOW), ' 4 04 063 3 3 26 05 AM 1772600767 UTC +0000 %');
  t.is(strftime('%I%p %j %u', new Date('2024-12-29T12:00:00Z')), '12PM 364 7');
  t.is(strftime('%I%p', new Date('2024-12-29T00:00:00Z')), '12AM');
  t.is(strftime('no conversion', NOW), 'no conversion');
  t.throws(() => strftime('%Q', NOW), { instanceOf: UsageError, message: '%Q: no such conversion' });
  t.throws(() => strftime('%', NOW), { instanceOf: UsageError });
  t.throws(() => strftime('%constructor', NOW).repeat(0) || strftime('%_', NOW), { instanceOf: UsageError });
});

test('a time is read from its end: what is left out is as now', (t) => {
  const set = (text: string): string => parseTime(text, NOW).toISOString().slice(0, 19);
  t.is(set('59'), '2026-03-04T05:59:00');
  t.is(set('2358'), '2026-03-04T23:58:00');
  t.is(set('312358'), '2026-03-31T23:58:00');
  t.is(set('12312358.09'), '2026-12-31T23:58:09');
  t.is(set('9912312358'), '1999-12-31T23:58:00');
  t.is(set('6801010000'), '2068-01-01T00:00:00');
  t.is(set('203801190314'), '2038-01-19T03:14:00');
});

test('what is no time is refused', (t) => {
  for (const text of [
    '',
    '1',
    '123',
    'now',
    '60',
    '2460',
    '02302358',
    '13010000',
    '00010000',
    '12.61',
    '-12',
  ]) {
    t.throws(() => parseTime(text, NOW), { instanceOf: UsageError }, text);
  }
});
