/**
 * The local signature of a system call as text: for people, what `LocalArgs` and `LocalResult` of
 * lib/sys/sysent.ts say to the compiler.
 */
import type { Arg, SysentRow } from '../lib/sys/sysent.ts';

const NAMES_OF_THEIR_OWN: ReadonlyMap<string, string> = new Map([
  ['wrusage', 'WaitUsage'],
  ['statvfs190', 'Statvfs'],
]);
const SCALAR =
  /^(?:int|unsigned int|long|unsigned long|intptr_t|uint(?:8|32|64)_t|(?!sigset|siginfo|fsid|cpuset)\w+_t)$/;

/**
 * The name of a structure in lib/sys/types.ts: `Timespec` of timespec, `Sigset` of sigset_t; `number` of a
 * scalar.
 */
export function localName(cType: string): string {
  if (SCALAR.test(cType)) {
    return 'number';
  }
  const words = cType.replace(/_t$/, '').split('_');
  return (
    NAMES_OF_THEIR_OWN.get(cType) ??
    words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  );
}

const PLAIN: ReadonlyMap<string, string> = new Map([
  ['path', 'string'],
  ['string', 'string'],
  ['strings', 'string[]'],
  ['buf<', 'Uint8Array'],
  ['buf>', 'Uint8Array'],
  ['iov<', 'Uint8Array[]'],
  ['iov>', 'Uint8Array[]'],
  ['ptr', 'bigint'],
]);

/** Undefined for what a local caller does not pass. */
function passed(type: string): string | undefined {
  const nullable = /\?/.test(type) ? ' | null' : '';
  const bare = type.replace('?', '');
  const plain = PLAIN.get(bare);
  if (plain !== undefined) {
    return plain + nullable;
  }
  const [kind = '', ...rest] = bare.split(' ');
  const target = rest.join(' ');
  switch (kind) {
    case 'opt':
    case 'max':
    case 'maxbytes':
      return 'number';
    case 'by':
      return 'unknown';
    case 'in':
    case 'inout':
    case 'fill':
      return localName(target) + nullable;
    case 'in[]':
    case 'inout[]':
    case 'ptr[]':
      return `${localName(target)}[]${nullable}`;
    case 'in[2]':
      return `[${localName(target)}, ${localName(target)}]${nullable}`;
    default:
      return SCALAR.test(bare) ? 'number' : undefined;
  }
}

const mayBeLeftOut = (type: string): boolean => /^(?:opt|by) /.test(type) || type.includes('?');

function parameters(args: readonly Arg[]): string {
  const shown = args.flatMap(([name, type]) => {
    const local = type === 'rest' ? 'unknown[]' : passed(type);
    return local === undefined ? [] : [{ name: type === 'rest' ? `...${name}` : name, type, local }];
  });
  const lastNeeded = shown.findLastIndex(({ type }) => !mayBeLeftOut(type));
  return shown
    .map(({ name, local }, i) =>
      i > lastNeeded && local !== 'unknown[]'
        ? `${name}?: ${local.replace(' | null', '')}`
        : `${name}: ${local}`,
    )
    .join(', ');
}

/** Undefined for what is not returned. */
function returned(type: string): string | undefined {
  if (type === 'string>') {
    return 'string';
  }
  const [kind = '', ...rest] = type.replace('?', '').split(' ');
  const target = rest.join(' ');
  switch (kind) {
    case 'lenp':
    case 'socklenp':
      return 'number';
    case 'out':
      return type === 'out? sockaddr' ? `${localName(target)} | null` : localName(target);
    case 'out[]':
      return `${localName(target)}[]`;
    default:
      return undefined;
  }
}

function result(row: SysentRow): string {
  const outs = row.args.flatMap(([name, type]) => {
    const local = returned(type);
    return local === undefined ? [] : [{ name, local }];
  });
  const [joined, scalar] = row.result.split(':');
  if (scalar !== undefined) {
    outs.unshift({ name: joined ?? '', local: 'number' });
  }
  switch (row.result) {
    case 'fds':
      return '[number, number]';
    case 'any':
      return 'unknown';
    default:
  }
  if (outs.length === 1) {
    return outs[0]?.local ?? '';
  }
  if (outs.length > 1) {
    return `{ ${outs.map(({ name, local }) => `${name}: ${local}`).join('; ')} }`;
  }
  switch (row.result) {
    case 'void':
    case 'noreturn':
    case 'error':
      return 'void';
    case 'ptr':
      return 'bigint';
    default:
      return 'number';
  }
}

/** `wait4(pid: number, options: number): { pid: number; status: number; rusage: Rusage }` */
export function signature(row: SysentRow): string {
  return `${row.call}(${parameters(row.args)}): ${result(row)}`;
}
