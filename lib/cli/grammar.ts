/**
 * The grammar of the shell's language: a text becomes a tree of lists, pipelines and commands.
 *
 *     list     : andor ((';' | '&' | newline) andor)* [';' | '&']
 *     andor    : pipeline (('&&' | '||') pipeline)*
 *     pipeline : ['!'] command ('|' command)*
 *     command  : simple | compound redirection*
 *     compound : '(' list ')' | '{' list '}' | if | while | until | for | case
 *
 * NetBSD: sh(1); IEEE Std 1003.1, Shell Command Language, Shell Grammar.
 */
import { Scanner, type Token } from './scanner.ts';
import type {
  AndOr,
  Arm,
  Assignment,
  Branch,
  Command,
  Compound,
  List,
  Pipeline,
  Redirect,
  Simple,
  Word,
} from './tree.ts';
import { FOREIGN, RESERVED, Stop, unsupported } from './words.ts';

export type Parsed =
  | { readonly kind: 'list'; readonly list: List }
  /** The line goes on: a quote or a command is open, or it ends in a backslash or an operator. */
  | { readonly kind: 'incomplete'; readonly open: string }
  | { readonly kind: 'error'; readonly message: string };

/** A command line, which may have several lines when quotes, operators or commands that are open join them. */
export function parse(text: string): Parsed {
  try {
    const parser = new Parser(new Scanner(text, (scanner) => new Parser(scanner).substitution()));
    return { kind: 'list', list: parser.program() };
  } catch (stop) {
    if (stop instanceof Stop) {
      return stop.kind === 'error'
        ? { kind: 'error', message: stop.text }
        : { kind: 'incomplete', open: stop.text };
    }
    throw stop;
  }
}

const OPENING: ReadonlySet<string> = new Set(['!', '(', '{', 'if', 'while', 'until', 'for', 'case']);

const ASSIGNMENT = /^([A-Za-z_]\w*)=/;

/** What a token is where a command begins: its operator or reserved word. */
function mark(token: Token): string | null {
  if (token.kind === 'operator') {
    return token.operator;
  }
  return token.kind === 'word' && RESERVED.has(token.source) ? token.source : null;
}

/** How an error names a token. */
function shown(token: Token): string {
  switch (token.kind) {
    case 'operator':
      return token.operator;
    case 'word':
      return token.source;
    case 'redirect':
      return 'a redirection';
  }
}

class Parser {
  readonly #scanner: Scanner;

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  /** All there is. @throws Stop */
  program(): List {
    const list = this.#list();
    const token = this.#scanner.peek();
    if (mark(token) !== 'end') {
      throw new Stop('error', `syntax error: a command was expected before ${shown(token)}`);
    }
    return list;
  }

  /** What is between `$(` and `)`. @throws Stop */
  substitution(): List {
    const list = this.#list();
    this.#take(')', '$(');
    return list;
  }

  /** Commands, perhaps none, up to what can begin none. */
  #list(): List {
    const list: AndOr[] = [];
    for (;;) {
      this.#newlines();
      const start = this.#scanner.peek();
      if (!begins(start)) {
        return list;
      }
      const pipelines = this.#andOr();
      const after = mark(this.#scanner.peek());
      const text = this.#scanner.since(start);
      list.push({ pipelines, runs: after === '&' ? 'background' : 'foreground', text });
      if (after !== ';' && after !== '&' && after !== 'newline') {
        return list;
      }
      this.#scanner.next();
    }
  }

