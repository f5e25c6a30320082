// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how sh writes its parameters
import test from 'ava';
import { parse } from '../../lib/cli/grammar.ts';
import type { AndOr, Command, List, Redirect, Word } from '../../lib/cli/tree.ts';
import { commandsOf, refusal, textOf } from './words.ts';

const PARAMS = { '?': '?', $: '$', '!': '!' } as const;

/** Lists as text, one for each that ends in `;` or `&`, with what is in a compound command in brackets. */
function shape(line: string): readonly string[] | string {
  const parsed = parse(line);
  return refusal(parsed) ?? (parsed.kind === 'list' ? parsed.list.map(andOrText) : []);
}

function andOrText({ pipelines, runs }: AndOr): string {
  const texts = pipelines.map(({ commands, when, status }) => {
    const operator = { always: '', success: ' && ', failure: ' || ' }[when];
    return `${operator}${status === 'inverted' ? '! ' : ''}${commands.map(commandText).join(' | ')}`;
  });
  return `${texts.join('')}${runs === 'background' ? ' &' : ''}`;
}

function listText(list: List): string {
  return list.map(andOrText).join('; ');
}

function commandText(command: Command): string {
  switch (command.kind) {
    case 'simple': {
      const assignments = command.assignments.map(({ name, value }) => `${name}=${textOf(value, PARAMS)}`);
      return [...assignments, ...command.words.map((word) => textOf(word, PARAMS))].join(' ');
    }
    case 'if': {
      const branches = command.branches.map(
        ({ condition, body }) => `${listText(condition)}: ${listText(body)}`,
      );
      return `if[${branches.join(' | ')} | ${listText(command.otherwise)}]`;
    }
    case 'case': {
      const arms = command.arms.map(
        ({ patterns, body }) =>
          `${patterns.map((word) => textOf(word, PARAMS)).join('|')}: ${listText(body)}`,
      );
      return `case ${textOf(command.word, PARAMS)}[${arms.join(', ')}]`;
    }
    case 'for':
      return `for ${[command.name, ...command.words.map((word) => textOf(word, PARAMS))].join(' ')}[${listText(
        command.body,
      )}]`;
    case 'while':
    case 'until':
      return `${command.kind}[${listText(command.condition)}: ${listText(command.body)}]`;
    default:
      return `${command.kind}[${listText(command.body)}]`;
  }
}

function redirects(line: string): readonly Redirect[] | string {
  const commands = commandsOf(line);
  return typeof commands === 'string' ? commands : commands.flatMap((command) => command.redirects);
}

test('| joins commands, & sends the whole pipeline into the background', (t) => {
  t.deepEqual(shape('a x|b | c'), ['a x | b | c']);
  t.deepEqual(shape('a & b|c& d;e'), ['a &', 'b | c &', 'd', 'e']);
  t.deepEqual(shape('a \'|\' \\& "|&"'), ['a | & |&']);
  t.deepEqual(shape('a # | b &'), ['a']);
});

test('a pipeline goes on in the next line', (t) => {
  t.is(shape('a |'), 'open |');
  t.is(shape('a | # more'), 'open |');
  t.is(shape('a |\n\n'), 'open |');
  t.deepEqual(shape('a |\n\n b; c'), ['a | b', 'c']);
});

test('&& and || join pipelines', (t) => {
  t.deepEqual(shape('a && b | c || d; e'), ['a && b | c || d', 'e']);
  t.deepEqual(shape('a &&\n\n b'), ['a && b']);
  t.is(shape('a ||'), 'open ||');
  t.is(shape('a && # b'), 'open &&');
});

test('where a command was expected', (t) => {
  for (const [line, before] of [
    ['|', '|'],
    ['| a', '|'],
    ['a | | b', '|'],
    ['a |;', ';'],
    ['a |&', '&'],
    ['&', '&'],
    ['a & & b', '&'],
    ['a &; b', ';'],
    ['a; | b', '|'],
    ['a |\n| b', '|'],
  ] as const) {
    t.is(shape(line), `syntax error: a command was expected before ${before}`, line);
  }
  t.is(shape('a || | b'), 'syntax error: a command was expected before |');
  t.is(shape('&& a'), 'syntax error: a command was expected before &&');
  t.is(shape('a & && b'), 'syntax error: a command was expected before &&');
});

