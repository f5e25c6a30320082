/** Words as a test reads them. */
import type { Word } from '../../lib/cli/words.ts';

/** Parameters with values that stand for theirs, commands between angle brackets. */
export function textOf(word: Word, params: Readonly<Record<string, string>>): string {
  return word
    .map((part) =>
      typeof part === 'string' ? part : 'param' in part ? params[part.param] : `<${part.commands}>`,
    )
    .join('');
}
