/** The bytes of one file, between the host and a kernel. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { constants, nameEncode } from '../api/index.ts';
import { type FileStat, writeAll } from './files.ts';
import type { Self } from './program.ts';

const { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } = constants;

const CHUNK = 1 << 18;
/** Copies that take longer than this tell how far they are, on a terminal. */
const QUIET_MS = 500;

/** A name as the host takes it: its bytes, which need not be text. */
export function hostName(name: string): Buffer {
  return Buffer.from(nameEncode(name));
}

/** A file of the host, or standard input for `-`, to the kernel's. */
export async function fileIn(self: Self, from: string, to: string): Promise<0> {
  const { sys } = self;
  const source = from === '-' ? 0 : openSync(hostName(from), 'r');
  let fd = -1;
  try {
    const { mode, size } = fstatSync(source);
    fd = await sys.open(to, O_WRONLY | O_CREAT | O_TRUNC, from === '-' ? 0o666 : mode & 0o777);
    const tell = progress(from, size);
    const buffer = new Uint8Array(CHUNK);
    for (;;) {
      const n = from === '-' ? await sys.read(0, buffer) : readSync(source, buffer);
      if (n === 0) {
        break;
      }
      await writeAll(self, fd, buffer.subarray(0, n));
      tell(n);
    }
    tell(-1);
  } finally {
    if (fd >= 0) {
      await sys.close(fd);
    }
    if (source !== 0) {
      closeSync(source);
    }
  }
  return 0;
}

/** A file of the kernel to the host's, or to standard output for `-`. */
export async function fileOut(self: Self, from: string, to: string, stat: FileStat): Promise<0> {
  const { sys } = self;
  const fd = await sys.open(from, O_RDONLY);
  let sink = -1;
  try {
    sink = to === '-' ? 1 : openSync(hostName(to), 'w', stat.mode & 0o777);
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
    if (sink > 1) {
      closeSync(sink);
    }
  }
  return 0;
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
