/** The table of names of a directory, against a Map. */
import test from 'ava';
import { NameTable } from '../../lib/vfs/nametable.ts';
import { fc } from '../fc.ts';

// Few names, many slots next to each other; and names of every kind.
const name = fc.oneof(fc.nat(300).map(String), fc.string(), fc.string({ unit: 'binary' }));
const step = fc.tuple(fc.boolean(), name);

test('whatever comes and goes, what is there is found and nothing else', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 800 }), (steps) => {
      const table = new NameTable();
      const list: string[] = [];
      const model = new Map<string, number>();
      for (const [add, name] of steps) {
        const place = model.get(name) ?? -1;
        t.is(table.find(name, list), place);
        if (add && place < 0) {
          table.add(name, list.length);
          model.set(name, list.length);
          list.push(name);
        } else if (!add && place >= 0) {
          table.remove(name, place);
          model.delete(name);
        }
        t.is(table.size, model.size);
      }
      for (const [name, place] of model) {
        t.is(table.find(name, list), place);
      }
    }),
    { numRuns: 200 },
  );
});

test('a hundred thousand names, and none again', (t) => {
  const table = new NameTable();
  const list = Array.from({ length: 100_000 }, (_, i) => `file-${i}`);
  for (const [place, name] of list.entries()) {
    table.add(name, place);
  }
  t.true(list.every((name, place) => table.find(name, list) === place));
  t.is(table.find('file-100000', list), -1);
  for (const [place, name] of list.entries()) {
    table.remove(name, place);
  }
  t.is(table.size, 0);
  t.true(list.every((name) => table.find(name, list) === -1));
});
