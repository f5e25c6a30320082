/**
 * Commands made of commands: branches and loops.
 *
 * NetBSD: sh(1), Controlling Flow; IEEE Std 1003.1, Shell Command Language, Compound Commands.
 */
import type { Loops } from './loops.ts';
import { matches, type Pattern } from './pattern.ts';
import type { Compound, List, Word } from './tree.ts';

/** The shell, as they see it. */
export interface Evaluator {
  /** Exit status of the last command. */
  status: number;
  readonly loops: Loops;
  /** Whether nothing more is to run: it has ended, was interrupted, or leaves a loop. */
  readonly over: boolean;
  run(list: List): Promise<void>;
  words(word: Word): Promise<readonly string[]>;
  text(word: Word): Promise<string>;
  pattern(word: Word): Promise<Pattern>;
  assign(name: string, value: string): void;
}

/** @throws as the shell does */
export async function runCompound(shell: Evaluator, command: Compound): Promise<void> {
  switch (command.kind) {
    case 'subshell':
    case 'group':
      return await shell.run(command.body);
    case 'if':
      return await runIf(shell, command);
    case 'case':
      return await runCase(shell, command);
    default:
      shell.loops.depth++;
      try {
        shell.status = await (command.kind === 'for' ? runFor(shell, command) : runWhile(shell, command));
      } finally {
        shell.loops.depth--;
      }
  }
}

async function runIf(
  shell: Evaluator,
  { branches, otherwise }: Extract<Compound, { kind: 'if' }>,
): Promise<void> {
  for (const { condition, body } of branches) {
    await shell.run(condition);
    if (shell.over) {
      return;
    }
    if (shell.status === 0) {
      return await shell.run(body);
    }
  }
  // When no branch is taken that is no failure.
  shell.status = otherwise.length === 0 ? 0 : shell.status;
  await shell.run(otherwise);
}

async function runCase(shell: Evaluator, { word, arms }: Extract<Compound, { kind: 'case' }>): Promise<void> {
  const text = await shell.text(word);
  for (const { patterns, body } of arms) {
    for (const pattern of patterns) {
      if (matches(await shell.pattern(pattern), text)) {
        shell.status = body.length === 0 ? 0 : shell.status;
        return await shell.run(body);
      }
    }
  }
  shell.status = 0;
}

/** @returns the status of the last body */
async function runFor(
  shell: Evaluator,
  { name, words, body }: Extract<Compound, { kind: 'for' }>,
): Promise<number> {
  const values: string[] = [];
  for (const word of words) {
    values.push(...(await shell.words(word)));
  }
  let status = 0;
  for (const value of values) {
    shell.assign(name, value);
    await shell.run(body);
    ({ status } = shell);
    if (shell.loops.left() || shell.over) {
      break;
    }
  }
  return status;
}

/** @returns the status of the last body */
async function runWhile(
  shell: Evaluator,
  { kind, condition, body }: Extract<Compound, { kind: 'while' | 'until' }>,
): Promise<number> {
  let status = 0;
  for (;;) {
    await shell.run(condition);
    const left = shell.loops.leaving;
    if (!left && (shell.over || (shell.status === 0) !== (kind === 'while'))) {
      return shell.over ? shell.status : status;
    }
    if (!left) {
      await shell.run(body);
      ({ status } = shell);
    }
    if (shell.loops.left() || shell.over) {
      return status;
    }
  }
}
