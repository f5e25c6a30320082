/**
 * Lines from somebody at a terminal: editing, history, completion, and Ctrl-C for whoever is in the
 * foreground.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { constants } from '../api/index.ts';
import { complain, messageOf } from './exits.ts';
import type { Input, Line } from './input.ts';
import { PROGRAMS } from './programs/index.ts';

const PROMPTS = { ready: 'rump# ', more: '> ' } as const;
const HISTORY_SIZE = 1000;

export interface TerminalOptions {
  /** Where the history is kept between sessions. Undefined: nowhere. */
  readonly histfile: string | undefined;
  /** Ctrl-C while no line is being read. */
  readonly interrupt: () => void;
}

/** Standard input and output, both of which must be a terminal. */
export function terminalInput({ histfile, interrupt }: TerminalOptions): Input {
  const rl = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal: true,
    history: readHistory(histfile),
    historySize: HISTORY_SIZE,
    removeHistoryDuplicates: true,
    completer: complete,
  });
  // What was typed before it was asked for.
  const ahead: Line[] = [];
  let waiting: ((line: Line) => void) | null = null;
  const give = (line: Line): void => {
    const resolve = waiting;
    waiting = null;
    if (resolve === null) {
      ahead.push(line);
    } else {
      resolve(line);
    }
  };
  keepHistory(rl, histfile);
  rl.on('line', (text) => give({ kind: 'line', text }));
  rl.on('close', () => give({ kind: 'end' }));
  rl.on('SIGINT', () => {
    process.stdout.write('^C\n');
    if (waiting === null) {
      interrupt();
    } else {
      // Forget the line: to its end, then back to its beginning.
      rl.write(null, { ctrl: true, name: 'e' });
      rl.write(null, { ctrl: true, name: 'u' });
      give({ kind: 'interrupted' });
    }
  });
  return {
    next(prompt) {
      const line = ahead.shift();
      if (line !== undefined) {
        return Promise.resolve(line);
      }
      return new Promise((resolve) => {
        waiting = resolve;
        rl.setPrompt(PROMPTS[prompt]);
        rl.prompt();
      });
    },
    close() {
      rl.close();
    },
  };
}

/** Commands for the first word; signals for what kill is told. */
function complete(line: string): [hits: string[], prefix: string] {
  const command = /(?:^|[;|&])\s*([^\s;|&]*)$/.exec(line)?.[1];
  if (command !== undefined) {
    return [PROGRAMS.map((p) => `${p.name} `).filter((name) => name.startsWith(command)), command];
  }
  const signal = /(?:^|[;|&])\s*kill\s+(-[A-Za-z0-9]*)$/.exec(line)?.[1];
  if (signal !== undefined) {
    const names = Array.from({ length: constants.NSIG }, (_, i) => constants.signame(i)?.slice(3));
    const hits = names.filter((name) => name !== undefined).map((name) => `-${name} `);
    return [hits.filter((hit) => hit.startsWith(signal.toUpperCase())), signal];
  }
  return [[], ''];
}

/** The newest first, as readline wants it. A file that is not there yet is an empty history. */
function readHistory(histfile: string | undefined): string[] {
  if (histfile === undefined) {
    return [];
  }
  try {
    return readFileSync(histfile, 'utf8').split('\n').filter(Boolean).slice(-HISTORY_SIZE).reverse();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      complain(`history: ${messageOf(error)}`);
    }
    return [];
  }
}

function keepHistory(rl: Interface, histfile: string | undefined): void {
  if (histfile === undefined) {
    return;
  }
  let history: readonly string[] | null = null;
  rl.on('history', (now) => {
    history = now;
  });
  rl.on('close', () => {
    if (history === null) {
      return;
    }
    try {
      writeFileSync(histfile, `${[...history].reverse().join('\n')}\n`, { mode: 0o600 });
    } catch (error) {
      complain(`history: ${messageOf(error)}`);
    }
  });
}
