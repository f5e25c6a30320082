/**
 * `rump ctl`: a program of the shell's, run in the kernel of a server. Its descriptors 0, 1 and 2 are the host's; all
 * else is over there.
 */
import { readFileSync, writeSync } from 'node:fs';
import { connect, type PromiseCalls, type RemoteProc, SysError } from '../api/index.ts';
import { copyBetween, isHostCopy } from './ctlcp.ts';
import { traceServer } from './ctltrace.ts';
import {
  complain,
  EX_NOPERM,
  EX_UNAVAILABLE,
  EX_USAGE,
  messageOf,
  outputFailed,
  printable,
} from './exits.ts';
import { HostInput, stdinPieces } from './hostio.ts';
import { Jobs } from './jobs.ts';
import { Loops } from './loops.ts';
import { type Program, runMain, Self, type SelfProc } from './program.ts';
import { PROGRAMS } from './programs/index.ts';

/** Those that are about the shell they run in. */
const SHELLS: ReadonlySet<string> = new Set([
  ':',
  'bg',
  'break',
  'cd',
  'continue',
  'exit',
  'fg',
  'fork-demo',
  'help',
  'jobs',
  'read',
  'sh',
  'ulimit',
  'umask',
  'unset',
  'wait',
]);

export function isUrl(text: string): boolean {
  return /^(?:unix|tcp):\/\//.test(text);
}

/** @returns the exit status of the command */
export async function ctl(
  url: string,
  tokenFile: string | undefined,
  command: string,
  args: readonly string[],
): Promise<number> {
  process.stdout.on('error', outputFailed);
  const program = command === 'trace' ? traceServer : PROGRAMS.find(({ name }) => name === command);
  if (program === undefined || SHELLS.has(command)) {
    complain(`ctl: ${printable(command)}: no such command; see rump ctl --help`);
    return EX_USAGE;
  }
  let remote: RemoteProc;
  try {
    const token =
      tokenFile === undefined ? process.env['RUMP_SERVER_TOKEN'] : readFileSync(tokenFile, 'utf8').trim();
    remote = await connect(url, { comm: command, ...(token === undefined || token === '' ? {} : { token }) });
  } catch (error) {
    complain(`ctl: ${printable(url)}: ${messageOf(error)}`);
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EPERM' || code === 'EACCES' ? EX_NOPERM : code === 'EINVAL' ? EX_USAGE : EX_UNAVAILABLE;
  }
  const input = new HostInput();
  try {
    return await runRemote(remote, program, args, input);
  } finally {
    input.end();
    remote.close();
  }
}

async function runRemote(
  remote: RemoteProc,
  program: Program,
  args: readonly string[],
  input: HostInput,
): Promise<number> {
  const proc: SelfProc = {
    promises: withHostIo(remote.promises, stdinPieces(input)),
    pid: remote.pid,
    get alive() {
      return remote.alive;
    },
  };
  const self = new Self(program, proc, {
    programs: PROGRAMS,
    status: 0,
    jobs: new Jobs('own'),
    loops: new Loops(),
    variables: new Map(),
    run: () => Promise.reject(new Error('there is no shell')),
  });
  try {
    return program.name === 'cp' && isHostCopy(args)
      ? await copyBetween(self, args)
      : await runMain(self, args);
  } catch (error) {
    if (error instanceof SysError && error.code === 'ENOTCONN') {
      if (program.name === 'halt' || program.name === 'reboot') {
        return 0;
      }
      complain('ctl: the server has gone');
      return EX_UNAVAILABLE;
    }
    throw error;
  }
}

/** The calls of a process there, whose standard descriptors are here. */
function withHostIo(calls: PromiseCalls, input: (into: Uint8Array) => Promise<number>): PromiseCalls {
  const write = async (fd: number, data: Uint8Array): Promise<number> =>
    fd === 1 || fd === 2 ? toHost(fd, data) : await calls.write(fd, data);
  const read = async (fd: number, into: Uint8Array): Promise<number> =>
    fd === 0 ? await input(into) : await calls.read(fd, into);
  return Object.create(calls, { write: { value: write }, read: { value: read } }) as PromiseCalls;
}

/** In one go, whatever the other end does: what is written is out when the command ends. */
function toHost(fd: number, data: Uint8Array): number {
  for (let at = 0; at < data.length; ) {
    try {
      at += writeSync(fd, data, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') {
        process.exit(141);
      }
      if (code !== 'EAGAIN') {
        throw error;
      }
    }
  }
  return data.length;
}
