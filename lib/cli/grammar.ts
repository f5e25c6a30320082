/**
 * The commands of the shell's language: pipelines, one after the other or in the background.
 *
 * NetBSD: sh(1); IEEE Std 1003.1, Shell Command Language, Shell Grammar.
 */
import { type Redirect, Scanner, type Separator, Stop, type Word } from './words.ts';

export interface Command {
  /** At least one: the name of the command. */
  readonly words: readonly Word[];
  /** In the order they are made. */
  readonly redirects: readonly Redirect[];
}

export interface Pipeline {
  /** At least one. */
  readonly commands: readonly Command[];
  /** Whether the shell waits for it. */
  readonly runs: 'foreground' | 'background';
  /** As it was written. */
  readonly text: string;
}

export type Parsed =
  | { readonly kind: 'pipelines'; readonly pipelines: readonly Pipeline[] }
  /** The line goes on: a quote is open, or it ends in a backslash or a `|`. */
  | { readonly kind: 'incomplete'; readonly open: string }
  | { readonly kind: 'error'; readonly message: string };

/** A command line, which may have several lines when quotes, backslashes or `|` join them. */
export function parse(text: string): Parsed {
  try {
    return { kind: 'pipelines', pipelines: pipelinesOf(text) };
  } catch (stop) {
    if (stop instanceof Stop) {
      return stop.kind === 'error'
        ? { kind: 'error', message: stop.text }
        : { kind: 'incomplete', open: stop.text };
    }
    throw stop;
  }
}

function pipelinesOf(text: string): Pipeline[] {
  const scanner = new Scanner(text);
  const pipelines: Pipeline[] = [];
  for (;;) {
    const start = scanner.at;
    const commands: Command[] = [];
    let ended: Ended;
    do {
      ended = commandOf(scanner, commands.length > 0);
      if (ended.command !== null) {
        commands.push(ended.command);
      }
    } while (ended.separator === '|');
    const { separator, at } = ended;
    if (commands.length > 0) {
      const runs = separator === '&' ? 'background' : 'foreground';
      pipelines.push({ commands, runs, text: text.slice(start, at).trimEnd() });
    }
    if (separator === 'end') {
      return pipelines;
    }
  }
}

/** A command, or none on an empty line, and what came after it and where. */
interface Ended {
  readonly command: Command | null;
  readonly separator: Separator;
  readonly at: number;
}

function commandOf(scanner: Scanner, piped: boolean): Ended {
  const words: Word[] = [];
  const redirects: Redirect[] = [];
  for (;;) {
    const { at } = scanner;
    const token = scanner.next(words.length === 0 ? 'name' : 'argument');
    if (token.kind === 'word') {
      words.push(token.word);
      continue;
    }
    if (token.kind === 'redirect') {
      redirects.push(token.redirect);
      continue;
    }
    const { separator } = token;
    if (words.length > 0) {
      return { command: { words, redirects }, separator, at };
    }
    if (redirects.length > 0) {
      throw new Stop('error', 'syntax error: a redirection without a command');
    }
    if (separator === 'newline' || separator === 'end') {
      if (!piped) {
        return { command: null, separator, at };
      }
      if (separator === 'end') {
        throw new Stop('incomplete', '|');
      }
      continue;
    }
    throw new Stop('error', `syntax error: a command was expected before ${separator}`);
  }
}