test('redirections stand anywhere in a command', (t) => {
  t.deepEqual(redirects('a 2>&1'), [{ fd: 2, from: 1 }]);
  t.deepEqual(redirects('>&2 a <&3 b 10>&-'), [
    { fd: 1, from: 2 },
    { fd: 0, from: 3 },
    { fd: 10, from: 'closed' },
  ]);
  t.deepEqual(shape('>&2 a 2 <&- b2>& 3|c'), ['a 2 b2 | c'], 'digits right before the operator only');
  t.deepEqual(redirects('a b2>& 3'), [{ fd: 1, from: 3 }]);
  t.deepEqual(redirects("a 2'>&1' '2>&1' \\>\\&1"), []);
});

test('<<< is followed by a text', (t) => {
  const given = (...word: Word) => ({ text: [...word, { quoted: '\n' }], how: '<<<' as const });
  t.deepEqual(redirects('a <<< b'), [{ fd: 0, from: given('b') }]);
  t.deepEqual(redirects('a 3<<<"b c"'), [{ fd: 3, from: given({ quoted: '' }, { quoted: 'b c' }) }]);
  t.is(shape('a <<<'), 'syntax error: a text was expected after <<<');
});

test('redirections that are none', (t) => {
  t.is(shape('a >&'), 'syntax error: a descriptor or - was expected after >&');
  t.is(shape('a >& b'), 'syntax error: a descriptor or - was expected after >& ');
  t.is(shape('a 2>&1x'), 'syntax error: a descriptor or - was expected after 2>&');
  t.is(shape('a >&1234567890'), 'syntax error: a descriptor or - was expected after >&');
  t.is(shape('a 1234567890>&1'), 'syntax error: a descriptor or - was expected before 1234567890>&1');
});

test('the text of a pipeline is what was written', (t) => {
  const parsed = parse(" a 'b  c'|d  2>&1 & e ; (f;g) && h #x\n");
  t.deepEqual(parsed.kind === 'list' ? parsed.list.map(({ text }) => text) : parsed, [
    "a 'b  c'|d  2>&1",
    'e',
    '(f;g) && h',
  ]);
});

test('compound commands hold lists', (t) => {
  t.deepEqual(shape('(a; b &) | c'), ['subshell[a; b &] | c']);
  t.deepEqual(shape('{ a\n b; }; c'), ['group[a; b]', 'c']);
  t.deepEqual(shape('if a; b; then c; elif d; then e; else f; fi'), ['if[a; b: c | d: e | f]']);
  t.deepEqual(shape('if a\nthen\nb\nfi && c'), ['if[a: b | ] && c']);
  t.deepEqual(shape('while a; do b; done; until c\ndo d\ndone'), ['while[a: b]', 'until[c: d]']);
  t.deepEqual(shape('for x in a "b c"\ndo echo; done'), ['for x a b c[echo]']);
  t.deepEqual(shape('for x in; do a; done; for in in in; do b; done'), ['for x[a]', 'for in in[b]']);
  t.deepEqual(shape('case a in b|c) d;; (e) ;; *) f & esac'), ['case a[b|c: d, e: , *: f &]']);
  t.deepEqual(shape('case a\nin\nesac; case esac in (esac) a; esac'), ['case a[]', 'case esac[esac: a]']);
  t.deepEqual(shape('if (a) then { b; } fi; ! a | b && ! c'), [
    'if[subshell[a]: group[b] | ]',
    '! a | b && ! c',
  ]);
  t.deepEqual(shape('echo { } if then; x=1 y="2 3" z'), ['echo { } if then', 'x=1 y=2 3 z']);
  t.deepEqual(shape('i\\\nf a; th\\\nen b; fi\\\n'), ['if[a: b | ]'], 'lines that are joined');
  t.deepEqual(shape('(a&&b)&c'), ['subshell[a && b] &', 'c']);
});

