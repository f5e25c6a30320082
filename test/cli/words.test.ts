import test from 'ava';
import { quote } from '../../lib/cli/words.ts';
import { fc } from '../fc.ts';
import { commandsOf, textOf } from './words.ts';

const PARAMS = { '?': '7', $: '42', '!': '24', x: 'X', long_1: 'L' } as const;

/** The words of each command, or the message. */
function words(text: string): string[][] | string {
  const commands = commandsOf(text);
  return typeof commands === 'string'
    ? commands
    : commands.map(({ assignments, words: list }) => [
        ...assignments.map(({ name, value }) => `${name}=${textOf(value, PARAMS)}`),
        ...list.map((word) => textOf(word, PARAMS)),
      ]);
}

test('blanks separate words, semicolons and newlines commands', (t) => {
  t.deepEqual(words(''), []);
  t.deepEqual(words(' \t '), []);
  t.deepEqual(words('uname'), [['uname']]);
  t.deepEqual(words('  echo  a\tb  '), [['echo', 'a', 'b']]);
  t.deepEqual(words('id; ps ;halt;'), [['id'], ['ps'], ['halt']]);
  t.deepEqual(words('id\n\nps\n'), [['id'], ['ps']]);
});

test('a comment begins where a word could', (t) => {
  t.deepEqual(words('# all'), []);
  t.deepEqual(words('echo a #b; c'), [['echo', 'a']]);
  t.deepEqual(words('echo a#b'), [['echo', 'a#b']]);
  t.deepEqual(words('echo a # b\nid'), [['echo', 'a'], ['id']]);
  t.deepEqual(words("echo '#' \\#"), [['echo', '#', '#']]);
});

test('quotes', (t) => {
  t.deepEqual(words(`echo 'a  b' "c  d"`), [['echo', 'a  b', 'c  d']]);
  t.deepEqual(words(`echo '' ""`), [['echo', '', '']]);
  t.deepEqual(words(`echo a'b'"c"\\d`), [['echo', 'abcd']]);
  t.deepEqual(words(`echo '\\n$?"'`), [['echo', '\\n$?"']]);
  t.deepEqual(words('echo "\\a\\$\\"\\\\\\`"'), [['echo', '\\a$"\\`']]);
  t.deepEqual(words("echo 'a\nb'"), [['echo', 'a\nb']]);
  t.deepEqual(words("echo ';|&' \\;"), [['echo', ';|&', ';']]);
});

test('a backslash joins lines, and protects one character', (t) => {
  t.deepEqual(words('echo a\\\nb'), [['echo', 'ab']]);
  t.deepEqual(words('echo a \\\n  b'), [['echo', 'a', 'b']]);
  t.deepEqual(words('echo "a\\\nb"'), [['echo', 'ab']]);
  t.deepEqual(words('echo \\ \\a'), [['echo', ' a']]);
});

test('$?, $$ and $! are expanded when the command runs, also between double quotes', (t) => {
  t.deepEqual(words('echo $? "$?"x \'$?\' \\$? $$ $!'), [['echo', '7', '7x', '$?', '$?', '42', '24']]);
  t.deepEqual(words('echo $ $. "$"'), [['echo', '$', '$.', '$']]);
});

test('what is open asks for more', (t) => {
  t.is(words("echo 'a"), "open '");
  t.is(words('echo "a'), 'open "');
  t.is(words('echo "a\\'), 'open "');
  t.is(words('echo a\\'), 'open \\');
  t.is(words('id; echo "$?'), 'open "');
  t.is(words('echo $(a'), 'open $(');
  t.is(words('echo "$(a "b)"'), 'open $(');
  t.is(words("echo $(a ')'"), 'open $(');
});

test('what sh would understand otherwise is refused by name', (t) => {
  const refused: readonly (readonly [line: string, what: string])[] = [
    ['f() { a; }', 'functions (())'],
    ['[[ a ]]', 'what other shells have ([[)'],
    ['function f', 'what other shells have (function)'],
    ['for x; do a; done', 'positional parameters; for needs in (for x)'],
    ['echo $((1))', 'arithmetic ($(()'],
    ['echo "${xy', 'parameters of this kind (${xy)'],
    [`echo $${'{x/y/z}'}`, 'parameters of this kind (${x)'],
    ['echo $1 $@', 'parameters of this kind ($1)'],
    ['echo $@', 'parameters of this kind ($@)'],
    ['echo $#', 'parameters of this kind ($#)'],
    ['echo "`a`"', 'command substitution; there is $(...) (`)'],
    ['echo $(f())', 'functions (())'],
  ];
  for (const [line, what] of refused) {
    t.is(words(line), `not supported yet: ${what}`, line);
  }
  t.deepEqual(words('echo if X=1 ! [[ function'), [['echo', 'if', 'X=1', '!', '[[', 'function']]);
  t.deepEqual(words("'if' \\!"), [['if', '!']], 'quoted, it is just a word');
  t.is(words('; a'), 'syntax error: a command was expected before ;');
  t.is(words('a; ; b'), 'syntax error: a command was expected before ;');
});

test('variables and commands are expanded when the command runs, also between double quotes', (t) => {
  t.deepEqual(words('echo $x "a$x"b $'.concat("{x}y $long_1- '$x' \\$x")), [
    ['echo', 'X', 'aXb', 'Xy', 'L-', '$x', '$x'],
  ]);
  t.deepEqual(words('echo $(a b) "$(c "d)" $(e))"$(f \\) \')\')'), [
    ['echo', '<a b>', '<c "d)" $(e)><f \\) \')\'>'],
  ]);
  t.deepEqual(words('x=a; yy=$x"b c"; z='), [['x=a'], ['yy=Xb c'], ['z=']]);
  t.is(words('echo $(a; ; b)'), 'syntax error: ) was expected before ;');
  t.is(words('echo $(a |)'), 'syntax error: a command was expected before )');
});

test('nothing of a line that is refused runs', (t) => {
  t.is(words('id; a `b`'), 'not supported yet: command substitution; there is $(...) (`)');
});

test('a quoted word means itself, whatever is in it', (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (list) => {
      t.deepEqual(words(list.map(quote).join(' ')), [list]);
    }),
  );
  t.deepEqual(
    words(['if', 'in', '{'].map(quote).join(' ')),
    [['if', 'in', '{']],
    'also where they are reserved',
  );
});

test('the same between double quotes, with every special character escaped', (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (list) => {
      const line = list.map((word) => `"${word.replace(/[\\"$`]/g, '\\$&')}"`).join(' ');
      t.deepEqual(words(line), [list]);
    }),
  );
});

test('every text is commands, incomplete or refused; parts keep its characters', (t) => {
  const text = fc.string({
    unit: fc.constantFrom(...`ab1 \t\n;|&<>()'"\\$?\`#={}!-`.split(''), 'é', '\u{1f600}'),
  });
  fc.assert(
    fc.property(text, (line) => {
      const found = words(line);
      if (typeof found === 'string') {
        t.not(found, '');
        return;
      }
      for (const command of found) {
        for (const c of command.join('')) {
          t.true(line.includes(c) || '742<>XL'.includes(c), `${c} came from nowhere`);
        }
      }
    }),
  );
});

test('a refused line stays refused however it goes on', (t) => {
  fc.assert(
    fc.property(fc.string(), (more) => {
      t.is(words(`a \`${more}`), 'not supported yet: command substitution; there is $(...) (`)');
    }),
  );
});
