import test from 'ava';
import { quote } from '../../lib/cli/words.ts';
import { fc } from '../fc.ts';
import { output } from './output.ts';

test('seq', async (t) => {
  t.is(
    await output('seq 3', 'seq 2 4', 'seq 1 3 7', 'seq 3 1', 'seq 0 -2 -3', 'seq -1'),
    '1\n2\n3\n2\n3\n4\n1\n4\n7\n3\n2\n1\n0\n-2\n1\n0\n-1\n',
  );
  for (const wrong of ['', 'x', '1 0 2', '1 -1 2', '1 2 3 4', '1.5', '9999999999999999']) {
    t.regex(await output(`seq ${wrong}; echo $?`), /^seq: [^\n]*\(usage: [^\n]*\)\n1\n$/, wrong);
  }
});

test('head', async (t) => {
  t.is(
    await output('seq 20 | head | wc -l', 'seq 3 | head -n 2', 'seq 3 | head -1', 'seq 2 | head -5'),
    '      10\n1\n2\n1\n1\n2\n',
  );
  t.is(await output('seq 100000 | head -n 99999 | wc -l', 'echo -n ab | head'), '   99999\nab');
  for (const wrong of ['-n x', '-0', '-n', '-z', '-3 -n 2']) {
    t.regex(await output(`head ${wrong}; echo $?`), /^head: [^\n]*\(usage: [^\n]*\)\n1\n$/, wrong);
  }
});

test('wc', async (t) => {
  t.is(
    await output('echo " a  bc " | wc', 'echo -n x | wc -lc', 'wc', 'wc file; echo $?'),
    '       1       2       8\n       0       1\n       0       0       0\n' +
      'wc: file: No such file or directory\n1\n',
  );
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: fc.constantFrom('a', 'é', ' ', '\t', '\n') }), async (text) => {
      const words = text.split(/[ \t\n]+/).filter(Boolean).length;
      const counts = [text.split('\n').length - 1, words, Buffer.byteLength(text)];
      t.is(
        await output(`echo -n ${quote(text)} | wc`),
        `${counts.map((n) => ` ${String(n).padStart(7)}`).join('')}\n`,
      );
    }),
    { numRuns: 30 },
  );
});

test('grep looks for text', async (t) => {
  t.is(
    await output(
      'seq 12 | grep 1',
      'seq 3 | grep -v 2',
      'seq 20 | grep -c 1',
      'seq 12 | grep -n 2',
      'seq 12 | grep -x 1',
    ),
    '1\n10\n11\n12\n1\n3\n11\n2:2\n12:12\n1\n',
  );
  t.is(
    await output(
      "echo 'a.b É' | grep -i 'A.B É'",
      'echo axb | grep a.b; echo $?',
      'yes | grep -q y; echo $?',
    ),
    'a.b É\n1\n0\n',
  );
  t.is(await output("echo -n 'no newline' | grep new", 'seq 3 | grep -F -v ""; echo $?'), 'no newline\n1\n');
  t.is(await output('seq 100000 | grep 5 | wc -l'), '   40951\n');
  for (const wrong of ['', '-z a']) {
    t.regex(await output(`grep ${wrong}; echo $?`), /^grep: [^\n]*\(usage: [^\n]*\)\n1\n$/, wrong);
  }
});

test('cat, yes, true, false', async (t) => {
  t.is(
    await output('echo é | cat -', 'yes a b | head -2', 'true x; echo $?', 'false; echo $?'),
    'é\na b\na b\n0\n1\n',
  );
  t.is(await output('cat', 'cat file; echo $?'), 'cat: file: No such file or directory\n1\n');
});
