/**
 * What a command's redirections do to the descriptors of a process.
 *
 * NetBSD: sh(1), Redirections; dup2(2), fcntl(2).
 */
import { constants, type PromiseCalls, SysError } from '../api/index.ts';
import { printable } from './exits.ts';
import type { Given, Redirect, Target } from './tree.ts';

const { F_DUPFD, F_SETFL, O_APPEND, O_CREAT, O_NONBLOCK, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;

/** How each operator opens its file. */
const OPEN: Readonly<Record<Target<string>['how'], number>> = {
  '<': O_RDONLY,
  '>': O_WRONLY | O_CREAT | O_TRUNC,
  '>|': O_WRONLY | O_CREAT | O_TRUNC,
  '>>': O_WRONLY | O_CREAT | O_APPEND,
  '<>': O_RDWR | O_CREAT,
};

/** Where the shell keeps its own descriptors meanwhile: no command line names them by accident. */
const SAVED_MIN = 10;

/** A redirection that could not be made; the command does not run. */
export class RedirectError extends Error {
  override readonly name = 'RedirectError';
}

/** Make `redirects` one after the other. @throws RedirectError; SysError ESRCH */
export async function redirect(sys: PromiseCalls, redirects: readonly Redirect<string>[]): Promise<void> {
  for (const { fd, from } of redirects) {
    try {
      if (from === 'closed') {
        await closeQuietly(sys, fd);
      } else if (typeof from === 'number') {
        await sys.dup2(from, fd);
      } else if ('path' in from) {
        await openAs(sys, fd, from);
      } else {
        await textAs(sys, fd, from);
      }
    } catch (error) {
      const what =
        typeof from === 'object'
          ? 'path' in from
            ? printable(from.path)
            : `${fd}${from.how}`
          : `${fd}>&${from}`;
      throw error instanceof SysError && error.code !== 'ESRCH'
        ? new RedirectError(`${what}: ${error.strerror}`)
        : error;
    }
  }
}

async function openAs(sys: PromiseCalls, fd: number, { path, how }: Target<string>): Promise<void> {
  await moveTo(sys, await sys.open(path, OPEN[how], 0o666), fd);
}

async function moveTo(sys: PromiseCalls, from: number, to: number): Promise<void> {
  if (from !== to) {
    await sys.dup2(from, to);
    await sys.close(from);
  }
}

/** A pipe with the text in it: all of it, or none. @throws SysError EAGAIN it is more than a pipe holds */
async function textAs(sys: PromiseCalls, fd: number, { text, how }: Given<string>): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  const [from, to] = await sys.pipe2(O_NONBLOCK);
  try {
    if ((await sys.write(to, bytes)) < bytes.length) {
      await sys.close(from);
      throw new RedirectError(`${fd}${how}: a text of ${bytes.length} bytes is more than a pipe holds`);
    }
  } finally {
    await sys.close(to);
  }
  await moveTo(sys, from, fd);
  await sys.fcntl(fd, F_SETFL, 0);
}

/** Run `fn` with `redirects` made in this process, and undo them. @throws as `redirect` and `fn` do */
export async function redirected<T>(
  sys: PromiseCalls,
  redirects: readonly Redirect<string>[],
  fn: () => Promise<T>,
): Promise<T> {
  const saved = new Map<number, number | null>();
  try {
    for (const { fd } of redirects) {
      if (!saved.has(fd)) {
        saved.set(fd, await save(sys, fd));
      }
    }
    await redirect(sys, redirects);
    return await fn();
  } finally {
    for (const [fd, copy] of saved) {
      await restore(sys, fd, copy);
    }
  }
}

/** A copy of `fd` out of the way, null when it is not open. */
async function save(sys: PromiseCalls, fd: number): Promise<number | null> {
  try {
    return await sys.fcntl(fd, F_DUPFD, SAVED_MIN);
  } catch (error) {
    if (error instanceof SysError && error.code === 'EBADF') {
      return null;
    }
    throw error instanceof SysError && error.code !== 'ESRCH'
      ? new RedirectError(`${fd}: ${error.strerror}`)
      : error;
  }
}

async function restore(sys: PromiseCalls, fd: number, copy: number | null): Promise<void> {
  try {
    if (copy === null) {
      await closeQuietly(sys, fd);
    } else {
      await sys.dup2(copy, fd);
      await sys.close(copy);
    }
  } catch (error) {
    // The shell has exited, and its descriptors with it.
    if (!(error instanceof SysError && error.code === 'ESRCH')) {
      throw error;
    }
  }
}

/** Closing what is not open is no error here. */
async function closeQuietly(sys: PromiseCalls, fd: number): Promise<void> {
  try {
    await sys.close(fd);
  } catch (error) {
    if (!(error instanceof SysError && error.code === 'EBADF')) {
      throw error;
    }
  }
}
