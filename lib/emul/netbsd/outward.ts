/**
 * A structure of a JavaScript caller's as bytes, and back. What has no exact form there is refused, not rounded.
 *
 * NetBSD: sys/sys/event.h, sys/sys/sigtypes.h.
 */
import { EFAULT, EINVAL, Errno } from '../../sys/errno.ts';
import type { Kevent, Sigaction } from '../../sys/types.ts';
import type { Handles } from './handles.ts';
import type { Codec } from './structs.ts';

/** @throws EINVAL a field is missing, or is no number that fits */
export function outward(what: string, codec: Codec<unknown>, value: unknown, handles: Handles): Uint8Array {
  if (typeof value !== 'object' || value === null) {
    return exact(codec, value);
  }
  if (what === 'kevent') {
    const event = value as Kevent;
    // Flags are bits: JavaScript's own operators make negative numbers of them.
    const fflags = (event.fflags | 0) === event.fflags ? event.fflags >>> 0 : event.fflags;
    return exact(codec, { ...event, fflags, udata: handles.of(event.udata) });
  }
  if (what === 'pollfd' && !Object.values(value).some((field) => typeof field === 'number')) {
    throw EINVAL;
  }
  if (what === 'sigaction') {
    const action = value as Sigaction;
    const { handler } = action;
    if (typeof handler !== 'function' && typeof handler !== 'bigint' && handler !== 0 && handler !== 1) {
      throw EINVAL;
    }
    return exact(codec, {
      ...action,
      handler: typeof handler === 'function' ? handles.of(handler) : handler,
    });
  }
  return exact(codec, value);
}

export function inward(what: string, value: unknown, handles: Handles): unknown {
  if (what === 'kevent') {
    const event = value as Kevent;
    return { ...event, udata: typeof event.udata === 'bigint' ? handles.at(event.udata) : event.udata };
  }
  if (what === 'sigaction') {
    const action = value as Sigaction;
    return typeof action.handler === 'bigint' ? { ...action, handler: handles.at(action.handler) } : action;
  }
  return value;
}

/** As bytes from which the same value comes back. */
function exact(codec: Codec<unknown>, value: unknown): Uint8Array {
  let bytes: Uint8Array;
  try {
    // A codec may use one buffer for all.
    bytes = codec.encode(value).slice();
  } catch (error) {
    if (error instanceof Errno) {
      throw error;
    }
    throw value == null ? EFAULT : EINVAL;
  }
  if (!same(value, codec.decode(bytes))) {
    throw EINVAL;
  }
  return bytes;
}

/** What the caller has given is there; what was left out may be anything. */
function same(given: unknown, back: unknown): boolean {
  if (Array.isArray(given) && (!Array.isArray(back) || back.length !== given.length)) {
    return false;
  }
  if (typeof given === 'object' && given !== null && typeof back === 'object' && back !== null) {
    return Object.entries(given).every(
      ([key, value]) =>
        value === undefined || !(key in back) || same(value, (back as Record<string, unknown>)[key]),
    );
  }
  return given === back || (typeof given === 'number' && typeof back === 'bigint' && BigInt(given) === back);
}
