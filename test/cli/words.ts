/** Command lines as a test reads them. */
import { type Parsed, parse } from '../../lib/cli/grammar.ts';
import type { Command, List, Simple, Word } from '../../lib/cli/tree.ts';

/** Parameters with values that stand for theirs, commands between angle brackets. */
export function textOf(word: Word, params: Readonly<Record<string, string>>): string {
  return word
    .map((part) => {
      if (typeof part === 'string') {
        return part;
      }
      if ('quoted' in part) {
        return part.quoted;
      }
      return 'param' in part ? params[part.param] : `<${part.text}>`;
    })
    .join('');
}

/** The commands of a list that are simple, in their order, at any depth. */
export function simpleOf(list: List): Simple[] {
  return list.flatMap(({ pipelines }) => pipelines.flatMap(({ commands }) => commands.flatMap(simple)));
}

function simple(command: Command): Simple[] {
  switch (command.kind) {
    case 'simple':
      return [command];
    case 'if':
      return [
        ...command.branches.flatMap(({ condition, body }) => [...simpleOf(condition), ...simpleOf(body)]),
        ...simpleOf(command.otherwise),
      ];
    case 'case':
      return command.arms.flatMap(({ body }) => simpleOf(body));
    case 'while':
    case 'until':
      return [...simpleOf(command.condition), ...simpleOf(command.body)];
    default:
      return simpleOf(command.body);
  }
}

/** What there is instead of commands, null when there are some. */
export function refusal(parsed: Parsed): string | null {
  switch (parsed.kind) {
    case 'list':
      return null;
    case 'incomplete':
      return `open ${parsed.open}`;
    case 'error':
      return parsed.message;
  }
}

/** The commands of a line, or why there are none. */
export function commandsOf(line: string): Simple[] | string {
  const parsed = parse(line);
  return refusal(parsed) ?? simpleOf(parsed.kind === 'list' ? parsed.list : []);
}
