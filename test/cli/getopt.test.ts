import test from 'ava';
import { getopt, HelpWanted, UsageError } from '../../lib/cli/getopt.ts';

function got(args: readonly string[], letters: string) {
  const { options, operands } = getopt(args, letters);
  return { options: Object.fromEntries(options), operands };
}

test('letters alone, in clusters, and with values in both ways', (t) => {
  t.deepEqual(got(['-a', '-bc', 'x'], 'abc'), { options: { a: '', b: '', c: '' }, operands: ['x'] });
  t.deepEqual(got(['-p', '7', '-q8', '-ar9'], 'ap:q:r:'), {
    options: { p: '7', q: '8', a: '', r: '9' },
    operands: [],
  });
  t.deepEqual(got(['-p', '-a'], 'ap:'), { options: { p: '-a' }, operands: [] });
});

test('operands begin at the first argument that is no option, or after --', (t) => {
  t.deepEqual(got(['-a', 'x', '-b'], 'ab'), { options: { a: '' }, operands: ['x', '-b'] });
  t.deepEqual(got(['-a', '--', '-b'], 'ab'), { options: { a: '' }, operands: ['-b'] });
  t.deepEqual(got(['-', '-a'], 'a'), { options: {}, operands: ['-', '-a'] });
});

test('wrong options are named', (t) => {
  t.throws(() => getopt(['-az'], 'a'), { instanceOf: UsageError, message: 'unknown option -z' });
  t.throws(() => getopt(['-:'], 'a:'), { instanceOf: UsageError, message: 'unknown option -:' });
  t.throws(() => getopt(['-p'], 'p:'), { instanceOf: UsageError, message: 'option -p needs a value' });
  t.throws(() => getopt(['-a', '--help'], 'a'), { instanceOf: HelpWanted });
});
