/** The table of names of a directory, against a Map. */
import test from 'ava';
import { NameTable } from '../../lib/vfs/nametable.ts';
import { fc } from '../fc.ts';

interface Named {
  readonly name: string;
}

// Few names, many slots next to each other; and names of every kind.
const name = fc.oneof(fc.nat(300).map(String), fc.string(), fc.string({ unit: 'binary' }));
const step = fc.tuple(fc.boolean(), name);

test('whatever comes and goes, what is there is found and nothing else', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 800 }), (steps) => {
      const table = new NameTable<Named>();
      const model = new Map<string, Named>();
      for (const [add, name] of steps) {
        const known = model.get(name);
        if (known === undefined) {
          t.is(table.get(name), null);
        } else {
          t.is(table.get(name), known);
        }
        if (add && known === undefined) {
          const entry = { name };
          table.add(entry);
          model.set(name, entry);
        } else if (!add && known !== undefined) {
          table.remove(known);
          model.delete(name);
        }
        t.is(table.size, model.size);
      }
      for (const [name, entry] of model) {
        t.is(table.get(name), entry);
      }
    }),
    { numRuns: 200 },
  );
});

test('a hundred thousand names, and none again', (t) => {
  const table = new NameTable<Named>();
  const entries = Array.from({ length: 100_000 }, (_, i) => ({ name: `file-${i}` }));
  for (const entry of entries) {
    table.add(entry);
  }
  t.true(entries.every((entry) => table.get(entry.name) === entry));
  t.is(table.get('file-100000'), null);
  for (const entry of entries) {
    table.remove(entry);
  }
  t.is(table.size, 0);
  t.true(entries.every(({ name }) => table.get(name) === null));
});
