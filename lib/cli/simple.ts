/**
 * Simple commands: what is to run, once their words are known.
 *
 * NetBSD: sh(1), Simple Commands; IEEE Std 1003.1, Shell Command Language, Simple Commands.
 */
import { type Expansion, expandText, expandWords } from './expand.ts';
import type { Program } from './program.ts';
import { PROGRAMS } from './programs/index.ts';
import { notFound } from './stage.ts';
import type { Command, Redirect, Simple } from './tree.ts';

/** A simple command, its words expanded. */
export interface Expanded {
  readonly program: Program;
  readonly args: readonly string[];
  readonly redirects: readonly Redirect<string>[];
  /** Those of the program alone. */
  readonly variables: readonly (readonly [name: string, value: string])[];
}

/** Null when no word is left: then there is nothing to run. @throws ExpansionError SysError KernelDead */
export async function expandSimple(
  { assignments, words, redirects }: Simple,
  expansion: Expansion,
): Promise<Expanded | null> {
  const expanded: string[] = [];
  for (const word of words) {
    expanded.push(...(await expandWords(word, expansion)));
  }
  const [name, ...args] = expanded;
  if (name === undefined) {
    return null;
  }
  const made = await expandRedirects(redirects, expansion);
  const variables: (readonly [string, string])[] = [];
  for (const assignment of assignments) {
    variables.push([assignment.name, await expandText(assignment.value, expansion)]);
  }
  const program = PROGRAMS.find((p) => p.name === name) ?? notFound(name);
  return { program, args, redirects: made, variables };
}

/** @throws ExpansionError SysError KernelDead */
export async function expandRedirects(
  redirects: readonly Redirect[],
  expansion: Expansion,
): Promise<Redirect<string>[]> {
  const made: Redirect<string>[] = [];
  for (const { fd, from } of redirects) {
    if (typeof from !== 'object') {
      made.push({ fd, from });
    } else if ('path' in from) {
      made.push({ fd, from: { path: await expandText(from.path, expansion), how: from.how } });
    } else {
      made.push({ fd, from: { text: await expandText(from.text, expansion), how: from.how } });
    }
  }
  return made;
}

/** What a command is called before its words are expanded. */
export function nameOf(command: Command): string {
  const [word] = command.kind === 'simple' ? command.words : [];
  const plain = word?.map((part) =>
    typeof part === 'string' ? part : 'quoted' in part ? part.quoted : null,
  );
  return plain === undefined || plain.includes(null) ? 'sh' : plain.join('');
}
