/**
 * `node:fs` on a process of a kernel elsewhere: everything that promises or calls back. What would have to return at
 * once cannot.
 */
import type { PromiseCalls, SysCalls } from './facade.ts';
import { codedError } from './fs/errors.ts';
import { createFs, type NodeFs } from './fs/index.ts';

/** These look at once, or say at once whether it can be done. */
const AT_ONCE: ReadonlySet<string> = new Set(['watch']);

function refusal(name: string): () => never {
  return () => {
    const why = 'nothing returns at once from a kernel elsewhere: use a callback or a promise';
    throw codedError(Error, 'ERR_METHOD_NOT_IMPLEMENTED', `The ${name}() method is not implemented: ${why}`);
  };
}

/** The calls that return, none of which does. */
function noSysCalls(): SysCalls {
  return new Proxy({}, { get: (_, name) => refusal(String(name)) }) as SysCalls;
}

/** A file system for a process that is reached by promised calls alone. It is made when it is first asked for. */
export function createRemoteFs(proc: { readonly promises: PromiseCalls; readonly alive: boolean }): NodeFs {
  const { promises } = proc;
  const fs = createFs({
    sys: noSysCalls(),
    promises,
    get alive() {
      return proc.alive;
    },
  });
  for (const name of Object.keys(fs)) {
    if (name.endsWith('Sync') || AT_ONCE.has(name)) {
      Object.assign(fs, { [name]: refusal(name) });
    }
  }
  return fs;
}
