/**
 * `rump ctl cp` between the host and a kernel. Names on the host begin with `host:`; `-` is standard input or output.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileIn, fileOut } from './ctlfile.ts';
import { treeIn, treeOut } from './ctltree.ts';
import { messageOf } from './exits.ts';
import { baseName, below, isDirectory, statOrNull } from './files.ts';
import { getopt, UsageError } from './getopt.ts';
import { type Self, usageOf } from './program.ts';

const HOST = 'host:';

export function isHostCopy(args: readonly string[]): boolean {
  return args.some((arg) => arg.startsWith(HOST) || arg === '-');
}

/** @returns the exit status */
export async function copyBetween(self: Self, args: readonly string[]): Promise<number> {
  try {
    const { options, operands } = getopt(args, 'Rr');
    const [from, to, surplus] = operands;
    if (from === undefined || to === undefined || surplus !== undefined) {
      throw new UsageError('copy what, and where to?');
    }
    const tree = options.has('R') || options.has('r');
    if (isHere(from) === isHere(to)) {
      throw new UsageError('one of the two must be on the host (host:PATH, or -)');
    }
    return isHere(from)
      ? await copyIn(self, here(from), to, tree)
      : await copyOut(self, from, here(to), tree);
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOTCONN') {
      throw error;
    }
    const usage = error instanceof UsageError ? ` (${usageOf(self.program)})` : '';
    await self.err(`${messageOf(error)}${usage}`);
    return 1;
  }
}

function isHere(name: string): boolean {
  return name.startsWith(HOST) || name === '-';
}

/** A path of the host, or `-`. */
function here(name: string): string {
  return name.startsWith(HOST) ? name.slice(HOST.length) : name;
}

async function copyIn(self: Self, from: string, to: string, tree: boolean): Promise<number> {
  const there = await statOrNull(self, to);
  const into = there !== null && isDirectory(there) && from !== '-';
  const target = into ? below(to, basename(from)) : to;
  if (tree && from !== '-') {
    return await treeIn(self, from, target);
  }
  if (from !== '-' && statSync(from).isDirectory()) {
    throw new UsageError(`${from} is a directory, and -R was not given`);
  }
  return await fileIn(self, from, target);
}

async function copyOut(self: Self, from: string, to: string, tree: boolean): Promise<number> {
  const into = to !== '-' && existsSync(to) && statSync(to).isDirectory();
  const target = into ? join(to, baseName(from)) : to;
  if (tree && to !== '-') {
    return await treeOut(self, from, target);
  }
  const stat = await self.sys.stat(from);
  if (isDirectory(stat)) {
    throw new UsageError(`${from} is a directory, and -R was not given`);
  }
  return await fileOut(self, from, target, stat);
}
