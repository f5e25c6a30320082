/**
 * The table of system calls tells the truth: what it says works has a handler and a test, nothing else has.
 */
import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { boot, SysError, simulatedHost } from '../../lib/api/index.ts';
import { SYSCALLS } from '../../lib/sys/syscalls.master.ts';
import { isCallable, localArgs } from '../../lib/sys/syscalls.ts';
import type { SysentRow } from '../../lib/sys/sysent.ts';
import { insideOf } from './harness.ts';

const ROWS: readonly SysentRow[] = SYSCALLS;
/** These two only say which other call is meant: the facade looks that up. */
const INDIRECT: ReadonlySet<string> = new Set(['syscall', '__syscall']);
const works = ({ support }: SysentRow): boolean => support === 'full' || support === 'partial';

test('a handler exists exactly for what the table says is supported', (t) => {
  using kernel = boot({ host: simulatedHost(), console: () => {} });
  const { sysent } = insideOf(kernel);
  const handled = ROWS.filter(({ number }) => sysent[number] !== undefined).map(({ name }) => name);
  const promised = ROWS.filter((row) => works(row) && !INDIRECT.has(row.name)).map(({ name }) => name);
  t.deepEqual(handled, promised);
});

test('a call that may sleep is a generator or answers at once; one that may not never is', (t) => {
  using kernel = boot({ host: simulatedHost(), console: () => {} });
  const { sysent } = insideOf(kernel);
  for (const { number, name, sleeps } of ROWS) {
    const handler = sysent[number];
    if (handler !== undefined && !sleeps) {
      t.not(handler.constructor.name, 'GeneratorFunction', name);
    }
  }
});

test('what is not supported answers ENOSYS to arguments of the right types, and only says why', async (t) => {
  using kernel = boot({ host: simulatedHost(), console: () => {} });
  const proc = kernel.newproc();
  for (const row of ROWS.filter((r) => isCallable(r) && !works(r))) {
    const call = (proc.promises as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[
      row.call
    ];
    const error = await call?.apply(proc.promises, argsFor(row)).catch((e: unknown) => e);
    t.true(error instanceof SysError, row.call);
    t.is((error as SysError).code, 'ENOSYS', (error as SysError).message);
    if (row.support === 'no') {
      t.true((row.note ?? '').length > 0, `${row.call} has no reason`);
    }
  }
});

test('every call that works is made by a test', (t) => {
  const root = new URL('..', import.meta.url);
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.js') && !path.endsWith('coverage.test.js'))
    .map((path) => readFileSync(new URL(path, root), 'utf8'));
  const made = new Set(sources.flatMap((source) => [...source.matchAll(/\.(\w+)\(/g)].map((m) => m[1])));
  // The identity tests make these for uids and gids alike, by a name put together.
  const together = /^(gete?|sete?|setre)[ug]id$/;
  const untested = ROWS.filter(works)
    .map(({ call }) => call)
    .filter((call) => !made.has(call) && !together.test(call));
  t.deepEqual(untested, []);
});

/** Arguments of the right types, of no meaning. */
function argsFor(row: SysentRow): unknown[] {
  return localArgs(row).map(([, type]) => sample(type));
}

const MESSAGE = { name: null, iov: [], control: null, flags: 0 };

function sample(type: string): unknown {
  if (/ (fd_set|cpuset_t)$/.test(type)) {
    return new Set();
  }
  if (/ (sockaddr|msghdr)$/.test(type)) {
    return type.endsWith(' msghdr') ? MESSAGE : { family: 1, data: new Uint8Array(1) };
  }
  const [passing = ''] = type.split(' ');
  if (/^(path|string)\??$/.test(passing)) {
    return 'name';
  }
  if (/^buf/.test(passing)) {
    return new Uint8Array(1);
  }
  if (/^iov/.test(passing)) {
    return [new Uint8Array(1)];
  }
  if (/\[|^strings$/.test(passing)) {
    return [];
  }
  if (/^(in|inout)$/.test(passing)) {
    return {};
  }
  if (/\?$/.test(passing)) {
    return null;
  }
  return passing === 'ptr' ? 0n : 0;
}
