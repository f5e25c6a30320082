// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how sh writes its parameters
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { boot, simulatedHost } from '../../lib/api/index.ts';
import { parse } from '../../lib/cli/grammar.ts';
import { matches, patternOf } from '../../lib/cli/pattern.ts';
import { Shell } from '../../lib/cli/shell.ts';
import { fc } from '../fc.ts';
import { output, outputOf } from './output.ts';
import { sh, start } from './rump.ts';
import { type Outcome, SCRIPTS } from './scripts.ts';

/** What a shell of ours prints for a script in an empty directory, and how it ends. */
async function outcomeOf(script: string): Promise<Outcome> {
  const host = simulatedHost({ seed: 1 });
  const kernel = boot({ host });
  kernel.fs.mkdirSync('/empty');
  const shell = new Shell(kernel);
  for (const text of ['cd /empty', script]) {
    const parsed = parse(text);
    if (parsed.kind !== 'list') {
      throw new Error(`${text}: ${JSON.stringify(parsed)}`);
    }
    await shell.execute(parsed.list);
  }
  kernel.halt();
  return { stdout: host.output, status: shell.status };
}

/** The same of the host's dash; null where it has none. */
function dash(script: string): Outcome | null {
  const cwd = mkdtempSync(path.join(tmpdir(), 'rump-'));
  try {
    const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
    const { stdout, status, error } = spawnSync('dash', ['-s'], {
      input: script,
      cwd,
      env,
      encoding: 'utf8',
    });
    return error === undefined ? { stdout, status: status ?? -1 } : null;
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

const WITH_DASH = dash('exit 3')?.status === 3;

for (const row of SCRIPTS) {
  const script = row.slice(0, -1).join('\n');
  test(`as in sh: ${script.length > 80 ? `${script.slice(0, 80)}...` : script}`, async (t) => {
    const expected = row.at(-1) as Outcome;
    t.deepEqual(await outcomeOf(script), expected);
    t.deepEqual(WITH_DASH ? dash(script) : expected, expected, 'dash');
  });
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const PIECES = [
  'a',
  'b',
  'c',
  '*',
  '?',
  '[ab]',
  '[!a]',
  '[a-c]',
  '[',
  '-',
  ']',
  '\\*',
  '\\a',
  '[]a]',
  '[a-',
  '\\\\',
];
const pattern = fc.string({
  unit: fc.constantFrom(...PIECES, '[[:alpha:]]', '[\\]b]', '[[:digit:]-]'),
  maxLength: 7,
});
const subject = fc.string({ unit: fc.constantFrom(...'abc*[]-\\!1'), maxLength: 6 });

test('patterns match what they match in sh', (t) => {
  const cases = fc.sample(fc.tuple(pattern, subject), 1000);
  const script = cases.map(
    ([p, text]) => `p=${quoted(p)}; case ${quoted(text)} in $p) echo true;; *) echo false;; esac`,
  );
  const found = dash(script.join('\n'))?.stdout.trimEnd().split('\n');
  for (const [i, [p, text]] of cases.entries()) {
    const ours = matches(patternOf(p), text);
    t.is(String(ours), found?.[i] ?? String(ours), `${text} in ${p}`);
  }
  t.true(matches(patternOf('a*[!b-d]?\\*'), 'axyez*'));
  t.false(matches(patternOf('a*[!b-d]?\\*'), 'abz*'));
});

test('a pattern with many stars does not take for ever', (t) => {
  t.false(matches(patternOf(`${'*a'.repeat(50)}b`), 'a'.repeat(5000)));
});

test('what expansion makes of values is what sh makes of them', async (t) => {
  const value = fc
    .string({
      unit: fc.constantFrom('a', 'b', ' ', '\n', '*', "'", '"', '\\', '$x', '#', '/'),
      maxLength: 6,
    })
    // The two have different files.
    .filter((v) => !(v.includes('/') && v.includes('*')));
  const parts = ['$v', '"$v"', "'l '", 'w', '${v:-d e}', '"${v:-d e}"', '${v%a*}', '"${v#*b}"', '${#v}'];
  const word = fc.string({ unit: fc.constantFrom(...parts), minLength: 1, maxLength: 4 });
  const cases = fc.sample(fc.tuple(value, word), 60);
  const script = cases.map(([v, w]) => `v=${quoted(v)}; printf '[%s]' ${w}; echo`).join('\n');
  const ours = await outcomeOf(script);
  t.is(ours.status, 0);
  t.deepEqual(WITH_DASH ? dash(script) : ours, ours);
});

test('files that cannot be seen are not matched, and no match leaves the word', async (t) => {
  t.is(
    await outputOf('script', ['echo /s/* /s/*/x /n/* */nope; cd /s; echo * [; ls /s/*'], (kernel) => {
      kernel.fs.mkdirSync('/s');
      kernel.fs.writeFileSync('/s/b', '');
      kernel.fs.writeFileSync('/s/a', '');
      kernel.fs.symlinkSync('/nowhere', '/s/l');
    }),
    '/s/a /s/b /s/l /s/*/x /n/* */nope\na b l [\n/s/a\n/s/b\n/s/l\n',
    'a link that leads nowhere is a file too',
  );
});

test('a name that is not ASCII is one character after the other, in the order of its bytes', async (t) => {
  t.is(
    await output('cd /tmp; touch é ﬀ 😀 z; echo ?; echo [é-ï]; x=é😀; echo ${#x} ${x#?}'),
    'z é ﬀ 😀\né\n2 😀\n',
  );
});

test('lists and groups in the background are one job', async (t) => {
  t.is(
    await output('sleep 3 && echo a & { sleep 1; echo b; } & jobs; wait; date +%s'),
    '[1] 3 Running         sleep 3 && echo a\n[2] 4 Running         { sleep 1; echo b; }\nb\na\n1262304003\n',
  );
  t.is(
    await output('(sleep 1000; echo no) & kill -TERM -- -$!; wait $!; echo $?; ps | grep -c sleep'),
    '143\n0\n',
  );
});

test('SIGINT of the host ends loops, also those that start nothing', async (t) => {
  for (const loop of [
    'while :; do x=$x; done',
    'while true; do sleep 1000; done',
    '(while :; do :; done)',
    'for i in 1 2; do sleep 1000 | cat; done',
    'x=$(until false; do :; done)',
  ]) {
    const shell = start('sh', '-c', `echo go; ${loop}; echo no`);
    await shell.until('go\n');
    shell.child.kill('SIGINT');
    t.is(await shell.ended, 130, loop);
    t.is(shell.stdout, 'go\n', loop);
  }
});

test('a parameter that must be set ends a script, not somebody at the terminal', async (t) => {
  const missing = 'echo ${x:?not here}; echo never';
  t.deepEqual(sh(missing, 'echo never'), { status: 2, stdout: '', stderr: 'rump: x: not here\n' });
  t.is(await outputOf('interactive', [missing, 'echo $?']), '2\n');
  t.deepEqual(sh(': ${?:=1}; echo ${!:=1}'), {
    status: 2,
    stdout: '',
    stderr: 'rump: !: not a variable\n',
  });
});

test('a here-document that never ends, and one that is too long', (t) => {
  t.deepEqual(sh('cat <<E', 'a'), {
    status: 2,
    stdout: '',
    stderr: 'rump: <<E is not closed at the end of the input\n',
  });
  const { stderr, stdout } = sh(
    'cat <<E',
    ...Array.from({ length: 900 }, () => 'x'.repeat(100)),
    'E',
    'echo $?',
  );
  t.is(stdout, '2\n');
  t.is(stderr, 'rump: cat: 0<<: a text of 90900 bytes is more than a pipe holds\n');
});

test('builtins of the language that are called wrongly', async (t) => {
  t.is(
    await output('break 0; continue x; unset 1a; read; read 1; echo $?; printf; printf %z; echo $?'),
    'break: 0: not a number of loops (usage: break [loops])\n' +
      'continue: x: not a number of loops (usage: continue [loops])\n' +
      'unset: 1a: not a name (usage: unset name ...)\nread: no name (usage: read [-r] name ...)\n' +
      'read: 1: not a name (usage: read [-r] name ...)\n1\n' +
      'printf: no format (usage: printf format [argument ...])\n' +
      'printf: %z: not a conversion (usage: printf format [argument ...])\n1\n',
  );
  t.is(
    await output('[ a; echo $?; test 1 -lt x; echo $?; printf %d 1x; echo; printf "\\377" | wc -c'),
    '[: ] was expected at the end\n2\ntest: x: not a number\n2\n0printf: 1x: not a number\n\n       1\n',
  );
});
