import { readFileSync } from 'node:fs';
import test from 'ava';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { hypercalls } from '../../lib/rumpuser/sim_faults.ts';

/** Methods of `interface Rumpuser` as its source lists them, in order. */
function interfaceMethods(): string[] {
  const source = readFileSync(new URL('../../../lib/rumpuser/rumpuser.ts', import.meta.url), 'utf8');
  const body = /^export interface Rumpuser \{\n(?<body>.*?)^\}/ms.exec(source)?.groups?.['body'];
  if (body === undefined) throw new Error('rumpuser.ts holds no interface Rumpuser');
  return [...body.matchAll(/^ {2}(?<name>\w+)\??\(/gm)].map((match) => match.groups?.['name'] as string);
}

test('a fault can be planned for exactly the methods of the interface', (t) => {
  t.deepEqual([...hypercalls].sort(), interfaceMethods().sort());
});

test('options that are none are refused by name', (t) => {
  t.throws(() => simulatedHost(null as never), { instanceOf: TypeError, message: /object/ });
  t.throws(() => simulatedHost({ sead: 1 } as never), { instanceOf: TypeError, message: /"sead"/ });
});

test('the simulated host has every method of the interface, with as many parameters as the source says', (t) => {
  const host = simulatedHost();
  for (const call of hypercalls) t.is(typeof host[call], 'function', call);
  t.is(host.bio.length, 5);
  t.is(host.threadCreate.length, 4);
});
