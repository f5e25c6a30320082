/** NetBSD: modstat(8), modload(8), modunload(8); modctl(2). */
import { constants, SysError } from '../../api/index.ts';
import { printable } from '../exits.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program, Self } from '../program.ts';
import { type Column, table } from '../table.ts';

const { MODCTL_LOAD, MODCTL_LOAD_FORCE, MODCTL_STAT, MODCTL_UNLOAD } = constants;
const { MODFLG_AUTO_LOADED, MODFLG_MUST_FORCE } = constants;

const CLASSES = ['any', 'misc', 'vfs', 'driver', 'exec', 'secmodel', 'bufq'] as const;
const SOURCES = ['builtin', 'boot', 'filesys'] as const;

/** What MODCTL_STAT tells of a module. */
interface Modstat {
  readonly name: string;
  readonly required: string;
  readonly source: number;
  readonly class: number;
  /** -1: registered, and not loaded. */
  readonly refcnt: number;
  readonly flags: number;
}

function flagsOf({ flags }: Modstat): string {
  const letters =
    ((flags & MODFLG_MUST_FORCE) === 0 ? '' : 'f') + ((flags & MODFLG_AUTO_LOADED) === 0 ? '' : 'a');
  return letters === '' ? '-' : letters;
}

const COLUMNS: readonly Column<Modstat>[] = [
  { title: 'NAME', align: 'left', value: (m) => printable(m.name) },
  { title: 'CLASS', align: 'left', value: (m) => CLASSES[m.class] ?? String(m.class) },
  { title: 'SOURCE', align: 'left', value: (m) => SOURCES[m.source] ?? String(m.source) },
  { title: 'FLAG', align: 'left', value: flagsOf },
  { title: 'REFS', align: 'right', value: (m) => (m.refcnt < 0 ? '-' : String(m.refcnt)) },
  { title: 'REQUIRES', align: 'left', value: (m) => (m.required === '' ? '-' : printable(m.required)) },
];

export const modstat: Program = {
  name: 'modstat',
  synopsis: '[name]',
  summary: 'kernel modules; those without references are not loaded',
  runs: 'child',
  async main(self, args) {
    const { operands } = getopt(args, '');
    const [name] = operands;
    if (operands.length > 1) {
      throw new UsageError('one name');
    }
    const all = (await self.sys.modctl(MODCTL_STAT)) as readonly Modstat[];
    const found = all.filter((m) => name === undefined || m.name === name);
    await self.out(table(COLUMNS, found));
    return name === undefined || found.length > 0 ? 0 : 1;
  },
};

/** The one name there must be, and what follows from the module's refusal. */
async function change(
  self: Self,
  names: readonly string[],
  call: (name: string) => Promise<unknown>,
): Promise<number> {
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw new UsageError('one name');
  }
  try {
    await call(name);
    return 0;
  } catch (error) {
    if (!(error instanceof SysError) || !self.proc.alive) {
      throw error;
    }
    await self.err(`${printable(name)}: ${error.strerror}`);
    return 1;
  }
}

export const modload: Program = {
  name: 'modload',
  synopsis: '[-f] name',
  summary: 'load a module that the host program has registered',
  runs: 'child',
  main: (self, args) => {
    const { options, operands } = getopt(args, 'f');
    const flags = options.has('f') ? MODCTL_LOAD_FORCE : 0;
    return change(self, operands, (filename) => self.sys.modctl(MODCTL_LOAD, { filename, flags }));
  },
};

export const modunload: Program = {
  name: 'modunload',
  synopsis: 'name',
  summary: 'unload a module',
  runs: 'child',
  main: (self, args) => {
    const { operands } = getopt(args, '');
    return change(self, operands, (name) => self.sys.modctl(MODCTL_UNLOAD, name));
  },
};