  /** At least one command. */
  #body(open: string): List {
    const list = this.#list();
    if (list.length === 0) {
      throw this.#missing(open);
    }
    return list;
  }

  #andOr(): Pipeline[] {
    const pipelines = [this.#pipeline('always', ';')];
    for (;;) {
      const operator = mark(this.#scanner.peek());
      if (operator !== '&&' && operator !== '||') {
        return pipelines;
      }
      this.#scanner.next();
      this.#newlines();
      pipelines.push(this.#pipeline(operator === '&&' ? 'success' : 'failure', operator));
    }
  }

  #pipeline(when: Pipeline['when'], asked: string): Pipeline {
    const inverted = this.#accept('!');
    const commands = [this.#command(inverted ? '!' : asked)];
    while (this.#accept('|')) {
      this.#newlines();
      commands.push(this.#command('|'));
    }
    return { commands, when, status: inverted ? 'inverted' : 'own' };
  }

  /** @param asked what is open until a command comes */
  #command(asked: string): Command {
    const token = this.#scanner.peek();
    if (!begins(token)) {
      throw this.#missing(asked);
    }
    const opening = mark(token);
    if (opening === null) {
      return this.#simple();
    }
    if (opening === '!') {
      throw this.#missing(asked);
    }
    this.#scanner.next();
    const compound = this.#scanner.nested(() => this.#compound(opening));
    const redirects: Redirect[] = [];
    for (;;) {
      const next = this.#scanner.peek();
      if (next.kind === 'redirect') {
        redirects.push(next.redirect);
        this.#scanner.next();
        continue;
      }
      if (next.kind === 'word' && mark(next) === null) {
        throw new Stop('error', `syntax error: an operator was expected before ${next.source}`);
      }
      return { ...compound, redirects };
    }
  }

  #simple(): Simple {
    const assignments: Assignment[] = [];
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    for (;;) {
      const token = this.#scanner.peek();
      if (token.kind === 'redirect') {
        redirects.push(token.redirect);
      } else if (token.kind === 'word') {
        const assignment = words.length === 0 ? assignmentOf(token.source, token.word) : null;
        if (assignment === null) {
          foreign(token.source, words.length);
          words.push(token.word);
        } else {
          assignments.push(assignment);
        }
      } else {
        if (token.operator === '(' && words.length === 1) {
          throw unsupported('()', 'functions');
        }
        return { kind: 'simple', assignments, words, redirects };
      }
      this.#scanner.next();
    }
  }

  #compound(opening: string): Compound {
    switch (opening) {
      case '(':
        return this.#enclosed('subshell', opening, ')');
      case '{':
        return this.#enclosed('group', opening, '}');
      case 'if':
        return this.#if();
      case 'while':
      case 'until': {
        const condition = this.#body(opening);
        return { kind: opening, condition, body: this.#do(opening), redirects: [] };
      }
      case 'for':
        return this.#for();
      default:
        return this.#case();
    }
  }

  #enclosed(kind: 'subshell' | 'group', opening: string, closing: string): Compound {
    const body = this.#body(opening);
    this.#take(closing, opening);
    return { kind, body, redirects: [] };
  }

  #if(): Compound {
    const branches: Branch[] = [];
    do {
      const condition = this.#body('if');
      this.#take('then', 'if');
      branches.push({ condition, body: this.#body('if') });
    } while (this.#accept('elif'));
    const otherwise = this.#accept('else') ? this.#body('if') : [];
    this.#take('fi', 'if');
    return { kind: 'if', branches, otherwise, redirects: [] };
  }

  #do(open: string): List {
    this.#take('do', open);
    const body = this.#body(open);
    this.#take('done', open);
    return body;
  }

  #for(): Compound {
    const name = this.#scanner.next();
    if (name.kind !== 'word' || !/^[A-Za-z_]\w*$/.test(name.source)) {
      throw mark(name) === 'end'
        ? new Stop('incomplete', 'for')
        : new Stop('error', `syntax error: a name was expected after for, not ${shown(name)}`);
    }
    this.#newlines();
    const token = this.#scanner.peek();
    if (mark(token) !== 'in') {
      throw mark(token) === 'end'
        ? new Stop('incomplete', 'for')
        : unsupported(`for ${name.source}`, 'positional parameters; for needs in');
    }
    this.#scanner.next();
    const words = this.#wordsOf();
    this.#accept(';');
    this.#newlines();
    return { kind: 'for', name: name.source, words, body: this.#do('for'), redirects: [] };
  }

  #wordsOf(): Word[] {
    const words: Word[] = [];
    for (;;) {
      const token = this.#scanner.peek();
      if (token.kind !== 'word') {
        return words;
      }
      words.push(token.word);
      this.#scanner.next();
    }
  }

  #case(): Compound {
    const subject = this.#scanner.next();
    if (subject.kind !== 'word') {
      throw mark(subject) === 'end' || mark(subject) === 'newline'
        ? new Stop('incomplete', 'case')
        : new Stop('error', `syntax error: a word was expected after case, not ${shown(subject)}`);
    }
    this.#newlines();
    this.#take('in', 'case');
    const arms: Arm[] = [];
    for (;;) {
      this.#newlines();
      if (this.#accept('esac')) {
        return { kind: 'case', word: subject.word, arms, redirects: [] };
      }
      arms.push(this.#arm());
      this.#newlines();
      if (!this.#accept(';;')) {
        this.#take('esac', 'case');
        return { kind: 'case', word: subject.word, arms, redirects: [] };
      }
    }
  }

  #arm(): Arm {
    this.#accept('(');
    const patterns: Word[] = [];
    do {
      const token = this.#scanner.next();
      if (token.kind !== 'word') {
        throw this.#unfit(token, 'a pattern', 'case');
      }
      patterns.push(token.word);
    } while (this.#accept('|'));
    this.#take(')', 'case');
    return { patterns, body: this.#list() };
  }

  #newlines(): void {
    while (mark(this.#scanner.peek()) === 'newline') {
      this.#scanner.next();
    }
  }

  /** Pass over `wanted`, if it is next. */
  #accept(wanted: string): boolean {
    const found = mark(this.#scanner.peek()) === wanted;
    if (found) {
      this.#scanner.next();
    }
    return found;
  }

  /** @param open what is closed, or goes on, with it. @throws Stop it is not next */
  #take(wanted: string, open: string): void {
    const token = this.#scanner.peek();
    if (mark(token) !== wanted) {
      throw this.#unfit(token, wanted, open);
    }
    // Only now: the last token of a substitution must be the last that is looked at.
    this.#scanner.next();
  }

  #unfit(token: Token, wanted: string, open: string): Stop {
    return mark(token) === 'end'
      ? new Stop('incomplete', open)
      : new Stop('error', `syntax error: ${wanted} was expected before ${shown(token)}`);
  }

  /** There is no command next. */
  #missing(open: string): Stop {
    return this.#unfit(this.#scanner.peek(), 'a command', open);
  }
}

/** Whether a command can begin with it. */
function begins(token: Token): boolean {
  const opening = mark(token);
  return opening === null || OPENING.has(opening);
}

function assignmentOf(source: string, [head, ...rest]: Word): Assignment | null {
  const [all, name] = ASSIGNMENT.exec(source) ?? [];
  if (all === undefined || typeof head !== 'string' || !head.startsWith(all)) {
    return null;
  }
  const first = head.slice(all.length);
  return { name: name as string, value: first === '' ? rest : [first, ...rest] };
}

/** @throws Stop a command of other shells */
function foreign(source: string, index: number): void {
  if (index === 0 && FOREIGN.has(source)) {
    throw unsupported(source, 'what other shells have');
  }
}
