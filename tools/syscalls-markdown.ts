/** docs/SYSCALLS.md, from the system-call table. */
import { isCallable } from '../lib/sys/syscalls.ts';
import type { Support, SysentRow } from '../lib/sys/sysent.ts';
import { signature } from './signature.ts';

const MEANING: readonly (readonly [Support, string])[] = [
  ['full', 'works as in NetBSD'],
  ['partial', 'works; the note says what is missing'],
  ['planned', 'answers ENOSYS until a component provides it'],
  ['no', 'cannot exist in a rump kernel and answers ENOSYS; the note says why'],
  ['compat', 'superseded form of another call, answers ENOSYS'],
  ['obsolete', 'number without a call'],
];

/** A cell of a table must not end it. */
const cell = (text: string): string => text.replaceAll('|', '\\|');
const line = (...cells: string[]): string => `| ${cells.join(' | ')} |`;

function rowLine(row: SysentRow): string {
  const shown = isCallable(row) ? `\`${cell(signature(row))}\`` : '';
  const sleeps = isCallable(row) && row.sleeps ? 'yes' : '';
  return line(
    String(row.number),
    `\`${row.name}\``,
    shown,
    sleeps,
    row.component,
    row.support,
    cell(row.note ?? ''),
  );
}

export function syscallsMarkdown(rows: readonly SysentRow[]): string {
  const counts = MEANING.map(([support, meaning]) =>
    line(support, String(rows.filter((row) => row.support === support).length), meaning),
  );
  return [
    '# System calls',
    '',
    'Written by `npm run docs` from `lib/sys/syscalls.master.ts`; a test compares them.',
    '',
    `The numbers of NetBSD 7.99.34 and the calls that later versions added: ${rows.length} in all. The signature is`,
    'that of a local caller: `proc.sys` returns what it says or throws, `proc.promises` promises it. Foreign',
    'callers have NetBSD’s prototypes. "Sleeps" says that the call may wait for something.',
    '',
    line('support', 'calls', 'meaning'),
    line('---', '---:', '---'),
    ...counts,
    '',
    line('number', 'name', 'local signature', 'sleeps', 'component', 'support', 'note'),
    line('---:', '---', '---', '---', '---', '---', '---'),
    ...rows.map(rowLine),
    '',
  ].join('\n');
}
