/**
 * What `rump server --mount` says: `type=TYPE,target=PATH[,KEY=VALUE...][,ro]`.
 */
import { constants, type Kernel, SysError } from '../api/index.ts';
import { printable } from './exits.ts';

/** A specification makes no sense. */
export class MountSpecError extends Error {}

interface MountSpec {
  readonly type: string;
  readonly target: string;
  readonly readonly: boolean;
  readonly args: Readonly<Record<string, unknown>>;
}

const SIZES: ReadonlySet<string> = new Set(['size']);
const NUMBERS: ReadonlySet<string> = new Set(['nodes', 'uid', 'gid']);
const OCTALS: ReadonlySet<string> = new Set(['mode', 'umask']);
const UNIT: Readonly<Record<string, number>> = { '': 1, k: 1 << 10, m: 1 << 20, g: 1 << 30 };

function argumentOf(key: string, text: string): unknown {
  const size = /^(\d+)([kmg]?)$/i.exec(text);
  if (SIZES.has(key) && size !== null) {
    return Number(size[1]) * (UNIT[(size[2] ?? '').toLowerCase()] as number);
  }
  if (NUMBERS.has(key) && /^\d+$/.test(text)) {
    return Number(text);
  }
  if (OCTALS.has(key) && /^[0-7]+$/.test(text)) {
    return Number.parseInt(text, 8);
  }
  if (SIZES.has(key) || NUMBERS.has(key) || OCTALS.has(key)) {
    throw new MountSpecError(`${key}: ${printable(text) || "''"} is no number`);
  }
  return text;
}

/** @throws MountSpecError */
export function parseMountSpec(text: string): MountSpec {
  const fields = new Map<string, string>();
  for (const field of text.split(',')) {
    const at = field.indexOf('=');
    const key = at < 0 ? field : field.slice(0, at);
    if (key === '' || fields.has(key)) {
      throw new MountSpecError(`${printable(text) || "''"}: want type=TYPE,target=PATH,...`);
    }
    fields.set(key, at < 0 ? '' : field.slice(at + 1));
  }
  const type = fields.get('type') ?? '';
  const target = fields.get('target') ?? '';
  if (type === '' || !target.startsWith('/')) {
    throw new MountSpecError(`${printable(text)}: want type=TYPE and target=/PATH`);
  }
  const readonly = fields.has('ro');
  for (const taken of ['type', 'target', 'ro']) {
    fields.delete(taken);
  }
  const source = fields.get('source');
  fields.delete('source');
  const args = Object.fromEntries([...fields].map(([key, value]) => [key, argumentOf(key, value)]));
  return { type, target, readonly, args: source === undefined ? args : { ...args, path: source } };
}

/** Make the directory, with those above it, and mount there. @throws SysError */
export async function mountSpec(kernel: Kernel, { type, target, readonly, args }: MountSpec): Promise<void> {
  const proc = kernel.newproc({ comm: 'mount' });
  const { promises: sys } = proc;
  try {
    for (const [i] of [...target.matchAll(/[^/]+/g)].map((name) => [
      target.slice(0, name.index + name[0].length),
    ])) {
      try {
        await sys.mkdir(i as string, 0o755);
      } catch (error) {
        if (!(error instanceof SysError) || error.code !== 'EEXIST') {
          throw error;
        }
      }
    }
    await sys.mount(type, target, readonly ? constants.MNT_RDONLY : 0, args as never);
  } finally {
    await sys.exit(0).catch(() => {});
  }
}
