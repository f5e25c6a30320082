/**
 * The commands of the shell's language: pipelines, one after the other or in the background.
 *
 * NetBSD: sh(1); IEEE Std 1003.1, Shell Command Language, Shell Grammar.
 */
import { type Assignment, type Redirect, Scanner, type Separator, Stop, type Word } from './words.ts';

export interface Command {
  /** Variables that are set. Then there is nothing else. */
  readonly assignments: readonly Assignment[];
  /** At least one without assignments: the name of the command. */
  readonly words: readonly Word[];
  /** In the order they are made. */
  readonly redirects: readonly Redirect[];
}

export interface Pipeline {
  /** At least one. */
  readonly commands: readonly Command[];
  /** Whether it runs at all: always, or after the success or failure of what was run before. */
  readonly when: 'always' | 'success' | 'failure';
  /** Whether the shell waits for it. */
  readonly runs: 'foreground' | 'background';
  /** As it was written. */
  readonly text: string;
}

export type Parsed =
  | { readonly kind: 'pipelines'; readonly pipelines: readonly Pipeline[] }
  /** The line goes on: a quote is open, or it ends in a backslash or an operator. */
  | { readonly kind: 'incomplete'; readonly open: string }
  | { readonly kind: 'error'; readonly message: string };

/** A command line, which may have several lines when quotes, backslashes or operators join them. */
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

const WHEN: Readonly<Record<string, Pipeline['when']>> = { '&&': 'success', '||': 'failure' };

function pipelinesOf(text: string): Pipeline[] {
  const scanner = new Scanner(text);
  const pipelines: Pipeline[] = [];
  let before: Separator = ';';
  for (;;) {
    const start = scanner.at;
    const commands: Command[] = [];
    let ended: Ended;
    // What an operator asks for may come in a later line.
    let asked: Separator = before;
    do {
      ended = commandOf(scanner, asked);
      if (ended.command !== null) {
        commands.push(ended.command);
      }
      asked = ended.separator;
    } while (asked === '|');
    const { separator, at } = ended;
    if (commands.length > 0) {
      const runs = separator === '&' ? 'background' : 'foreground';
      const when = WHEN[before] ?? 'always';
      if (runs === 'background' && when !== 'always') {
        throw new Stop('error', `not supported yet: lists in the background (${before} with &)`);
      }
      const own = text.slice(start, at).trimEnd();
      pipelines.push({ commands: checked(commands), when, runs, text: own });
    }
    if (separator === 'end') {
      return pipelines;
    }
    before = separator;
  }
}

/** Assignments stand alone, and what is to be substituted is a command line itself. @throws Stop */
function checked(commands: readonly Command[]): readonly Command[] {
  for (const { assignments, words, redirects } of commands) {
    const [first] = assignments;
    if (first !== undefined && (commands.length > 1 || words.length > 0 || redirects.length > 0)) {
      throw new Stop('error', `not supported yet: variables of one command (${first.name}=)`);
    }
    const inRedirects = redirects.map(({ from }) =>
      typeof from === 'object' ? ('path' in from ? from.path : from.text) : [],
    );
    for (const part of [...assignments.map(({ value }) => value), ...words, ...inRedirects].flat()) {
      if (typeof part === 'object' && 'commands' in part) {
        substitutable(part.commands);
      }
    }
  }
  return commands;
}

/** @throws Stop */
function substitutable(text: string): void {
  const parsed = parse(text);
  if (parsed.kind === 'error') {
    throw new Stop('error', parsed.message);
  }
  if (parsed.kind === 'incomplete') {
    throw new Stop('error', `syntax error: ${parsed.open} is not closed in $(...)`);
  }
}

/** A command, or none on an empty line, and what came after it and where. */
interface Ended {
  readonly command: Command | null;
  readonly separator: Separator;
  readonly at: number;
}

/** @param asked the operator before it */
function commandOf(scanner: Scanner, asked: Separator): Ended {
  const assignments: Assignment[] = [];
  const words: Word[] = [];
  const redirects: Redirect[] = [];
  for (;;) {
    const { at } = scanner;
    const token = scanner.next(words.length === 0 ? 'name' : 'argument');
    if (token.kind === 'word') {
      words.push(token.word);
      continue;
    }
    if (token.kind === 'assignment') {
      assignments.push(token.assignment);
      continue;
    }
    if (token.kind === 'redirect') {
      redirects.push(token.redirect);
      continue;
    }
    const { separator } = token;
    if (words.length > 0 || assignments.length > 0) {
      return { command: { assignments, words, redirects }, separator, at };
    }
    if (redirects.length > 0) {
      throw new Stop('error', 'syntax error: a redirection without a command');
    }
    if (separator === 'newline' || separator === 'end') {
      if (asked !== '|' && asked !== '&&' && asked !== '||') {
        return { command: null, separator, at };
      }
      if (separator === 'end') {
        throw new Stop('incomplete', asked);
      }
      continue;
    }
    throw new Stop('error', `syntax error: a command was expected before ${separator}`);
  }
}
