import test, { type ExecutionContext } from 'ava';
import { bareYields, floatingGenerators } from '../../tools/floating.ts';
import { plantedProblems } from './planted.ts';

const PRELUDE = `
declare const SLEEPING: unique symbol;
type MaySleep<T> = Generator<typeof SLEEPING, T, void>;
declare function wait(): MaySleep<boolean>;
declare function wakeup(): boolean;
declare function maybe(): MaySleep<void> | undefined;
declare function each(callback: (n: number) => void): void;
declare function start(body: (n: number) => MaySleep<boolean>): void;
declare const queue: { wait(): MaySleep<void> };
`;

/** Problems as `line: message`, lines counted in `body`. */
function problems(body: string, check: typeof floatingGenerators): string[] {
  const before = PRELUDE.split('\n').length - 1;
  return plantedProblems({ 'a.ts': PRELUDE + body }, check).map(
    ({ line, message }) => `${line - before}: ${message}`,
  );
}

function caught(t: ExecutionContext, statement: string, message: RegExp): void {
  const found = problems(`function* sleeps(): MaySleep<void> {\n${statement}\n}`, floatingGenerators);
  t.is(found.length, 1, statement);
  t.regex(found[0] ?? '', /^2: /, statement);
  t.regex(found[0] ?? '', message, statement);
}

test('a call that may sleep, as a statement, is caught', (t) => {
  caught(t, 'wait();', /missing/);
  caught(t, 'queue.wait();', /missing/);
  caught(t, '(wait());', /missing/);
  caught(t, 'maybe();', /missing/);
  caught(t, 'maybe()!;', /missing/);
});

test('void does not hide it', (t) => {
  caught(t, 'void wait();', /missing/);
  caught(t, 'const x = void wait(); x;', /missing/);
});

test('operators do not hide it', (t) => {
  caught(t, 'wakeup() && wait();', /missing/);
  caught(t, 'wakeup() ? wait() : wakeup();', /missing/);
  caught(t, 'wakeup(), wait();', /missing/);
  caught(t, 'for (let i = 0; i < 3; wait()) i++;', /missing/);
});

test('a generator yielded without the star is caught', (t) => {
  const found = problems('function* sleeps() {\n  yield wait();\n}', floatingGenerators);
  t.deepEqual(
    found.map((one) => one.slice(0, 2)),
    ['2:'],
  );
  t.regex(found[0] ?? '', /`yield` must be `yield\*`/);
});

test('a generator tested for truth is caught', (t) => {
  caught(t, 'if (wait()) wakeup();', /always true/);
  caught(t, 'while (!wait()) wakeup();', /always true/);
  caught(t, 'wakeup() || (wait() ? wakeup() : wakeup());', /always true/);
});

test('a callback that hands a generator to a caller who ignores it is caught', (t) => {
  caught(t, 'each(() => wait());', /never runs/);
});

test('right uses are left alone', (t) => {
  const body = `
function* sleeps(): MaySleep<boolean> {
  wakeup();
  yield* wait();
  const later = wait();
  let kept: MaySleep<boolean> | undefined;
  kept = wait();
  kept ??= wait();
  (wakeup() ? kept : later).next();
  if (yield* later) return yield* wait();
  start(() => wait());
  each(() => { wakeup(); });
  each(() => wakeup());
  for (;;) if (!(yield* wait())) break;
  return wakeup();
}
const passOn = () => wait();
function plain(): MaySleep<boolean> { return wait(); }
passOn; plain; sleeps;
`;
  t.deepEqual(problems(body, floatingGenerators), []);
});

test('an iterator over values may yield them', (t) => {
  const body = `
class Table { *[Symbol.iterator](): IterableIterator<number> { yield 1; } }
function* numbers(): Iterable<number> { yield 1; }
function* sleeps(): MaySleep<void> { yield SLEEPING; }
Table; numbers; sleeps;
`;
  t.deepEqual(
    problems(body, bareYields).map((one) => one.slice(0, 2)),
    ['4:'],
  );
});

test('bare yields are found, starred ones are not', (t) => {
  const body = 'function* sleeps(): MaySleep<void> {\n  yield* wait();\n  yield SLEEPING;\n}';
  t.deepEqual(
    problems(body, bareYields).map((one) => one.slice(0, 2)),
    ['3:'],
  );
});
