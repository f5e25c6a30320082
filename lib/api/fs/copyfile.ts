/** copyFile: one file, its bytes and its mode. */
import { constants as host } from 'node:fs';
import { O_CLOEXEC, O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } from '../../sys/constants/fcntl.ts';
import type { Stat } from '../../sys/types.ts';
import { toBits } from './attributes.ts';
import { toPath } from './check.ts';
import { renamed, uvException } from './errors.ts';
import type { Calls, Program } from './op.ts';

/** Moved at once. */
const CHUNK = 64 * 1024;

export function copyFile(sys: Calls, src: unknown, dest: unknown, mode?: unknown): Program<void> {
  const from = toPath(src, 'src');
  const to = toPath(dest, 'dest');
  return copying(sys, from, to, toBits(mode, 7));
}

/**
 * Nothing here clones, so COPYFILE_FICLONE copies and COPYFILE_FICLONE_FORCE is refused. What was begun and failed
 * is removed again, when it was made here.
 */
export function* copying(sys: Calls, from: string, to: string, mode: number): Program<void> {
  if ((mode & host.COPYFILE_FICLONE_FORCE) !== 0) {
    throw uvException('ENOTSUP', 'copyfile', from, to);
  }
  let input = -1;
  let output = -1;
  try {
    input = yield sys.open(from, O_RDONLY | O_CLOEXEC);
    const st: Stat = yield sys.fstat(input);
    if ((st.mode & host.S_IFMT) === host.S_IFDIR) {
      throw uvException('EISDIR', 'copyfile', from, to);
    }
    const exclusive = (mode & host.COPYFILE_EXCL) === 0 ? 0 : O_EXCL;
    output = yield sys.open(to, O_WRONLY | O_CREAT | O_CLOEXEC | exclusive, st.mode & 0o7777);
    const there: Stat = yield sys.fstat(output);
    if (there.dev === st.dev && there.ino === st.ino) {
      return;
    }
    yield sys.ftruncate(output, 0);
    yield sys.fchmod(output, st.mode & 0o7777);
    yield* pour(sys, input, output);
  } catch (error) {
    throw renamed(error, 'copyfile', from, to);
  } finally {
    if (input >= 0) {
      yield sys.close(input);
    }
    if (output >= 0) {
      yield sys.close(output);
    }
  }
}

function* pour(sys: Calls, input: number, output: number): Program<void> {
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  for (;;) {
    const n: number = yield sys.read(input, buffer);
    if (n === 0) {
      return;
    }
    for (let used = 0; used < n; ) {
      used += yield sys.write(output, buffer.subarray(used, n));
    }
  }
}
