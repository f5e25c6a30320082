/**
 * What a command line is once it has been read: a tree of lists, pipelines, commands and words.
 *
 * NetBSD: sh(1); IEEE Std 1003.1, Shell Command Language, Shell Grammar.
 */

/** Whether what it expands to is one piece, or is split at blanks. */
export type Splits = 'whole' | 'split';

/**
 * `${name OPERATOR word}`: what becomes of a parameter that is not set or, with a colon, is empty; or what is cut
 * off its beginning or end; or how long it is.
 */
export interface Modifier {
  readonly operator: ':-' | '-' | ':=' | '=' | ':+' | '+' | ':?' | '?' | '#' | '##' | '%' | '%%' | 'length';
  readonly word: Word;
}

/** A piece of a word that is known when the command runs: a parameter, or what commands print. */
export type Substitution =
  | { readonly param: string; readonly modifier: Modifier | null; readonly splits: Splits }
  | { readonly commands: List; readonly text: string; readonly splits: Splits };

/** A piece of a word: itself, where `*`, `?` and `[` have a meaning, itself as it was quoted, or a substitution. */
export type Part = string | { readonly quoted: string } | Substitution;
export type Word = readonly Part[];

/** A file that a descriptor is to lead to. */
export interface Target<P> {
  readonly path: P;
  readonly how: '<' | '>' | '>|' | '>>' | '<>';
}

/** A text that a descriptor is to lead to: of a here-document, or of one word. */
export interface Given<P> {
  readonly text: P;
  readonly how: '<<' | '<<<';
}

/** Make descriptor `fd` a duplicate of `from`, or close it, or open a file as it. */
export interface Redirect<P = Word> {
  readonly fd: number;
  readonly from: number | 'closed' | Target<P> | Given<P>;
}

/** `name=value` before a command. */
export interface Assignment {
  readonly name: string;
  readonly value: Word;
}

interface Redirected {
  /** In the order they are made. */
  readonly redirects: readonly Redirect[];
}

/** A program with its arguments; or assignments or redirections alone. */
export interface Simple extends Redirected {
  readonly kind: 'simple';
  /** Variables of the program or, when there is none, of the shell. */
  readonly assignments: readonly Assignment[];
  readonly words: readonly Word[];
}

export interface Branch {
  readonly condition: List;
  readonly body: List;
}

export interface Arm {
  readonly patterns: readonly Word[];
  readonly body: List;
}

export type Compound = Redirected &
  (
    | { readonly kind: 'subshell' | 'group'; readonly body: List }
    | { readonly kind: 'if'; readonly branches: readonly Branch[]; readonly otherwise: List }
    | { readonly kind: 'while' | 'until'; readonly condition: List; readonly body: List }
    | { readonly kind: 'for'; readonly name: string; readonly words: readonly Word[]; readonly body: List }
    | { readonly kind: 'case'; readonly word: Word; readonly arms: readonly Arm[] }
  );

export type Command = Simple | Compound;

export interface Pipeline {
  /** At least one. */
  readonly commands: readonly Command[];
  /** Whether it runs at all: always, or after the success or failure of what was run before. */
  readonly when: 'always' | 'success' | 'failure';
  /** `!`: whether its status is turned round. */
  readonly status: 'own' | 'inverted';
}

export interface AndOr {
  /** At least one. */
  readonly pipelines: readonly Pipeline[];
  /** Whether the shell waits for it. */
  readonly runs: 'foreground' | 'background';
  /** As it was written. */
  readonly text: string;
}

export type List = readonly AndOr[];
