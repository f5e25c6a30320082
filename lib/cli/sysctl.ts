/**
 * The kernel's variables as programs see them: numbers and bytes, and what the tree says about itself.
 *
 * NetBSD: sysctl(3), sysctl(7), sys/sys/sysctl.h (struct sysctlnode).
 */
import { constants, SysError } from '../api/index.ts';
import type { Self } from './program.ts';

const { CTL_DESCRIBE, CTL_QUERY, CTLTYPE_NODE, SYSCTL_FLAGMASK, SYSCTL_TYPEMASK, SYSCTL_VERSION } = constants;

/** Where the fields of a `struct sysctlnode` are, in bytes. */
const NODE = { flags: 0, num: 4, name: 8, nameEnd: 40, size: 96 } as const;

export interface Variable {
  /** With dots; empty for the root. */
  readonly name: string;
  readonly mib: readonly number[];
  /** CTLTYPE_*. */
  readonly type: number;
  /** CTLFLAG_*. */
  readonly flags: number;
}

/** Everything is below it. */
export const SYSCTL_ROOT: Variable = { name: '', mib: [], type: CTLTYPE_NODE, flags: 0 };

/** The bytes of a variable; `request` goes with the question. @throws SysError */
export async function sysctlBytes(
  self: Self,
  mib: readonly number[],
  request: Uint8Array | null = null,
): Promise<Uint8Array> {
  for (;;) {
    const value = new Uint8Array(await self.sys.sysctl(mib, null, request));
    try {
      return value.subarray(0, await self.sys.sysctl(mib, value, request));
    } catch (error) {
      // It grew between the two calls: ask again.
      if (!(error instanceof SysError && error.code === 'ENOMEM')) {
        throw error;
      }
    }
  }
}

/** The text before the first NUL. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** A view of the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A variable that is text. @throws SysError */
export async function sysctlText(self: Self, mib: readonly number[]): Promise<string> {
  return textOf(await sysctlBytes(self, mib));
}

/** What is below a node, by number. @throws SysError */
export async function sysctlChildren(self: Self, { name, mib }: Variable): Promise<Variable[]> {
  const request = new Uint8Array(NODE.size);
  viewOf(request).setUint32(NODE.flags, SYSCTL_VERSION, true);
  const bytes = await sysctlBytes(self, [...mib, CTL_QUERY], request);
  return Array.from({ length: bytes.length / NODE.size }, (_, i) => {
    const node = bytes.subarray(i * NODE.size, (i + 1) * NODE.size);
    const flags = viewOf(node).getUint32(NODE.flags, true);
    const own = textOf(node.subarray(NODE.name, NODE.nameEnd));
    return {
      name: name === '' ? own : `${name}.${own}`,
      mib: [...mib, viewOf(node).getInt32(NODE.num, true)],
      type: flags & SYSCTL_TYPEMASK,
      flags: flags & SYSCTL_FLAGMASK,
    };
  });
}

/** Where the fields of a `struct sysctldesc` are, in bytes; its text fills up words of 4. */
const DESC = { num: 0, len: 8, text: 12, word: 4 } as const;

/** What those below a node are for, by number. @throws SysError */
export async function sysctlDescriptions(self: Self, { mib }: Variable): Promise<Map<number, string>> {
  const bytes = await sysctlBytes(self, [...mib, CTL_DESCRIBE]);
  const found = new Map<number, string>();
  for (let at = 0; at < bytes.length; ) {
    const view = viewOf(bytes.subarray(at));
    const length = view.getUint32(DESC.len, true);
    const text = bytes.subarray(at + DESC.text, at + DESC.text + length);
    found.set(view.getInt32(DESC.num, true), textOf(text));
    at += DESC.text + Math.ceil(length / DESC.word) * DESC.word;
  }
  return found;
}

/** The variable of that name. Undefined when there is none. @throws SysError */
export async function sysctlFind(self: Self, name: string): Promise<Variable | undefined> {
  let at: Variable | undefined = SYSCTL_ROOT;
  for (const part of name.split('.')) {
    if (at?.type !== CTLTYPE_NODE) {
      return undefined;
    }
    const wanted: string = at.name === '' ? part : `${at.name}.${part}`;
    at = (await sysctlChildren(self, at)).find((child) => child.name === wanted);
  }
  return at;
}
