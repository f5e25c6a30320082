/** One list of hypercalls: the header's, the addon's and the TypeScript interface's are the same. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import { nativeBinding } from '../../lib/rumpuser/native_binding.ts';
import * as rumpuser from '../../lib/rumpuser/rumpuser.ts';
import * as fsop from '../../lib/sys/constants/fsop.ts';
import { ROOT } from './host_support.ts';

/** Hypercalls of C that are something else in TypeScript, with the reason. */
const IN_C_ALONE: Readonly<Record<string, readonly string[]>> = {
  // Four operations of one C function are four methods; the current lwp is a word to look at.
  curlwpop: ['lwpCreate', 'lwpDestroy', 'curlwpSet', 'curlwpClear'],
  curlwp: [],
  monotonic: ['monotonicNs'],
  // A host object is its idler, and tells its own kernel when to pump.
  idleOpen: ['onPump', 'defer'],
  idleClose: [],
  answer: [],
  armed: [],
  // What holds an idler is C++.
  hold: [],
  release: [],
  // Assertions and reasons are exceptions, which carry their message.
  onassert: [],
  oninterrupt: [],
  reason: [],
  // Part of what a loaded object is.
  dlSymbols: [],
  // A thread of JavaScript ends by returning.
  threadExit: [],
  // Completion of block I/O is collected where JavaScript runs.
  bio: ['bio', 'reap'],
};
/** Members of the interface that a host may leave out. */
const OPTIONAL: readonly string[] = ['schedPick', 'worked'];
/** Members of the interface that are no calls of the header. */
const IN_TYPESCRIPT_ALONE: readonly string[] = ['kind', 'curlwp', 'modules', 'gate', 'visitors', ...OPTIONAL];

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function interfaceMembers(): string[] {
  const text = readFileSync(new URL('lib/rumpuser/rumpuser.ts', ROOT), 'utf8');
  const body = text.slice(text.indexOf('export interface Rumpuser {'));
  return [...body.slice(0, body.indexOf('\n}')).matchAll(/^ {2}(?:readonly )?(\w+)\??[(:]/gm)].map(
    ([, name]) => name ?? '',
  );
}

function headerCalls(): string[] {
  const text = readFileSync(new URL('native/include/rump/rumpuser.h', ROOT), 'utf8');
  return [...text.matchAll(/^ {2}X\(\w+, [^,]+, (\w+),/gm)].map(([, name]) => name ?? '');
}

test('header and addon have the same calls, all of them with code', (t) => {
  const rows = nativeBinding().hypercalls();
  t.deepEqual(
    rows.map(({ name }) => name),
    headerCalls(),
  );
  t.is(new Set(rows.map(({ address }) => address)).size, rows.length);
  for (const { address, parameters } of rows) {
    t.not(address, 0n);
    t.regex(parameters, /^\(.+\)$/);
  }
  t.is(nativeBinding().version, rumpuser.RUMPUSER_VERSION);
});

test('header and interface have the same calls', (t) => {
  const expected = nativeBinding()
    .hypercalls()
    .flatMap(({ name }) => IN_C_ALONE[camel(name)] ?? [camel(name)]);
  const members = interfaceMembers().filter((name) => !IN_TYPESCRIPT_ALONE.includes(name));
  t.deepEqual([...members].sort(), [...expected].sort());
});

test('the native host has every member of the interface', (t) => {
  const host = nativeHost();
  for (const name of interfaceMembers()) {
    if (!OPTIONAL.includes(name)) t.true(name in host, name);
  }
  host.fini();
});

test('numbers that header and TypeScript both name are the same', (t) => {
  const text = readFileSync(new URL('native/include/rump/rumpuser.h', ROOT), 'utf8');
  const defined = new Map(
    [...text.matchAll(/^#define (RUMPUSER_\w+) \(?(-?\w+)\)?$/gm)].map(([, name, value]) => [
      name,
      Number(value),
    ]),
  );
  t.true(defined.size > 80);
  const named = Object.entries({ ...fsop, ...rumpuser }).filter(([, value]) => typeof value === 'number');
  t.true(named.length > 70);
  for (const [name, value] of named) t.is(defined.get(name), value as number, name);
});
