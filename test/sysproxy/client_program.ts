/** Programs in C that are clients of a kernel here. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import {
  type BootOptions,
  boot,
  type Kernel,
  type Listener,
  type ListenOptions,
} from '../../lib/api/index.ts';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const run = promisify(execFile);

function directory(): string {
  return mkdtempSync(join(tmpdir(), 'rump-client-'));
}

export const dir = directory();
test.after.always(() => rmSync(dir, { recursive: true, force: true }));

/** Compile with the library's sources. @returns the program */
export function build(source: string, name: string, ...options: string[]): string {
  const generated = join(dir, 'generated');
  execFileSync(process.execPath, [join(ROOT, 'dist/tools/client.js'), generated]);
  const client = join(ROOT, 'native/client');
  const program = join(dir, name);
  execFileSync('cc', [
    ...['-std=gnu11', '-g', '-O1', '-Wall', '-Wextra', '-Werror', '-pthread', ...options],
    ...[join(client, 'include'), client, generated].map((folder) => `-I${folder}`),
    ...['attach', 'client', 'connection', 'memory', 'wire'].map((file) => join(client, `${file}.c`)),
    ...[join(generated, 'rump_syscalls.c'), join(ROOT, source), '-o', program],
  ]);
  return program;
}

let sockets = 0;

export async function serve(
  t: ExecutionContext,
  options: ListenOptions = {},
  url = `unix://${join(dir, `socket${sockets++}`)}`,
  bootOptions: BootOptions = {},
): Promise<{ kernel: Kernel; listener: Listener }> {
  const kernel = boot(bootOptions);
  const listener = await kernel.listen(url, { uid: 0, gid: 0, ...options });
  t.teardown(async () => {
    await listener.close();
    kernel.halt();
  });
  return { kernel, listener };
}

export function environment(url: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  // Handlers of signals make calls here: that is what is tested.
  return { ...process.env, TSAN_OPTIONS: 'report_signal_unsafe=0', ...more, RUMP_SERVER: url };
}

export const BUILDS = [
  ['plain', []],
  ['address', ['-fsanitize=address,undefined', '-fno-sanitize-recover=all']],
  ['thread', ['-fsanitize=thread']],
] as const;
