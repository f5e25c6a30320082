/**
 * The options of a program.
 *
 * NetBSD: getopt(3).
 */

/** A program was called wrongly. Its usage line follows the message. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** `--help` was asked for. */
export class HelpWanted extends Error {
  override readonly name = 'HelpWanted';
}

export interface Options {
  /** Letters given, with the last value of those that take one, else ''. */
  readonly options: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

/**
 * Take the options off the front of `args`. Operands begin at the first argument that is no option, or after
 * `--`.
 * @param letters the letters there are; a colon after one says that it takes a value
 * @throws UsageError HelpWanted
 */
export function getopt(args: readonly string[], letters: string): Options {
  const options = new Map<string, string>();
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at] as string;
    if (arg === '--help') {
      throw new HelpWanted();
    }
    if (arg === '--') {
      at++;
      break;
    }
    if (!arg.startsWith('-') || arg === '-') {
      break;
    }
    at += cluster(arg, args[at + 1], letters, options);
  }
  return { options, operands: args.slice(at) };
}

/** One argument with options: `-ab`, `-abVALUE`, `-ab VALUE`. @returns how many further arguments it took */
function cluster(
  arg: string,
  next: string | undefined,
  letters: string,
  options: Map<string, string>,
): 0 | 1 {
  const given = [...arg.slice(1)];
  for (const [i, letter] of given.entries()) {
    const known = letter === ':' ? -1 : letters.indexOf(letter);
    if (known < 0) {
      throw new UsageError(`unknown option -${letter}`);
    }
    if (letters[known + 1] !== ':') {
      options.set(letter, '');
      continue;
    }
    const rest = given.slice(i + 1).join('');
    if (rest === '' && next === undefined) {
      throw new UsageError(`option -${letter} needs a value`);
    }
    options.set(letter, rest === '' ? (next as string) : rest);
    return rest === '' ? 1 : 0;
  }
  return 0;
}