test('redirections of a compound command follow it', (t) => {
  const parsed = parse('{ a >b; } 2>&1 3<&- | c');
  const command = parsed.kind === 'list' ? parsed.list[0]?.pipelines[0]?.commands[0] : undefined;
  t.deepEqual(command?.redirects, [
    { fd: 2, from: 1 },
    { fd: 3, from: 'closed' },
  ]);
});

test('a compound command goes on until it is closed', (t) => {
  for (const [line, open] of [
    ['(a', '('],
    ['(', '('],
    ['{ a;', '{'],
    ['if', 'if'],
    ['if a', 'if'],
    ['if a; then b; else', 'if'],
    ['while a; do b', 'while'],
    ['for', 'for'],
    ['for x', 'for'],
    ['for x in a', 'for'],
    ['for x in a; do', 'for'],
    ['case a', 'case'],
    ['case a in', 'case'],
    ['case a in b', 'case'],
    ['case a in b) c;;', 'case'],
    ['a && (b', '('],
    ['!', '!'],
    ['echo $(a; (b)', '$('],
  ] as const) {
    t.is(shape(line), `open ${open}`, line);
  }
});

test('compound commands that are none', (t) => {
  for (const [line, message] of [
    ['()', 'a command was expected before )'],
    ['a )', 'a command was expected before )'],
    ['{ }', 'a command was expected before }'],
    ['}', 'a command was expected before }'],
    ['if a; b; fi', 'then was expected before fi'],
    ['if a; then fi', 'a command was expected before fi'],
    ['(a) b', 'an operator was expected before b'],
    ['{ a; } b', 'an operator was expected before b'],
    ['while a; done', 'do was expected before done'],
    ['for 1 in a; do b; done', 'a name was expected after for, not 1'],
    ['case a in b; esac', ') was expected before ;'],
    ['case a on b) c;; esac', 'in was expected before on'],
    ['a;;', 'a command was expected before ;;'],
    ['! ! a', 'a command was expected before !'],
    ['a (b)', 'functions'],
    ['then', 'a command was expected before then'],
  ] as const) {
    const found = shape(line);
    t.true(typeof found === 'string' && found.includes(message), `${line}: ${found}`);
  }
});

test('what is nested too deep is refused, not a stack that is full', (t) => {
  for (const line of ['('.repeat(100_000), 'a $('.repeat(100_000), `echo ${'${x:-'.repeat(100_000)}`]) {
    t.is(shape(line), 'syntax error: nested more than 200 deep', line.slice(0, 10));
  }
  t.deepEqual(shape(`${'( '.repeat(200)}a${')'.repeat(200)}`), [
    `${'subshell['.repeat(200)}a${']'.repeat(200)}`,
  ]);
});

test('a here-document begins in the next line', (t) => {
  const document = (...text: Word) => ({ text, how: '<<' as const });
  t.deepEqual(redirects("a <<E | b 3<<'F'\n1 $x\nE\n2 $x\nF\nc"), [
    {
      fd: 0,
      from: document({ quoted: '1 ' }, { param: 'x', modifier: null, splits: 'whole' }, { quoted: '\n' }),
    },
    { fd: 3, from: document({ quoted: '2 $x\n' }) },
  ]);
  t.deepEqual(redirects('a <<-E\n\t\tb\n\tE\n'), [{ fd: 0, from: document({ quoted: 'b\n' }) }]);
  t.deepEqual(redirects('a <<E\nE'), [{ fd: 0, from: document() }]);
  t.is(shape('a <<E'), 'open <<E');
  t.is(shape('a <<E\nb\nE '), 'open <<E');
  t.is(shape('a <<'), 'syntax error: a word was expected after <<');
  t.is(shape('a <<$x\n'), 'not supported yet: here-documents that end with what is substituted (<<)');
  t.is(shape('a <<E\n$(b\nE'), 'syntax error: $( is not closed in a here-document');
  t.deepEqual(shape('if a <<E\nthen\nE\nthen b; fi'), ['if[a: b | ]']);
});
