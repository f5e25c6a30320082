/**
 * `rump server`: a kernel that programs of other processes use, until it is told to stop or halted by one of them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  BootOptionError,
  boot,
  type Kernel,
  type Listener,
  type ListenOptions,
  SysError,
} from '../api/index.ts';
import { complain, EX_NOPERM, EX_SOFTWARE, EX_UNAVAILABLE, EX_USAGE, messageOf, SIGNALLED } from './exits.ts';
import { type Log, serverLog } from './log.ts';
import { MountSpecError, mountSpec, parseMountSpec } from './mountspec.ts';

export interface ServerOptions {
  readonly url: string;
  readonly mounts: readonly string[];
  readonly memlimit: string | undefined;
  readonly ncpu: number | undefined;
  readonly hostname: string | undefined;
  readonly tokenFile: string | undefined;
  readonly token: string | undefined;
  readonly listen: ListenOptions;
  readonly log: 'text' | 'json';
  readonly logFile: string | undefined;
  readonly pidFile: string | undefined;
}

const STOPPING = { SIGTERM: 15, SIGINT: 2, SIGHUP: 1 } as const;

/** @returns the exit status of the command */
export async function server(options: ServerOptions): Promise<number> {
  // Whoever started it may have read the URL and gone.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  let kernel: Kernel;
  let listener: Listener | undefined;
  const log = serverLog(options.log, options.logFile);
  try {
    const mounts = options.mounts.map(parseMountSpec);
    const token = tokenOf(options);
    kernel = bootServer(options, log);
    for (const mount of mounts) {
      await mountSpec(kernel, mount);
    }
    listener = await kernel.listen(options.url, {
      ...options.listen,
      ...(token === undefined ? {} : { token }),
      onclient: ({ type, pid, comm }) => log('info', `client-${type}`, { pid, comm }),
    });
    if (options.pidFile !== undefined) {
      writeFileSync(options.pidFile, `${process.pid}\n`);
    }
    log('info', 'listening', { url: listener.url, pid: process.pid });
  } catch (error) {
    complain(`server: ${messageOf(error)}`);
    // It would keep this process.
    await listener?.close();
    return statusOf(error);
  }
  process.stdout.write(`${listener.url}\n`);
  return await serving(kernel, listener, log);
}

/** Until the kernel ends, for whatever reason. */
async function serving(kernel: Kernel, listener: Listener, log: Log): Promise<number> {
  let stopping = false;
  for (const [signal, number] of Object.entries(STOPPING)) {
    process.on(signal, () => {
      if (stopping) {
        process.exit(SIGNALLED + number);
      }
      stopping = true;
      log('info', 'stopping', { signal });
      kernel.halt();
    });
  }
  const reason = await kernel.ended;
  await listener.close();
  const panicked = reason.startsWith('panic');
  log(panicked ? 'error' : 'info', 'ended', { reason });
  if (panicked) {
    complain(`server: ${reason}`);
  }
  return panicked ? EX_SOFTWARE : 0;
}

function bootServer({ memlimit, ncpu, hostname }: ServerOptions, log: Log): Kernel {
  let line = '';
  return boot({
    ...(memlimit === undefined ? {} : { memlimit }),
    ...(ncpu === undefined ? {} : { ncpu }),
    ...(hostname === undefined ? {} : { hostname }),
    console: (text) => {
      line += text;
      for (let end = line.indexOf('\n'); end >= 0; end = line.indexOf('\n')) {
        log('info', 'console', { line: line.slice(0, end) });
        line = line.slice(end + 1);
      }
    },
  });
}

/** What clients have to show: from a file, the command line, or the environment. @throws the host's error */
function tokenOf({ token, tokenFile }: ServerOptions): string | undefined {
  if (tokenFile !== undefined) {
    return readFileSync(tokenFile, 'utf8').trim();
  }
  const { RUMP_SERVER_TOKEN: given } = process.env;
  return token ?? (given === '' ? undefined : given);
}

function statusOf(error: unknown): number {
  if (error instanceof MountSpecError || error instanceof BootOptionError) {
    return EX_USAGE;
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') {
    return EX_NOPERM;
  }
  return error instanceof SysError && code === 'EINVAL' ? EX_USAGE : EX_UNAVAILABLE;
}
