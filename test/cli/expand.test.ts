import test from 'ava';
import { expandText, expandWords } from '../../lib/cli/expand.ts';
import type { Splits, Substitution, Word } from '../../lib/cli/tree.ts';
import { fc } from '../fc.ts';
import { output, outputOf } from './output.ts';
import { sh } from './rump.ts';

const how = (values: Readonly<Record<string, string>>) => ({
  param: (name: string) => values[name],
  assign: () => {},
  output: async (_commands: unknown, text: string) => `${text}\n\n`,
  files: async () => [],
});
const param = (name: string, splits: Splits): Substitution => ({ param: name, modifier: null, splits });

test('what is not quoted is split at blanks, and vanishes when it is empty', async (t) => {
  const values = { e: '', s: ' a  b\t\nc ', x: 'x' };
  const words = (...word: Word) => expandWords(word, how(values));
  t.deepEqual(await words(param('e', 'split')), []);
  t.deepEqual(await words(param('e', 'whole')), ['']);
  t.deepEqual(await words(param('s', 'split')), ['a', 'b', 'c']);
  t.deepEqual(await words(param('s', 'whole')), [values.s]);
  t.deepEqual(await words('1', param('s', 'split'), '2'), ['1', 'a', 'b', 'c', '2']);
  t.deepEqual(await words('1', param('x', 'split'), param('x', 'split')), ['1xx']);
  t.deepEqual(await words({ quoted: '' }, param('e', 'split')), ['']);
  t.deepEqual(
    await words({ commands: [], text: 'p q', splits: 'split' }),
    ['p', 'q'],
    'newlines at the end go',
  );
  t.is(await expandText(['1', param('s', 'split')], how(values)), `1${values.s}`);
});

test('splitting is that of the text', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '\t') }), async (s) => {
      const words = await expandWords([param('s', 'split')], how({ s }));
      t.deepEqual(
        words,
        s.split(/\s+/).filter((word) => word !== ''),
      );
    }),
  );
});

test('&& and || look at how the command before ended', async (t) => {
  t.is(await output('true && echo a || echo b; false && echo c || echo d'), 'a\nd\n');
  t.is(await output('false && true && echo x; echo $?', 'true || false || echo x; echo $?'), '1\n0\n');
  t.is(await output('seq 2 | grep 3 || echo none | cat', 'exit 4 && echo no'), 'none\n');
});

test('variables keep texts for the commands of their shell', async (t) => {
  t.is(await output('x="a  b" y=2; echo $x; echo "$x"$y; x=$y$y; echo $x'), 'a b\na  b2\n22\n');
  t.is(await output('echo "<$none>" $none; x=; echo $x | wc -w'), '<>\n       0\n');
  t.is(await output('c="echo hi"; $c there; $none; echo $?'), 'hi there\n0\n');
  t.is(await output('x=1', 'echo $(x=2; echo $x) $x'), '2 1\n');
});

test('$(...) is what the commands print, and how they end is how an assignment ends', async (t) => {
  t.is(await output('echo $(seq 3) "$(seq 2)"; x=$(seq 4 | wc -l); echo $x'), '1 2 3 1\n2\n4\n');
  t.is(await output('x=$(exit 3); echo $?; x=$(true) || echo no; $(exit 4); echo $?'), '3\n4\n');
  t.is(await output('echo $(echo $(echo "a)" \\) \'b)\'))'), 'a) ) b)\n');
  t.is(await output('echo $$ $(echo $$) $(cd /tmp && pwd); pwd'), '2 2 /tmp\n/\n', 'a process of its own');
  t.is(await output('seq 100000 | wc -c; x=$(seq 100000); echo "$x" | wc -c'), '  588895\n  588895\n');
  t.is(
    await output('x=$(sleep 9 >&- & echo $!) && kill -9 $x; jobs'),
    '',
    'jobs are those of their own shell',
  );
  t.is(
    await outputOf('interactive', ['echo $(kill -TERM $(echo $$); echo a)', 'x=$(kill -9 0); echo $?']),
    'a\n137\n',
  );
});

test('<<< gives a command a text to read', async (t) => {
  t.is(await output('x="a b"; cat <<< "$x c"; wc -l <<<x; cat 3<<<y <&3'), 'a b c\n       1\ny\n');
  const { stdout, stderr } = sh('x=$(seq 20000); cat <<< $x | wc -c; echo $?');
  t.is(stdout, '       0\n0\n');
  t.is(stderr, 'rump: cat: 0<<<: a text of 108894 bytes is more than a pipe holds\n');
});
