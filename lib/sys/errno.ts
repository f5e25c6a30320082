/**
 * The errno singletons, and finding one by number or by name.
 *
 * NetBSD: sys/sys/errno.h.
 */
import * as errnos from './errnos.ts';

export * from './errnos.ts';

type Errnos = typeof errnos;

/** The name of an errno: `'ENOENT'`. */
export type ErrnoCode = { [K in keyof Errnos]: Errnos[K] extends errnos.Errno ? K : never }[keyof Errnos];

/** Largest errno a caller can see. */
export const ELAST = errnos.ENOTRECOVERABLE.errno;

const byCode: ReadonlyMap<string, errnos.Errno> = new Map(
  Object.entries(errnos).filter((entry): entry is [string, errnos.Errno] => entry[1] instanceof errnos.Errno),
);
const byNumber: ReadonlyMap<number, errnos.Errno> = new Map([...byCode.values()].map((e) => [e.errno, e]));

/**
 * The singleton with this number, also the negative ones of the kernel. Undefined when there is none (0 too).
 */
export function errnoByNumber(number: number): errnos.Errno | undefined {
  return byNumber.get(number);
}

/** The singleton of this name. `EWOULDBLOCK` finds EAGAIN. */
export function errnoByCode(code: string): errnos.Errno | undefined {
  return byCode.get(code);
}
