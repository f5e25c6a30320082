import test from 'ava';
import { parse } from '../../lib/cli/grammar.ts';
import type { Redirect } from '../../lib/cli/words.ts';
import { textOf } from './words.ts';

/** Pipelines as text: `a b | c &`; or the message. */
function shape(line: string): readonly string[] | string {
  const parsed = parse(line);
  switch (parsed.kind) {
    case 'pipelines':
      return parsed.pipelines.map(({ commands, runs, when }) => {
        const texts = commands.map((command) =>
          command.words.map((word) => textOf(word, { '?': '?', $: '$', '!': '!' })).join(' '),
        );
        const operator = { always: '', success: '&& ', failure: '|| ' }[when];
        return `${operator}${texts.join(' | ')}${runs === 'background' ? ' &' : ''}`;
      });
    case 'incomplete':
      return `open ${parsed.open}`;
    case 'error':
      return parsed.message;
  }
}

function redirects(line: string): readonly Redirect[] | string {
  const parsed = parse(line);
  return parsed.kind === 'pipelines'
    ? parsed.pipelines.flatMap(({ commands }) => commands.flatMap((command) => command.redirects))
    : shape(line).toString();
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
  t.deepEqual(shape('a && b | c || d; e'), ['a', '&& b | c', '|| d', 'e']);
  t.deepEqual(shape('a &&\n\n b'), ['a', '&& b']);
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
  t.deepEqual(redirects('a <<< b'), [{ fd: 0, from: { text: ['b'] } }]);
  t.deepEqual(redirects('a 3<<<"b c"'), [{ fd: 3, from: { text: ['', 'b c'] } }]);
  t.is(shape('a <<<'), 'syntax error: a text was expected after <<<');
});

test('redirections that are none', (t) => {
  t.is(shape('a >&'), 'syntax error: a descriptor or - was expected after >&');
  t.is(shape('a >& b'), 'syntax error: a descriptor or - was expected after >& ');
  t.is(shape('a 2>&1x'), 'syntax error: a descriptor or - was expected after 2>&');
  t.is(shape('a >&1234567890'), 'syntax error: a descriptor or - was expected after >&');
  t.is(shape('a 1234567890>&1'), 'syntax error: a descriptor or - was expected before 1234567890>&1');
  t.is(shape('2>&1'), 'syntax error: a redirection without a command');
  t.is(shape('a | >&2; b'), 'syntax error: a redirection without a command');
});

test('the text of a pipeline is what was written', (t) => {
  const parsed = parse(" a 'b  c'|d  2>&1 & e ;");
  t.deepEqual(parsed.kind === 'pipelines' ? parsed.pipelines.map(({ text }) => text) : parsed, [
    "a 'b  c'|d  2>&1",
    'e',
  ]);
});
