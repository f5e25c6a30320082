/** NetBSD: sysctl(8). */
import { constants, SysError } from '../../api/index.ts';
import { printable } from '../exits.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program, Self } from '../program.ts';
import {
  SYSCTL_ROOT,
  sysctlBytes,
  sysctlChildren,
  sysctlDescriptions,
  sysctlFind,
  type Variable,
} from '../sysctl.ts';
import { sysctlParsed, sysctlShown } from '../sysctlvalue.ts';

const { CTLTYPE_NODE } = constants;

/** `named`: `name = value`; `bare`: the value alone. */
type Style = 'named' | 'bare';

function line(style: Style, name: string, value: string): string {
  return style === 'bare' ? `${value}\n` : `${name} = ${value}\n`;
}

/** Lines of a variable, or of all that is below it. What is no text is left out. @throws SysError */
async function below(self: Self, variable: Variable, style: Style): Promise<string> {
  if (variable.type !== CTLTYPE_NODE) {
    const value = await shown(self, variable);
    return value === undefined ? '' : line(style, variable.name, value);
  }
  let text = '';
  for (const child of await sysctlChildren(self, variable)) {
    text += await below(self, child, style);
  }
  return text;
}

async function shown(self: Self, variable: Variable): Promise<string | undefined> {
  try {
    return sysctlShown(variable, await sysctlBytes(self, variable.mib));
  } catch (error) {
    // Those that want operands say so.
    if (error instanceof SysError && error.code === 'EINVAL') {
      return undefined;
    }
    throw error;
  }
}

/** Lines that say what those below a node are for, and what is below those. @throws SysError */
async function describedBelow(self: Self, node: Variable): Promise<string> {
  const texts = await sysctlDescriptions(self, node);
  let lines = '';
  for (const child of await sysctlChildren(self, node)) {
    lines += described(child, texts);
    lines += child.type === CTLTYPE_NODE ? await describedBelow(self, child) : '';
  }
  return lines;
}

function described({ name, mib }: Variable, texts: ReadonlyMap<number, string>): string {
  return `${name}: ${texts.get(mib.at(-1) as number) || '(no description)'}\n`;
}

/** What the variable of that name is for, and what is below it. @throws UsageError SysError */
async function describe(self: Self, name: string): Promise<string> {
  const variable = await sysctlFind(self, name);
  if (variable === undefined) {
    throw new UsageError('no such variable');
  }
  const parent = { ...SYSCTL_ROOT, mib: variable.mib.slice(0, -1) };
  const own = described(variable, await sysctlDescriptions(self, parent));
  return variable.type === CTLTYPE_NODE ? own + (await describedBelow(self, variable)) : own;
}

/** `name` or `name=value`. @returns what to print. @throws UsageError SysError */
async function one(self: Self, operand: string, style: Style): Promise<string> {
  const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(operand) ?? [];
  const variable = await sysctlFind(self, name);
  if (variable === undefined) {
    throw new UsageError('no such variable');
  }
  if (value !== undefined) {
    const bytes = sysctlParsed(variable, value);
    const before = await shown(self, variable);
    await self.sys.sysctl(variable.mib, null, bytes);
    const after = (await shown(self, variable)) ?? '';
    return style === 'bare' ? `${after}\n` : `${name}: ${before} -> ${after}\n`;
  }
  if (variable.type !== CTLTYPE_NODE && (await shown(self, variable)) === undefined) {
    throw new UsageError('not one value; see ps, vmstat, dmesg');
  }
  return await below(self, variable, style);
}

export const sysctl: Program = {
  name: 'sysctl',
  synopsis: '[-dnqw] -a | name[=value] ...',
  summary: "show or set the kernel's variables, or say what they are for (-d)",
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'adnqw');
    if (options.has('a') !== (operands.length === 0)) {
      throw new UsageError(options.has('a') ? '-a shows all there are' : 'no name');
    }
    const style = options.has('n') ? 'bare' : 'named';
    let status = 0;
    if (options.has('a')) {
      const all = options.has('d') ? describedBelow(self, SYSCTL_ROOT) : below(self, SYSCTL_ROOT, style);
      await self.out(await all);
    }
    for (const operand of operands) {
      try {
        const text = await (options.has('d') ? describe(self, operand) : one(self, operand, style));
        await self.out(options.has('q') && operand.includes('=') ? '' : text);
      } catch (error) {
        if (!(error instanceof SysError || error instanceof UsageError) || !self.proc.alive) {
          throw error;
        }
        const why = error instanceof SysError ? error.strerror : error.message;
        await self.err(`${printable(operand)}: ${printable(why)}`);
        status = 1;
      }
    }
    return status;
  },
};
