/**
 * The time is UTC: there is no file system with time zones yet.
 *
 * NetBSD: date(1), strftime(3).
 */
import { getopt, UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const MONTHS = [
  ...(['January', 'February', 'March', 'April', 'May', 'June'] as const),
  ...(['July', 'August', 'September', 'October', 'November', 'December'] as const),
] as const;

function two(n: number): string {
  return String(n).padStart(2, '0');
}

function dayOfYear(d: Date): number {
  return Math.floor((d.getTime() - Date.UTC(d.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}

const CONVERSIONS: Readonly<Record<string, (d: Date) => string>> = {
  '%': () => '%',
  A: (d) => DAYS[d.getUTCDay()] as string,
  a: (d) => (DAYS[d.getUTCDay()] as string).slice(0, 3),
  B: (d) => MONTHS[d.getUTCMonth()] as string,
  b: (d) => (MONTHS[d.getUTCMonth()] as string).slice(0, 3),
  c: (d) => strftime('%a %b %e %T %Y', d),
  D: (d) => strftime('%m/%d/%y', d),
  d: (d) => two(d.getUTCDate()),
  e: (d) => String(d.getUTCDate()).padStart(2),
  F: (d) => strftime('%Y-%m-%d', d),
  H: (d) => two(d.getUTCHours()),
  I: (d) => two(d.getUTCHours() % 12 || 12),
  j: (d) => String(dayOfYear(d)).padStart(3, '0'),
  M: (d) => two(d.getUTCMinutes()),
  m: (d) => two(d.getUTCMonth() + 1),
  n: () => '\n',
  p: (d) => (d.getUTCHours() < 12 ? 'AM' : 'PM'),
  R: (d) => strftime('%H:%M', d),
  S: (d) => two(d.getUTCSeconds()),
  s: (d) => String(Math.floor(d.getTime() / 1000)),
  T: (d) => strftime('%H:%M:%S', d),
  t: () => '\t',
  u: (d) => String(d.getUTCDay() || 7),
  w: (d) => String(d.getUTCDay()),
  Y: (d) => String(d.getUTCFullYear()),
  y: (d) => two(d.getUTCFullYear() % 100),
  Z: () => 'UTC',
  z: () => '+0000',
};

/** @throws UsageError a conversion that is not there */
export function strftime(format: string, date: Date): string {
  return format.replace(/%(.?)/gsu, (_, letter: string) => {
    const conversion = Object.hasOwn(CONVERSIONS, letter) ? CONVERSIONS[letter] : undefined;
    if (conversion === undefined) {
      throw new UsageError(`%${letter}: no such conversion`);
    }
    return conversion(date);
  });
}

/**
 * The time that `[[[[[cc]yy]mm]dd]HH]MM[.SS]` means, what is left out being as in `now`. @throws UsageError
 */
export function parseTime(text: string, now: Date): Date {
  const match = /^(\d{2}|\d{4}|\d{6}|\d{8}|\d{10}|\d{12})(?:\.(\d{2}))?$/.exec(text);
  if (match === null) {
    throw new UsageError(`${text}: not [[[[[cc]yy]mm]dd]HH]MM[.SS]`);
  }
  const [, digits = '', seconds = '0'] = match;
  const pairs = (digits.match(/\d\d/g) ?? []).map(Number);
  const fields: number[] = [
    Math.floor(now.getUTCFullYear() / 100),
    now.getUTCFullYear() % 100,
    now.getUTCMonth() + 1,
    now.getUTCDate(),
    now.getUTCHours(),
    now.getUTCMinutes(),
  ];
  fields.splice(fields.length - pairs.length, pairs.length, ...pairs);
  const [cc = 0, yy = 0, month = 0, day = 0, hour = 0, minute = 0] = fields;
  // A year of two digits is in the century that POSIX says.
  const year = pairs.length === 5 ? (yy < 69 ? 2000 : 1900) + yy : cc * 100 + yy;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, Number(seconds)));
  // What does not come back as it went in is no date.
  if (date.getUTCMonth() !== month - 1 || hour > 23 || minute > 59 || Number(seconds) > 60) {
    throw new UsageError(`${text}: no such time`);
  }
  return date;
}

export const date: Program = {
  name: 'date',
  synopsis: '[-u] [-r seconds] [+format | [[[[[cc]yy]mm]dd]HH]MM[.SS]]',
  summary: 'show or set the time (UTC)',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'ur:');
    const [operand = '+%a %b %e %T %Z %Y'] = operands;
    const seconds = options.get('r') ?? String((await self.sys.gettimeofday()).sec);
    const now = new Date(/^-?\d+$/.test(seconds) ? Number(seconds) * 1000 : Number.NaN);
    if (operands.length > 1 || Number.isNaN(now.getTime())) {
      throw new UsageError(operands.length > 1 ? 'one operand' : `${seconds}: not a time in seconds`);
    }
    if (operand.startsWith('+')) {
      await self.out(`${strftime(operand.slice(1), now)}\n`);
    } else {
      const sec = Math.floor(parseTime(operand, now).getTime() / 1000);
      await self.sys.settimeofday({ sec, usec: 0 });
    }
    return 0;
  },
};
