/**
 * How the command ends: the exit codes of sysexits(3), and errors in one line on standard error.
 */

/** The command line makes no sense. */
export const EX_USAGE = 64;
/** The addon of the native host is missing or broken. */
export const EX_UNAVAILABLE = 69;
/** A bug, or a panic of the kernel. */
export const EX_SOFTWARE = 70;
/** Commands cannot be read, or output not written. */
export const EX_IOERR = 74;

/** What was wanted is not allowed. */
export const EX_NOPERM = 77;

/** What a shell adds to the number of the signal that ended a program. */
export const SIGNALLED = 128;
const SIGPIPE = 13;

/** Longest name or message worth repeating. */
const SHOWN = 200;

/**
 * `text` fit for one line of a terminal: control characters as escapes, and not more than a reader can take
 * in.
 */
export function printable(text: string): string {
  const short = text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  return short.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (c) => {
    const code = c.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** Say `message` on the host's standard error, in one line. */
export function complain(message: string): void {
  process.stderr.write(`rump: ${message}\n`);
}

/** Standard output failed. Whoever read it has gone: end as SIGPIPE would end a program. */
export function outputFailed(error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') {
    process.exit(SIGNALLED + SIGPIPE);
  }
  complain(`standard output: ${messageOf(error)}`);
  process.exit(EX_IOERR);
}

/** What an error has to say, in one line. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return printable(message.trim().replace(/\s*\n\s*/g, '; '));
}
