/**
 * `rump ctl cp` between the host and a kernel. Names on the host begin with `host:`; `-` is standard input or output.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { constants } from '../api/index.ts';
import { messageOf } from './exits.ts';
import { baseName, below, entriesOf, isDirectory, statOrNull } from './files.ts';
import { getopt, UsageError } from './getopt.ts';
import { type Self, usageOf } from './program.ts';

const { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } = constants;

const HOST = 'host:';
const CHUNK = 1 << 18;
/** Copies that take longer than this tell how far they are, on a terminal. */
const QUIET_MS = 500;

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
    if (isHere(from)) {
      await copyIn(self, here(from), to, tree);
    } else {
      await copyOut(self, from, here(to), tree);
    }
    return 0;
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

async function copyIn(self: Self, from: string, to: string, tree: boolean): Promise<void> {
  const { sys } = self;
  const there = await statOrNull(self, to);
  const into = there !== null && isDirectory(there) && from !== '-';
  const target = into ? below(to, basename(from)) : to;
  if (from !== '-' && statSync(from).isDirectory()) {
    if (!tree) {
      throw new UsageError(`${from} is a directory, and -R was not given`);
    }
    if ((await statOrNull(self, target)) === null) {
      await sys.mkdir(target, 0o755);
    }
    for (const name of readdirSync(from)) {
      await copyIn(self, join(from, name), target, tree);
    }
    return;
  }
  const source = from === '-' ? 0 : openSync(from, 'r');
  const { mode, size } = fstatSync(source);
  const fd = await sys.open(target, O_WRONLY | O_CREAT | O_TRUNC, from === '-' ? 0o666 : mode & 0o777);
  try {
    const tell = progress(from, size);
    const buffer = new Uint8Array(CHUNK);
    for (;;) {
      const n = from === '-' ? await sys.read(0, buffer) : readSync(source, buffer);
      if (n === 0) {
        break;
      }
      for (let at = 0; at < n; ) {
        at += await sys.write(fd, buffer.subarray(at, n));
      }
      tell(n);
    }
    tell(-1);
  } finally {
    await sys.close(fd);
    if (source !== 0) {
      closeSync(source);
    }
  }
}

async function copyOut(self: Self, from: string, to: string, tree: boolean): Promise<void> {
  const { sys } = self;
  const stat = await sys.stat(from);
  const into = to !== '-' && existsSync(to) && statSync(to).isDirectory();
  const target = into ? join(to, baseName(from)) : to;
  if (isDirectory(stat)) {
    if (!tree) {
      throw new UsageError(`${from} is a directory, and -R was not given`);
    }
    mkdirSync(target, { recursive: true });
    for (const name of await entriesOf(self, from)) {
      await copyOut(self, below(from, name), target, tree);
    }
    return;
  }
  const fd = await sys.open(from, O_RDONLY);
  const sink = to === '-' ? 1 : openSync(target, 'w', stat.mode & 0o777);
  try {
    const tell = progress(from, stat.size);
    const buffer = new Uint8Array(CHUNK);
    for (let n = await sys.read(fd, buffer); n > 0; n = await sys.read(fd, buffer)) {
      if (sink === 1) {
        await self.out(buffer.subarray(0, n));
      } else {
        for (let at = 0; at < n; ) {
          at += writeSync(sink, buffer, at, n - at);
        }
      }
      tell(n);
    }
    tell(-1);
  } finally {
    await sys.close(fd);
    if (sink !== 1) {
      closeSync(sink);
    }
  }
}

/** Told of bytes that are copied, and with -1 of the end. */
function progress(name: string, size: number): (n: number) => void {
  if (process.stderr.isTTY !== true) {
    return () => {};
  }
  const began = Date.now();
  let done = 0;
  let shown = began;
  return (n) => {
    const now = Date.now();
    done += Math.max(n, 0);
    if (now - began > QUIET_MS && (n < 0 || now - shown > 100)) {
      shown = now;
      const part = size > 0 ? ` ${Math.min(100, Math.floor((100 * done) / size))}%` : '';
      process.stderr.write(`\r${name}: ${(done / 1e6).toFixed(1)} MB${part}${n < 0 ? '\n' : ''}`);
    }
  };
}
