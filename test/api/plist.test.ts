import test from 'ava';
import { propExternalize, propInternalize, SysError } from '../../lib/api/index.ts';
import { fc } from '../fc.ts';

const wrap = (body: string) => `<?xml version="1.0"?><plist version="1.0">${body}</plist>`;

test('a dictionary comes back as it was', async (t) => {
  const text = fc
    .string({ unit: 'grapheme' })
    .map((s) => s.replace(/[^\t\n\r -\u{d7ff}\u{e000}-\u{fffd}]/gu, '?'));
  const { dictionary } = fc.letrec<{ value: unknown; dictionary: Record<string, unknown> }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.boolean(),
      fc.integer(),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
      text,
      fc.constantFrom('<a>&amp;', ']]>', '\r\n', ' padded '),
      fc.uint8Array({ maxLength: 5 }),
      fc.array(tie('value'), { maxLength: 3 }),
      tie('dictionary'),
    ),
    dictionary: fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  }));
  await fc.assert(
    fc.asyncProperty(dictionary, async (dict) => {
      t.deepEqual({ ...(await propInternalize(propExternalize(dict))) }, { ...dict });
    }),
    { numRuns: 200 },
  );
});

test('a replacement character is a character', async (t) => {
  t.deepEqual(
    { ...(await propInternalize(propExternalize({ '\ufffd': '\ufffd' }))) },
    { '\ufffd': '\ufffd' },
  );
});

test('the form is proplib’s: keys in order, a tab for each level', (t) => {
  const xml = propExternalize({ b: [1, true], a: { data: Uint8Array.of(1, 2, 3), s: '<&>' } });
  t.is(
    xml.slice(xml.indexOf('<plist')),
    [
      '<plist version="1.0">',
      '<dict>',
      '\t<key>a</key>',
      '\t<dict>',
      '\t\t<key>data</key>',
      '\t\t<data>AQID</data>',
      '\t\t<key>s</key>',
      '\t\t<string>&lt;&amp;&gt;</string>',
      '\t</dict>',
      '\t<key>b</key>',
      '\t<array>',
      '\t\t<integer>1</integer>',
      '\t\t<true/>',
      '\t</array>',
      '</dict>',
      '</plist>',
      '',
    ].join('\n'),
  );
});

test('integers are exact, and may be hexadecimal', async (t) => {
  const list = ['0x1F', '-5', '+7', '0xffffffffffffffff', '9007199254740993', ' 12 '];
  const xml = wrap(
    `<dict><key>n</key><array>${list.map((n) => `<integer>${n}</integer>`).join('')}</array></dict>`,
  );
  t.deepEqual(await propInternalize(xml), {
    n: [31, -5, 7, 0xffffffffffffffffn, 9007199254740993n, 12],
  });
});

test('comments, CDATA and a document type change nothing', async (t) => {
  const xml = `<!DOCTYPE plist [<!ENTITY x "y">]>
    <plist version="1.0"><!-- c --><dict><!-- c -->
      <key>a<![CDATA[<b>]]></key> <string>x<!-- c -->y</string>
      <key>__proto__</key><data> AQ
      ID </data>
    </dict></plist>`;
  const dict = await propInternalize(xml);
  t.is(dict['a<b>'], 'xy');
  t.deepEqual(Object.getOwnPropertyDescriptor(dict, '__proto__')?.value, Uint8Array.of(1, 2, 3));
});

test('what is no dictionary', async (t) => {
  const deep = '<array>'.repeat(40) + '</array>'.repeat(40);
  const inside = (body: string) => wrap(`<dict><key>k</key>${body}</dict>`);
  for (const bad of [
    '',
    'text',
    '{"a": 1}',
    '<dict></dict>',
    '<plist>',
    wrap(''),
    wrap('<dict/><dict/>'),
    wrap('<array/>'),
    wrap('<dict><key>k</key></dict>'),
    wrap('<dict><string>k</string><true/></dict>'),
    wrap('<dict><key>k</key><true/><key>k</key><true/></dict>'),
    wrap('<dict>text</dict>'),
    inside('<real>1.5</real>'),
    inside('<date>2026-01-01T00:00:00Z</date>'),
    inside('<integer>1.5</integer>'),
    inside('<integer></integer>'),
    inside('<integer>0x10000000000000000</integer>'),
    inside('<data>AQI</data>'),
    inside('<string>a<b/></string>'),
    inside('<string>&undefined;</string>'),
    inside('<string>unclosed'),
    inside(deep),
    5,
    null,
    undefined,
  ]) {
    await t.throwsAsync(
      propInternalize(bad as string),
      { instanceOf: SysError, code: 'EINVAL' },
      String(bad),
    );
  }
  for (const bad of [null, 5, { a: 1.5 }, { a: '\u0000' }, { '\ud800': 1 }, { a: 'x\uffff' }]) {
    t.throws(() => propExternalize(bad as never), { instanceOf: SysError, code: 'EINVAL' });
  }
});
