/** What `rump server` tells of itself, on standard error or in a file: a line each, as text or as JSON. */
import { appendFileSync } from 'node:fs';
import { printable } from './exits.ts';

export type Level = 'info' | 'warning' | 'error';
export type LogFields = Readonly<Record<string, string | number>>;

export type Log = (level: Level, event: string, fields?: LogFields) => void;

/** @param file where lines go; undefined: standard error */
export function serverLog(form: 'text' | 'json', file: string | undefined): Log {
  const write = (line: string): void => {
    if (file === undefined) {
      process.stderr.write(line);
    } else {
      appendFileSync(file, line);
    }
  };
  return (level, event, fields = {}) => {
    const time = new Date().toISOString();
    if (form === 'json') {
      write(`${JSON.stringify({ time, level, event, ...fields })}\n`);
      return;
    }
    const told = Object.entries(fields).map(([name, value]) => `${name}=${printable(String(value))}`);
    write(`${time} ${level} ${event}${told.length === 0 ? '' : ` ${told.join(' ')}`}\n`);
  };
}
